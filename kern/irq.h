/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of devices as events: what the trap code needs of them. */
#pragma once

/* The external interrupt of this hart: claims and delivers a bounded number of sources. */
void irq_interrupt(void);
