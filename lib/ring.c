/* SPDX-License-Identifier: BSD-2-Clause */
/* One side of a ring in shared pages. */
#include "ring.h"

#include <string.h>
#include <anser/errors.h>

static void begin(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                  uint32_t entry_size)
{
    *ring =
        (struct ring){.shared = shared, .entries = entries, .size = size, .entry_size = entry_size};
}

void ring_begin_putter(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                       uint32_t entry_size)
{
    begin(ring, shared, entries, size, entry_size);
    ring->puts = true;
    __atomic_store_n(&shared->putter_waits, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&shared->put, 0, __ATOMIC_RELEASE);
}

void ring_begin_taker(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                      uint32_t entry_size)
{
    begin(ring, shared, entries, size, entry_size);
    __atomic_store_n(&shared->taker_waits, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&shared->taken, 0, __ATOMIC_RELEASE);
}

int64_t ring_ready(struct ring *ring)
{
    uint32_t *other = ring->puts ? &ring->shared->taken : &ring->shared->put;
    uint32_t theirs = __atomic_load_n(other, __ATOMIC_ACQUIRE);
    /* Putter: what it put and nobody took is in the ring. Taker: likewise, the other way round. */
    uint32_t filled = ring->puts ? ring->mine - theirs : theirs - ring->mine;
    if (filled > ring->size)
        return -ANSER_EPROTO;
    ring->ready = ring->puts ? ring->size - filled : filled;
    return ring->ready;
}

bool ring_advance(struct ring *ring, uint32_t n)
{
    struct ring_shared *shared = ring->shared;
    uint32_t *count = ring->puts ? &shared->put : &shared->taken;
    uint32_t *waits = ring->puts ? &shared->taker_waits : &shared->putter_waits;
    ring->mine += n;
    ring->ready -= n;
    __atomic_store_n(count, ring->mine, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(waits, __ATOMIC_RELAXED) == 0)
        return false;
    /* Cleared before it is told: if it goes to sleep again in between, it is told once too often.
     */
    __atomic_store_n(waits, 0, __ATOMIC_RELAXED);
    return true;
}

static uint32_t *own_waits(const struct ring *ring)
{
    return ring->puts ? &ring->shared->putter_waits : &ring->shared->taker_waits;
}

bool ring_sleep(struct ring *ring, uint32_t least)
{
    __atomic_store_n(own_waits(ring), 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    int64_t ready = ring_ready(ring);
    if (ready >= 0 && ready < least)
        return true;
    ring_awake(ring);
    return false;
}

void ring_awake(struct ring *ring)
{
    __atomic_store_n(own_waits(ring), 0, __ATOMIC_RELAXED);
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
