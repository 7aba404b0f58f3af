/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of <anser/realtime.h>: the time of day. `clock` is a send handle of the service,
 * start handle "clock" or looked up. Errors are -errno. */
#ifndef ANSER_LIB_REALTIME_H
#define ANSER_LIB_REALTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/realtime.h>

/* What the clock says now, where it has it from, and what is to be added to the ticks' nanoseconds.
 * Returns 0 or -errno. */
int realtime_get(anser_handle clock, struct realtime_answer *answer);

/* The page that the clock keeps current, for realtime_read: READ, DUP, TRANSFER. Returns the
 * handle, the caller's, or -errno. It stays good when the server is restarted. */
anser_handle realtime_page(anser_handle clock);

/* Says that it was `nanoseconds` after the beginning of 1970, UTC, at `ticks` (0: now). Returns 0;
 * -EPERM: the manifest has no `control clock` for the caller; -EINVAL: no such time. */
int realtime_set(anser_handle clock, uint64_t nanoseconds, uint64_t ticks);

/* Reads a mapped page: what to add to the ticks' nanoseconds. False: it is being changed right now,
 * by a server that runs before everybody who reads; or it was killed, and its successor will end
 * it. */
static inline bool realtime_read(const struct realtime_page *page, uint64_t *offset)
{
    uint32_t before = __atomic_load_n(&page->sequence, __ATOMIC_ACQUIRE);
    *offset = __atomic_load_n(&page->offset, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return before % 2 == 0 && __atomic_load_n(&page->sequence, __ATOMIC_RELAXED) == before;
}

#endif
