/* SPDX-License-Identifier: BSD-2-Clause */
/* What interrupts want of this hart. Kernel lock held. */
#pragma once

#include "kern/types.h"

/* Bounded look at pending interrupts (timer, software, external), handled by poll, not by trap. */
void interrupts_poll(void);
/* The external interrupt: claims a bounded number of sources, delivers them as events. */
void irq_interrupt(void);
/* sip & sie; not 0: somebody wants this hart. */
static inline uint64_t interrupts_pending(void)
{
    uint64_t raised, wanted;
    __asm__ volatile("csrr %0, sip" : "=r"(raised));
    __asm__ volatile("csrr %0, sie" : "=r"(wanted));
    return raised & wanted;
}
