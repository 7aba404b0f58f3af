/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of core_table (kern/entry.S), in its order. Info and options may be read while the
 * step runs, no longer. */
#ifndef KERN_BOOT_H
#define KERN_BOOT_H

#include <anser/bootinfo.h>
#include "kern/types.h"

void boot_write(const char *text, size_t length);
_Noreturn void boot_fail(const char *text, size_t length);
status_t boot_log_init(const struct bootinfo *info);   /* console, ways to power off */
status_t boot_memory_init(const struct bootinfo *info, /* frames, the kernel's page table */
                          const struct boot_options *options);
status_t boot_trap_init(void);      /* exceptions, counters */
status_t boot_interrupt_init(void); /* timer, interrupt controller */
status_t boot_process_init(void);   /* the root budget */
status_t boot_init_load(void);      /* the first process */
status_t boot_harts_start(void);    /* everybody else, asleep until boot_enter */
_Noreturn void boot_enter(void);    /* gives boot memory away, enters the scheduler */

#endif
