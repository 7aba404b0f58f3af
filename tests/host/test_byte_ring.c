/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of bytes beside a plain queue: a random walk of puts and takes, growing in between. */
/* sources: lib/byte_ring.c */
#include <stdlib.h>
#include <string.h>
#include "lib/byte_ring.h"
#include "tap.h"

#define MAX   4096
#define STEPS 200000

static struct byte_ring ring;
static uint64_t written, taken; /* bytes so far; byte n is pattern(n) */

static uint8_t pattern(uint64_t n)
{
    return (uint8_t)(n * 31 + n / 253);
}

static void grow(size_t more)
{
    size_t capacity = byte_ring_needs(&ring, more);
    if (capacity)
        free(byte_ring_move(&ring, malloc(capacity), capacity));
}

/* False if the space that the ring offers is not what it must be. */
static bool put(size_t length)
{
    grow(length);
    while (length > 0) {
        size_t piece;
        uint8_t *space = byte_ring_space(&ring, &piece);
        if (piece == 0)
            return false;
        if (piece > length)
            piece = length;
        for (size_t i = 0; i < piece; i++)
            space[i] = pattern(written++);
        byte_ring_put(&ring, piece);
        length -= piece;
    }
    return true;
}

static bool take(size_t length)
{
    while (length > 0) {
        size_t piece;
        const uint8_t *bytes = byte_ring_data(&ring, &piece);
        if (piece == 0)
            return false;
        if (piece > length)
            piece = length;
        for (size_t i = 0; i < piece; i++)
            if (bytes[i] != pattern(taken++))
                return false;
        byte_ring_take(&ring, piece);
        length -= piece;
    }
    return true;
}

static void test_walk(void)
{
    size_t wrong = 0;
    srand(1);
    for (int step = 0; step < STEPS && !wrong; step++) {
        size_t room = MAX - ring.count;
        if (rand() & 1)
            wrong += !put((size_t)rand() % (room + 1));
        else
            wrong += !take((size_t)rand() % (ring.count + 1));
        wrong += ring.count != written - taken || ring.count > ring.capacity;
    }
    TEST(!wrong, "%d steps keep order and number, %lu bytes", STEPS, (unsigned long)written);
    TEST(take(ring.count) && ring.count == 0, "the rest comes out");
}

static void test_growth(void)
{
    size_t piece;
    free(ring.bytes);
    ring = (struct byte_ring){.bytes = NULL};
    TEST(byte_ring_needs(&ring, 0) == 0 && byte_ring_needs(&ring, 1) == BYTE_RING_MIN,
         "nothing needs nothing, one byte the smallest ring");
    TEST(byte_ring_data(&ring, &piece) == NULL && piece == 0, "an empty one has nothing");
    byte_ring_space(&ring, &piece);
    TEST(piece == 0, "and no space");
    put(BYTE_RING_MIN);
    TEST(byte_ring_needs(&ring, 0) == 0 && byte_ring_needs(&ring, 1) == 2 * BYTE_RING_MIN,
         "it doubles when it is full");
    TEST(byte_ring_needs(&ring, 65536 - BYTE_RING_MIN) == 65536, "up to a power of two");
    take(BYTE_RING_MIN / 2);
    put(BYTE_RING_MIN / 2); /* wraps */
    grow(BYTE_RING_MIN);
    byte_ring_data(&ring, &piece);
    TEST(piece == BYTE_RING_MIN && take(BYTE_RING_MIN), "a wrapped one is put straight by growing");
    free(ring.bytes);
}

int main(void)
{
    test_walk();
    test_growth();
    return tap_done();
}
