/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The platform-level interrupt controller, by the RISC-V PLIC specification 1.0.0. A source is an
 * interrupt line, 1 to plic_sources; each hart has one context, that of its supervisor mode. The
 * kernel lock protects the controller.
 */
#pragma once

#include <anser/bootinfo.h>
#include "kern/types.h"

/* Where it is; kmain has checked that it has the sources and the contexts of all harts. */
void plic_init(const struct bootinfo *info);
/* This hart gets no interrupts yet, but would take any priority. */
void plic_init_hart(const struct hart *hart);

/* Where its registers are, physical; size 0: there is no controller. */
extern struct boot_range plic_range;
extern uint64_t plic_sources; /* 0: there is no controller */

/* Lets the source interrupt this hart, or no longer. What it has signalled meanwhile stays. */
void plic_enable(const struct hart *hart, uint32_t source, bool on);
/* Takes the pending source with the highest priority, 0: none. It is silent until completed. */
uint32_t plic_claim(const struct hart *hart);
/* Ends a claim; the source must still be enabled for the hart, or nothing happens. */
void plic_complete(const struct hart *hart, uint32_t source);
