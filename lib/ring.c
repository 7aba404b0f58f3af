/* SPDX-License-Identifier: BSD-2-Clause */
/* One side of a ring in shared pages. */
#include "ring.h"

#include <string.h>

static void begin(struct ring *ring, void *entries, uint32_t size, uint32_t entry_size)
{
    ring->entries = entries;
    ring->size = size;
    ring->entry_size = entry_size;
    __atomic_store_n(ring->waits, 0, __ATOMIC_RELAXED);
    __atomic_store_n(ring->count, 0, __ATOMIC_RELEASE);
}

void ring_begin_putter(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                       uint32_t entry_size)
{
    *ring = (struct ring){
        .count = &shared->put,
        .waits = &shared->putter_waits,
        .their_count = &shared->taken,
        .their_waits = &shared->taker_waits,
        .ahead = size,
        .puts = true,
    };
    begin(ring, entries, size, entry_size);
}

void ring_begin_taker(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                      uint32_t entry_size)
{
    *ring = (struct ring){
        .count = &shared->taken,
        .waits = &shared->taker_waits,
        .their_count = &shared->put,
        .their_waits = &shared->putter_waits,
    };
    begin(ring, entries, size, entry_size);
}

bool ring_sleep(struct ring *ring, uint32_t least)
{
    __atomic_store_n(ring->waits, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    int64_t ready = ring_ready(ring);
    if (ready >= 0 && ready < least)
        return true;
    ring_awake(ring);
    return false;
}

void *ring_span(const struct ring *ring, uint32_t i, uint32_t *length)
{
    uint32_t at = (ring->mine + i) & (ring->size - 1);
    uint32_t left = ring->ready - i;
    *length = left < ring->size - at ? left : ring->size - at;
    return ring->entries + at;
}

/* How many of n bytes from the i-th on lie before the ring's end. */
static uint32_t before_end(const struct ring *ring, uint32_t i, uint32_t n)
{
    uint32_t room = ring->size - ((ring->mine + i) & (ring->size - 1));
    return n < room ? n : room;
}

void ring_copy_in(const struct ring *ring, uint32_t i, const void *from, uint32_t n)
{
    uint32_t first = before_end(ring, i, n);
    memcpy(ring_entry(ring, i), from, first);
    memcpy(ring->entries, (const uint8_t *)from + first, n - first);
}

void ring_copy_out(const struct ring *ring, uint32_t i, void *to, uint32_t n)
{
    uint32_t first = before_end(ring, i, n);
    memcpy(to, ring_entry(ring, i), first);
    memcpy((uint8_t *)to + first, ring->entries, n - first);
}
