/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread of the program, as the personality sees it. A task lives in the thread's save page,
 * behind the frames that the kernel writes, so it is there exactly as long as the thread.
 *
 * The handler runs on the thread's own handler stack, in soft-float code without thread-local data:
 * gp, tp and the floating-point registers are the program's. Interruptions are deferred while it
 * runs; a native call that would block while one is pending returns -EINTR.
 */
#ifndef ANSER_SERVERS_LINUX_TASK_H
#define ANSER_SERVERS_LINUX_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

#define SIGNALS 64 /* signals are 1..64; bit n - 1 of a set is signal n */

struct signal_stack {
    uint64_t base;
    uint64_t size;
    uint32_t flags; /* SS_DISABLE when there is none */
};

struct task {
    struct anser_frame *frame; /* of the program: its registers */
    uint32_t id;               /* what gettid returns */
    uint32_t slot;             /* in LINUX_HANDLERS */
    anser_handle thread;       /* for thread_interrupt */
    uint64_t clear_child_tid;  /* address, or 0 */
    uint64_t blocked;          /* signal mask */
    uint64_t saved_mask;       /* to be put back, if mask_saved: signal_mask_temporarily */
    bool mask_saved;
    uint64_t pending; /* sent to this thread alone; under the signals' lock */
    struct signal_stack alternate;
    uint64_t deadline; /* of the call being served, kept when it is begun again; 0: none */
    struct task *next; /* in the list of the process's tasks */
};

/* Argument n (0..5) of the foreign call that is being served. */
static inline uint64_t task_argument(const struct task *self, unsigned n)
{
    return self->frame->x[10 + n];
}

/*
 * The absolute deadline of a call that waits `ticks` from now. A call that is begun again, because
 * something else interrupted it, gets what it got first.
 */
uint64_t task_deadline(struct task *self, uint64_t ticks);

/* Serves one foreign call; returns what goes to a0: a result, or -errno (Linux's). */
typedef int64_t linux_call(struct task *self);

#endif
