/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: deadlines of blocked threads, timer objects, time slices. Tickless: a hart's timer
 * interrupt is set for the earliest thing that concerns it, through Sstc where there is one.
 * Each hart has its own tree of deadlines; a deadline stays on the hart that armed it.
 */
#pragma once

#include <anser/bootinfo.h>
#include "kern/clock.h"
#include "kern/tree.h"

struct deadline {
    struct tree_node node; /* key: absolute ticks */
    void (*expired)(
        struct deadline *deadline); /* called unlinked; NULL: a look at the queues is all */
    uint32_t hart;                  /* logical hart whose tree holds it */
};

/* Arms on this hart. when in ticks, absolute; a past one expires at the next interrupt. */
void deadline_arm(struct deadline *deadline, uint64_t when);
void deadline_cancel(struct deadline *deadline); /* harmless if not armed */
static inline bool deadline_armed(const struct deadline *deadline)
{
    return deadline->node.linked;
}
/* The timer interrupt of this hart: runs what has expired (at most 16, then it comes again). */
void timer_interrupt(void);
/* The end of the running thread's time slice on this hart; UINT64_MAX: none needed. */
void timer_set_slice(uint64_t when);
/* Is this hart's slice over? */
bool timer_slice_over(void);
void timer_init_hart(void);

/* Which timer there is, and how fast it goes; before the first timer_init_hart. */
void timer_init(const struct bootinfo *info);
extern uint64_t timebase_hz;
