/* SPDX-License-Identifier: BSD-2-Clause */
/* word_wait and word_wake: a futex that is private to a process (its address space and address). */
#pragma once

#include "kern/types.h"

struct process;
struct thread;

/* Wakes up to count threads that wait on the address, oldest first; how many it woke. */
uint64_t word_wake(struct process *process, uint64_t address, uint64_t count);
void word_cancel(struct thread *thread, status_t status);
