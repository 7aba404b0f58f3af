/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps: where assembly and C meet. */
#pragma once

#include "kern/types.h"

struct thread;

/* From kern/trap.S, lock held: deals with the trap; the thread to return to. */
struct thread *trap_handle(struct thread *self, uint64_t cause, uint64_t value);
/* This hart's trap vector, counters for user mode, interrupts enabled (for user mode, and wfi);
 * floating point and vector off, no access to user pages. */
void trap_init_hart(void);

extern char trap_entry[];        /* traps in user mode */
extern char trap_kernel_entry[]; /* traps in the kernel: a panic */
