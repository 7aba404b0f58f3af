/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes that grows: it begins with no memory and doubles as it fills, for of a thousand
 * pipes most hold a few bytes. Memory is found and freed by the user; no lock, no call, no libc but
 * memcpy, so it serves programs, the Linux personality and host tests alike.
 */
#ifndef ANSER_LIB_BYTE_RING_H
#define ANSER_LIB_BYTE_RING_H

#include <stddef.h>
#include <stdint.h>

#define BYTE_RING_MIN 512

/* Valid when zeroed. */
struct byte_ring {
    uint8_t *bytes;
    size_t capacity; /* 0, or a power of two */
    size_t head;     /* index of the oldest byte */
    size_t count;
};

/* The capacity that the ring must have for `more` further bytes; 0: it has it. */
size_t byte_ring_needs(const struct byte_ring *ring, size_t more);

/* Moves the bytes into memory of byte_ring_needs() bytes. Returns the old memory, for its user to
 * free; may be NULL. */
void *byte_ring_move(struct byte_ring *ring, void *memory, size_t capacity);

/* The free bytes behind the newest one, and how many stand together (0: full). What was written
 * there is put by byte_ring_put. */
uint8_t *byte_ring_space(const struct byte_ring *ring, size_t *length);
void byte_ring_put(struct byte_ring *ring, size_t length);

/* The oldest bytes, and how many stand together (0: empty). */
const uint8_t *byte_ring_data(const struct byte_ring *ring, size_t *length);
void byte_ring_take(struct byte_ring *ring, size_t length);

#endif
