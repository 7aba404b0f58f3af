/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides of a ring in shared pages: random walks, the wake-up rule, and a side that lies. */
/* sources: lib/ring.c */
#include <stdlib.h>
#include <string.h>
#include <anser/errors.h>
#include "lib/ring.h"
#include "tap.h"

#define SIZE  64
#define STEPS 200000

static struct ring_shared shared;
static uint8_t bytes[SIZE * 8];
static struct ring putter, taker;

static void begin(uint32_t size, uint32_t entry_size, uint32_t count)
{
    memset(&shared, 0, sizeof(shared));
    ring_begin_putter(&putter, &shared, bytes, size, entry_size);
    ring_begin_taker(&taker, &shared, bytes, size, entry_size);
    putter.mine = taker.mine = shared.put = shared.taken = count;
}

static uint8_t pattern(uint64_t n)
{
    return (uint8_t)(n * 31 + n / 253);
}

/* Across the end of the ring and of the counts. */
static void test_bytes(void)
{
    uint64_t written = 0, taken = 0;
    uint8_t piece[SIZE];
    int wrong = 0;
    begin(SIZE, 1, UINT32_MAX - STEPS);
    for (int step = 0; step < STEPS && !wrong; step++) {
        uint32_t room = (uint32_t)ring_ready(&putter), n = (uint32_t)rand() % (room + 1);
        wrong += room != SIZE - (written - taken);
        for (uint32_t i = 0; i < n; i++)
            piece[i] = pattern(written++);
        ring_copy_in(&putter, 0, piece, n);
        ring_advance(&putter, n);
        uint32_t there = (uint32_t)ring_ready(&taker), m = (uint32_t)rand() % (there + 1);
        wrong += there != written - taken;
        ring_copy_out(&taker, 0, piece, m);
        for (uint32_t i = 0; i < m; i++)
            wrong += piece[i] != pattern(taken++);
        ring_advance(&taker, m);
    }
    TEST(!wrong && written > STEPS, "%d steps keep order and number, %lu bytes", STEPS,
         (unsigned long)written);
}

static void test_spans(void)
{
    uint32_t length;
    begin(SIZE, 1, SIZE - 3);
    TEST(ring_ready(&putter) == SIZE, "all of an empty ring is room");
    TEST(ring_span(&putter, 0, &length) == bytes + SIZE - 3 && length == 3,
         "the room up to the end stands together");
    TEST(ring_span(&putter, 3, &length) == bytes && length == SIZE - 3, "the rest likewise");
    ring_advance(&putter, 10);
    TEST(ring_ready(&taker) == 10 && ring_span(&taker, 3, &length) == bytes && length == 7,
         "as do bytes to take, as many as there are");
}

static void test_entries(void)
{
    begin(4, 8, 0);
    for (uint64_t i = 0; i < 4; i++)
        memcpy(ring_entry(&putter, (uint32_t)i), &i, 8);
    TEST(ring_ready(&putter) == 4 && !ring_advance(&putter, 4) && ring_ready(&putter) == 0,
         "four entries fill a ring of four");
    uint64_t third;
    memcpy(&third, ring_entry(&taker, 2), 8);
    TEST(ring_ready(&taker) == 4 && third == 2, "and come out as they went in");
    ring_advance(&taker, 3);
    TEST(ring_ready(&taker) == 1 && ring_ready(&putter) == 3, "what is taken is room");
}

static void test_sleep(void)
{
    begin(4, 8, 0);
    TEST(ring_sleep(&taker, 1), "who finds nothing may sleep");
    ring_ready(&putter);
    TEST(ring_advance(&putter, 1), "and must be told");
    TEST(!ring_advance(&putter, 1), "once");
    TEST(!ring_sleep(&taker, 1) && shared.taker_waits == 0, "who has something may not");
    TEST(ring_sleep(&taker, 3), "unless it wants more");
    TEST(ring_advance(&putter, 2), "and then, too, is told");
    TEST(ring_sleep(&putter, 1), "a full ring lets its putter sleep");
    ring_awake(&putter);
    ring_ready(&taker);
    TEST(!ring_advance(&taker, 1), "who is awake again is not told");
    TEST(ring_sleep(&putter, 4) && ring_advance(&taker, 1), "who wants more room is");
}

static void test_lies(void)
{
    begin(4, 8, 100);
    shared.put = 105;
    TEST(ring_ready(&taker) == -ANSER_EPROTO, "more than fits cannot have been put in");
    TEST(!ring_sleep(&taker, 1), "nobody waits for a broken ring");
    shared.put = 99;
    TEST(ring_ready(&taker) == -ANSER_EPROTO, "less than was taken neither");
    shared.taken = 101;
    TEST(ring_ready(&putter) == -ANSER_EPROTO, "what was not put in cannot have been taken");
    shared.taken = 95;
    TEST(ring_ready(&putter) == -ANSER_EPROTO, "nor can more be left than there is room for");
    shared.put = 7;
    shared.taken = 100;
    TEST(ring_ready(&putter) == 4, "this side's own count is not read back");
}

int main(void)
{
    test_bytes();
    test_spans();
    test_entries();
    test_sleep();
    test_lies();
    return tap_done();
}
