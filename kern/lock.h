/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The big kernel lock: taken on entry, released on exit, never held in user mode. It protects every
 * kernel object, all page tables, the frame allocator and the queues. With it held, a hart waits
 * for nobody's supervisor mode (only for SBI's remote fence, which M-mode answers), so it is the
 * only lock and there is no order to keep. The log ring has no lock: it is written under this one,
 * or by a hart that panics.
 */
#pragma once

#include "kern/types.h"

extern uint32_t kernel_lock_word; /* 0 free, 1 taken; also taken by the assembly paths */
/* Never free: a thread with this one as its gate comes the slow way, which knows the other. */
extern uint32_t kernel_lock_closed;

/* Spins until taken; stops the hart for ever if a panic is under way. */
void kernel_lock(void);
void kernel_unlock(void);
