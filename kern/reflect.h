/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reflection: what the kernel does not know (foreign system calls, faults, interruptions) goes to
 * the thread's own user-level handler. The registers are saved in the thread's save page; the
 * handler runs on its own stack; thread_resume restores what it left there.
 */
#pragma once

#include "kern/types.h"

struct thread;

/* A call with a number >= 0. Without a handler: -ENOSYS; from the handler itself: the process ends.
 */
void reflect_syscall(struct thread *self);
/* A fault that the kernel cannot resolve. reason: ANSER_FAULT_*. */
void reflect_fault(struct thread *self, uint64_t reason, uint64_t cause, uint64_t value);
/* A pending interruption, at the edge of user mode, or of a thread whose handler runs: then it
 * stays pending until the handler resumes. */
void reflect_interrupt(struct thread *self);
/* Frees save page and handler stack of an ending thread. */
void reflect_release(struct thread *self);
