/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes that grows. */
#include <string.h>
#include "byte_ring.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t byte_ring_needs(const struct byte_ring *ring, size_t more)
{
    size_t needed = ring->count + more;
    size_t capacity = ring->capacity ? ring->capacity : BYTE_RING_MIN;
    if (needed <= ring->capacity)
        return 0;
    while (capacity < needed)
        capacity *= 2;
    return capacity;
}

void *byte_ring_move(struct byte_ring *ring, void *memory, size_t capacity)
{
    uint8_t *old = ring->bytes, *bytes = memory;
    size_t first = smaller(ring->count, ring->capacity - ring->head);
    if (ring->count > 0) {
        memcpy(bytes, old + ring->head, first);
        memcpy(bytes + first, old, ring->count - first);
    }
    ring->bytes = bytes;
    ring->capacity = capacity;
    ring->head = 0;
    return old;
}

uint8_t *byte_ring_space(const struct byte_ring *ring, size_t *length)
{
    size_t end = ring->head + ring->count;
    size_t tail = end < ring->capacity ? end : end - ring->capacity;
    *length = smaller(ring->capacity - ring->count, ring->capacity - tail);
    return ring->bytes ? ring->bytes + tail : NULL;
}

void byte_ring_put(struct byte_ring *ring, size_t length)
{
    ring->count += length;
}

const uint8_t *byte_ring_data(const struct byte_ring *ring, size_t *length)
{
    *length = smaller(ring->count, ring->capacity - ring->head);
    return ring->bytes ? ring->bytes + ring->head : NULL;
}

void byte_ring_take(struct byte_ring *ring, size_t length)
{
    ring->count -= length;
    ring->head = (ring->head + length) & (ring->capacity - 1);
    if (ring->count == 0)
        ring->head = 0; /* the next bytes stand together, in memory that is in the cache */
}
