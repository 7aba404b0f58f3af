/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a pipe. */
#include <string.h>
#include "heap.h"
#include "pipe_ring.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The oldest bytes come to the beginning of the new memory. */
static void move(struct pipe_ring *ring, uint8_t *bytes, size_t capacity)
{
    size_t first = smaller(ring->count, ring->capacity - ring->head);
    if (ring->count > 0) {
        memcpy(bytes, ring->bytes + ring->head, first);
        memcpy(bytes + first, ring->bytes, ring->count - first);
    }
    heap_free(ring->bytes);
    ring->bytes = bytes;
    ring->capacity = capacity;
    ring->head = 0;
}

bool pipe_ring_reserve(struct pipe_ring *ring, size_t more)
{
    size_t needed = ring->count + more;
    size_t capacity = ring->capacity ? ring->capacity : PIPE_RING_MIN;
    if (needed <= ring->capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *bytes = heap_alloc(capacity);
    if (!bytes)
        return false;
    move(ring, bytes, capacity);
    return true;
}

uint8_t *pipe_ring_space(const struct pipe_ring *ring, size_t *length)
{
    size_t end = ring->head + ring->count;
    size_t tail = end < ring->capacity ? end : end - ring->capacity;
    *length = smaller(ring->capacity - ring->count, ring->capacity - tail);
    return ring->bytes + tail;
}

void pipe_ring_put(struct pipe_ring *ring, size_t length)
{
    ring->count += length;
}

const uint8_t *pipe_ring_data(const struct pipe_ring *ring, size_t *length)
{
    *length = smaller(ring->count, ring->capacity - ring->head);
    return ring->bytes + ring->head;
}

void pipe_ring_take(struct pipe_ring *ring, size_t length)
{
    ring->count -= length;
    ring->head = (ring->head + length) & (ring->capacity - 1);
    if (ring->count == 0)
        ring->head = 0; /* the next bytes stand together, in memory that is in the cache */
}

void pipe_ring_release(struct pipe_ring *ring)
{
    heap_free(ring->bytes);
    *ring = (struct pipe_ring){.bytes = NULL};
}
