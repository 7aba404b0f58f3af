/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One side of a ring in shared pages (<anser/ring.h>): its own count and the size lie in memory
 * that the other side cannot reach, and what the other side writes is believed only as far as it
 * can be. One thread at a time; no memory, no call, no libc but memcpy.
 */
#ifndef ANSER_LIB_RING_H
#define ANSER_LIB_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/errors.h>
#include <anser/ring.h>

struct ring {
    /* Shared with the other side, who may write anything anywhere. */
    uint8_t *entries;
    uint32_t *count, *waits; /* this side's words */
    const uint32_t *their_count;
    uint32_t *their_waits;

    uint32_t size; /* in entries, a power of two */
    uint32_t entry_size;
    uint32_t mine; /* the own count, the only true one */
    uint32_t
        ahead; /* entries that were there from the beginning: all for who puts, 0 for who takes */
    uint32_t ready; /* entries that the other side had left to this one when it was last asked */
    bool puts;      /* this side puts in */
};

/*
 * Begins with an empty ring. `shared` and the `size` entries (a power of two) stay the caller's,
 * and mapped. What stands in the counts is this side's zero afterwards; the other side's count has
 * to be zero already, as in fresh pages: whoever makes a ring anew in old pages clears all of it
 * first.
 */
void ring_begin_putter(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                       uint32_t entry_size);
void ring_begin_taker(struct ring *ring, struct ring_shared *shared, void *entries, uint32_t size,
                      uint32_t entry_size);

/*
 * How many entries this side may put in, or take out, now: 0..size. -EPROTO: the other side's count
 * is impossible, and always will be as far as the ring is concerned; the ring is not changed.
 */
static inline int64_t ring_ready(struct ring *ring)
{
    uint32_t theirs = __atomic_load_n(ring->their_count, __ATOMIC_ACQUIRE);
    uint32_t ready = ring->ahead + theirs - ring->mine;
    if (ready > ring->size)
        return -ANSER_EPROTO;
    ring->ready = ready;
    return ready;
}

/*
 * The i-th of them, i < what ring_ready said. The other side can go on writing to it: copy first,
 * judge then.
 */
static inline void *ring_entry(const struct ring *ring, uint32_t i)
{
    return ring->entries + (uint64_t)((ring->mine + i) & (ring->size - 1)) * ring->entry_size;
}

/* Hands the first n of them to the other side, n <= what ring_ready said. True: it sleeps, its word
 * is cleared, and it must be told now. */
static inline bool ring_advance(struct ring *ring, uint32_t n)
{
    ring->mine += n;
    ring->ready -= n;
    __atomic_store_n(ring->count, ring->mine, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(ring->their_waits, __ATOMIC_RELAXED) == 0)
        return false;
    /* Cleared before it is told: if it goes to sleep again in between, it is told once too often.
     */
    __atomic_store_n(ring->their_waits, 0, __ATOMIC_RELAXED);
    return true;
}

/*
 * This side is going to sleep until there are `least` entries to put or take, 1..size. True: it
 * may, and will be told. False: there are that many, or the ring is broken; do not sleep.
 */
bool ring_sleep(struct ring *ring, uint32_t least);

/* This side does not sleep any more, and need not be told. */
static inline void ring_awake(struct ring *ring)
{
    __atomic_store_n(ring->waits, 0, __ATOMIC_RELAXED);
}

/* For rings of bytes (entry_size 1): the bytes from the i-th on, and how many of those that are
 * ready stand together. */
void *ring_span(const struct ring *ring, uint32_t i, uint32_t *length);

/* Copies n bytes into the i-th and the following, or out of them; i + n <= what ring_ready said.
 * They are handed over by ring_advance. */
void ring_copy_in(const struct ring *ring, uint32_t i, const void *from, uint32_t n);
void ring_copy_out(const struct ring *ring, uint32_t i, void *to, uint32_t n);

#endif
