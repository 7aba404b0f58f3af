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

/* What the fast paths reach through thread.gate: the lock, and what they look at with it held. */
struct gate {
    uint32_t lock;       /* 0: free */
    uint32_t waiting;    /* harts that spin for it */
    uint64_t idle_harts; /* bits of logical harts in wfi, or about to be */
};

extern struct gate kernel_gate;
/* Never free: a thread with this one comes the slow way, which knows the other. */
extern struct gate closed_gate;

/* Spins until taken; stops the hart for ever if a panic is under way. */
void kernel_lock(void);
void kernel_unlock(void);
/* With the lock held: lets in a hart that spins for it, if there is one. It gets the lock before
 * this one takes it again, unless it is slow. */
void kernel_let_in(void);
