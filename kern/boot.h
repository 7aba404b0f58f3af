/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind entries of core_table (kern/entry.S), in its order. Info and options may
 * be read while the step runs, no longer. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/types.h"

_Noreturn void step_fail(const char *text, size_t length);
status_t step_log_init(const struct bootinfo *info);   /* console, ways to power off */
status_t step_memory_init(const struct bootinfo *info, /* frames, the kernel's page table */
                          const struct boot_options *options);
status_t step_trap_init(void);      /* exceptions, counters */
status_t step_interrupt_init(void); /* timer, interrupt controller */
status_t step_process_init(void);   /* the root budget */
/*
 * Makes the process `init` from the file of that name in the initrd, with all free memory as its
 * budget, and lets its thread run. An error has been explained on the console: -EINVAL (archive or
 * program), -ENOMEM.
 */
status_t init_load(void);
status_t step_harts_start(void); /* everybody else, asleep until step_enter */
_Noreturn void step_enter(void); /* gives boot memory away, enters the scheduler */

/*
 * The one place where lower rooms learn of higher ones: what types of objects do, how waits are
 * cancelled, what the scheduler calls. Set once at boot, before the first object exists.
 */

void tables_init(void);
