/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy and memset of user programs: all lengths and alignments, and nothing beside them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "tap.h"

/* The host's own are what they are compared with. */
#define memcpy our_memcpy
#define memset our_memset
void *our_memcpy(void *restrict to, const void *restrict from, size_t size);
void *our_memset(void *to, int byte, size_t size);
#include "lib/memcpy.c"
#undef memcpy
#undef memset

#define LONGEST 300
#define AROUND  16

static uint8_t from[LONGEST + AROUND], to[LONGEST + 2 * AROUND], right[LONGEST + 2 * AROUND];

static unsigned copies_wrong(size_t length)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < 64; i++) {
        uint8_t *at = to + AROUND / 2 + i / 8;
        memset(to, 0xa5, sizeof(to));
        memset(right, 0xa5, sizeof(right));
        memcpy(right + (at - to), from + i % 8, length);
        wrong += our_memcpy(at, from + i % 8, length) != at;
        wrong += memcmp(to, right, sizeof(to)) != 0;
    }
    return wrong;
}

static unsigned fills_wrong(size_t length)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < 8; i++) {
        uint8_t *at = to + AROUND / 2 + i;
        memset(to, 0xa5, sizeof(to));
        memset(right, 0xa5, sizeof(right));
        memset(right + (at - to), (int)(length & 0xff), length);
        wrong += our_memset(at, (int)(length & 0xff) - 256, length) != at;
        wrong += memcmp(to, right, sizeof(to)) != 0;
    }
    return wrong;
}

/* Nothing is read beyond the end: the block is as long as what is copied, and the sanitizer looks.
 */
static unsigned edges_wrong(size_t length)
{
    uint8_t *exact = malloc(length + 1), *copy = malloc(length + 1);
    memcpy(exact + 1, from, length);
    our_memcpy(copy, exact + 1, length);
    unsigned wrong = memcmp(copy, from, length) != 0;
    free(exact);
    free(copy);
    return wrong;
}

int main(void)
{
    unsigned copies = 0, fills = 0, edges = 0;
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = (uint8_t)rand();
    for (size_t length = 0; length <= LONGEST; length++) {
        copies += copies_wrong(length);
        fills += fills_wrong(length);
        edges += edges_wrong(length);
    }
    TEST(copies == 0, "copies of all lengths and alignments");
    TEST(fills == 0, "fills, too");
    TEST(edges == 0, "nothing is read beyond the end");
    return tap_done();
}
