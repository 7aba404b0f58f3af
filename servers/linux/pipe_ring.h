/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a pipe: a ring that begins with nothing and doubles up to PIPE_RING_MAX, for of a
 * thousand pipes most hold a few bytes. No lock, no system call: also compiled for the host.
 */
#ifndef ANSER_SERVERS_LINUX_PIPE_RING_H
#define ANSER_SERVERS_LINUX_PIPE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPE_RING_MAX 65536
#define PIPE_RING_MIN 512

/* Valid when zeroed. */
struct pipe_ring {
    uint8_t *bytes;
    size_t capacity; /* 0, or a power of two */
    size_t head;     /* index of the oldest byte */
    size_t count;
};

/* Bytes that may still be put, if memory is found for them. */
static inline size_t pipe_ring_room(const struct pipe_ring *ring)
{
    return PIPE_RING_MAX - ring->count;
}

/* Makes space for `more` <= pipe_ring_room bytes; heap_alloc'ed. False: no memory, nothing changed.
 */
bool pipe_ring_reserve(struct pipe_ring *ring, size_t more);

/* The free bytes behind the newest one, and how many stand together (0: full). What was written
 * there is put by pipe_ring_put. */
uint8_t *pipe_ring_space(const struct pipe_ring *ring, size_t *length);
void pipe_ring_put(struct pipe_ring *ring, size_t length);

/* The oldest bytes, and how many stand together (0: empty). */
const uint8_t *pipe_ring_data(const struct pipe_ring *ring, size_t *length);
void pipe_ring_take(struct pipe_ring *ring, size_t length);

/* Frees the memory. */
void pipe_ring_release(struct pipe_ring *ring);

#endif
