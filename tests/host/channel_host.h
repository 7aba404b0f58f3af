/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ipc/ and the rooms under it need around them to run as a host program: memory from malloc,
 * so that the sanitizers see who uses what too late; a scheduler that only says who may run; and
 * user memory that is the host's, of which parts can be lost.
 */
#ifndef TESTS_CHANNEL_HOST_H
#define TESTS_CHANNEL_HOST_H

#include "channel_operation.h"
#include "kern/process.h"
#include "kern/thread.h"

/* The thread that runs: in the kernel, tp. */
extern struct thread *host_current;
extern uint64_t host_now;     /* the clock */
extern uint64_t host_compare; /* when the timer wants to interrupt */
extern uint64_t host_blocks;  /* of memory, that are allocated */
extern uint64_t host_fail_at; /* the allocation from now on that fails; 0: none */

/* A part of user memory. Nothing else is mapped. */
struct host_range {
    const struct space *space;
    const void *start;
    uint64_t size;
    bool lost;
};
#define HOST_RANGES_MAX 32
extern struct host_range host_ranges[HOST_RANGES_MAX];
extern unsigned host_range_count;

/* Something of it is lost: nobody remembers any page of it. */
void host_forget_views(struct space *space);

/* A pages object, without pages; each costs 1 << HOST_PAGE_SHIFT bytes. NULL: no budget. */
#define HOST_PAGE_SHIFT 30
struct object *host_pages(struct account *payer, uint64_t count);

/* Tables, harts and the thread that stands for an idle hart, whose clock and memory are set. */
void host_begin(void);
/* The clock begins again; nobody waits for it. */
void host_clock_restart(void);
/* What a thread does before it sees user mode: reclaiming, its own end, an interruption. True: it
 * has ended, and its memory may have gone. */
bool host_leave(struct thread *thread);
/* The idle hart's own work, and interrupts of the timer. */
void host_idle(void);

#endif
