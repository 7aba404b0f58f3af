/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines and time slices on each hart's one-shot timer. The timer is moved only when something
 * earlier comes up; a later or a cancelled deadline costs at most one interrupt for nothing.
 *
 * Whoever may arm deadlines could ask for an interrupt at every tick. So after deadlines have
 * expired, a hart takes no further interrupt for them for DEADLINE_GAP, or for several times as
 * long as that took: its users keep most of the time, whatever others ask for.
 */
#include "kern/timer.h"
#include "kern/hart.h"
#include "sbi/sbi.h"

#define EXPIRED_AT_ONCE  16
#define DEADLINE_GAPS_HZ 100000 /* 10 microseconds */
#define DEADLINE_SHARE   4      /* of users' time for each of ours */

uint64_t timebase_hz;
static bool sstc;
static uint64_t deadline_gap;

void timer_init(const struct bootinfo *info)
{
    timebase_hz = info->timebase_hz;
    sstc = (info->extensions & BOOTINFO_EXT_SSTC) != 0;
    deadline_gap = timebase_hz / DEADLINE_GAPS_HZ;
}

static void timer_write(uint64_t when)
{
    if (sstc)
        clock_compare(when);
    else
        sbi_set_timer(when);
}

/* A slice that is over needs no interrupt any more: the scheduler asks timer_slice_over. */
static void timer_program(struct hart *hart)
{
    uint64_t when = hart->slice_end > time_now() ? hart->slice_end : UINT64_MAX;
    struct tree_node *first = tree_first(&hart->deadlines);
    if (first != NULL) {
        uint64_t due = first->key > hart->deadline_floor ? first->key : hart->deadline_floor;
        when = due < when ? due : when;
    }
    if (when == hart->timer_set)
        return;
    hart->timer_set = when;
    timer_write(when);
}

void timer_init_hart(void)
{
    struct hart *hart = hart_self();
    hart->slice_end = UINT64_MAX;
    hart->timer_set = UINT64_MAX;
    timer_write(UINT64_MAX);
}

void deadline_arm(struct deadline *deadline, uint64_t when)
{
    struct hart *hart = hart_self();
    deadline_cancel(deadline);
    deadline->hart = hart->index;
    tree_insert(&hart->deadlines, &deadline->node, when);
    if (when < hart->timer_set)
        timer_program(hart);
}

void deadline_cancel(struct deadline *deadline)
{
    /* The other hart's timer is not touched: it finds nothing to do, and sets itself anew. */
    tree_remove(&harts[deadline->hart].deadlines, &deadline->node);
}

void timer_interrupt(void)
{
    struct hart *hart = hart_self();
    uint64_t now = time_now();
    unsigned count;
    for (count = 0; count < EXPIRED_AT_ONCE; count++) {
        struct tree_node *first = tree_first(&hart->deadlines);
        if (first == NULL || first->key > now)
            break;
        tree_remove(&hart->deadlines, first);
        struct deadline *deadline = container_of(first, struct deadline, node);
        if (deadline->expired)
            deadline->expired(deadline);
    }
    if (count != 0) {
        uint64_t end = time_now();
        uint64_t gap = (end - now) * DEADLINE_SHARE;
        hart->deadline_floor = end + (gap > deadline_gap ? gap : deadline_gap);
    }
    timer_program(hart);
}

void timer_set_slice(uint64_t when)
{
    struct hart *hart = hart_self();
    hart->slice_end = when;
    hart->slice_armed = when != UINT64_MAX;
    if (when < hart->timer_set)
        timer_program(hart);
}

bool timer_slice_over(void)
{
    return time_now() >= hart_self()->slice_end;
}
