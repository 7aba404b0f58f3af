/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What virtqueues refuse: wrong requests of a driver, and a device that does what cannot be. The
 * latter writes into the queue's memory by hand; the memory is to the byte, so that the sanitizer
 * sees a step outside.
 */
/* sources: lib/virtq.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/virtq.h"
#include "tap.h"

#define PHYSICAL 0x81000000
#define SIZE     8

static uint8_t *memory;
static struct virtq queue;

static void begin(uint64_t features)
{
    memory = aligned_alloc(64, virtq_bytes(SIZE));
    if (virtq_begin(&queue, memory, PHYSICAL, SIZE, features) != 0)
        abort();
}

static void end(void)
{
    virtq_end(&queue);
    free(memory);
}

static int add(unsigned count, uint32_t read, uint32_t write, uint16_t token)
{
    struct virtq_segment segments[] = {{PHYSICAL, read, false}, {PHYSICAL + 64, write, true}};
    return virtq_add(&queue, segments, count, token);
}

/* The device's hand. */
static void use(unsigned place, uint32_t id, uint32_t length)
{
    uint32_t element[2] = {id, length};
    memcpy(memory + virtq_layout(SIZE).used + 4 + place * 8, element, 8);
}

static void set_used_index(uint16_t index)
{
    memcpy(memory + virtq_layout(SIZE).used + 2, &index, 2);
}

static uint16_t available_head(unsigned place)
{
    uint16_t head;
    memcpy(&head, memory + virtq_layout(SIZE).available + 4 + 2 * place, 2);
    return head;
}

static int take(void)
{
    uint16_t token;
    uint32_t written;
    int result = virtq_take(&queue, &token, &written);
    return result == 1 ? token : result == 0 ? -EAGAIN : result;
}

/* ---- The driver's requests. ------------------------------------------------------------------ */

static void test_begin(void)
{
    struct virtq none;
    static uint8_t room[1];
    TEST(virtq_begin(&none, room, PHYSICAL, 0, 0) == -EINVAL, "no entries");
    TEST(virtq_begin(&none, room, PHYSICAL, 12, 0) == -EINVAL, "no power of two");
    TEST(virtq_begin(&none, room, PHYSICAL, 65536, 0) == -EINVAL, "more than 32768");
    TEST(virtq_begin(&none, room, PHYSICAL + 64, 8, 0) == -EINVAL, "not at a page");
    struct virtq_layout layout = virtq_layout(256);
    TEST(layout.available == 4096 && layout.used == 8192, "the layout of the legacy interface");
    TEST(layout.tables == 10304 && layout.bytes == 26688, "and the tables behind it");
    void *most = calloc(1, virtq_bytes(VIRTQ_SIZE_MAX));
    TEST(virtq_begin(&none, most, PHYSICAL, VIRTQ_SIZE_MAX, 0) == 0, "the largest one");
    virtq_end(&none);
    free(most);
}

static void test_wrong_requests(void)
{
    struct virtq_segment many[SIZE + 1], backwards[] = {{PHYSICAL, 1, true}, {PHYSICAL, 1, false}};
    for (unsigned i = 0; i <= SIZE; i++)
        many[i] = (struct virtq_segment){PHYSICAL + i, 1, false};
    begin(UINT64_C(1) << VIRTQ_INDIRECT_DESC);
    TEST(add(0, 1, 1, 0) == -EINVAL, "a request without segments");
    TEST(add(2, 0, 1, 0) == -EINVAL && add(2, 1, 0, 0) == -EINVAL, "an empty segment");
    TEST(add(1, 0, 1, 0) == -EINVAL, "nothing but an empty segment");
    TEST(virtq_add(&queue, backwards, 2, 0) == -EINVAL, "one to write before one to read");
    TEST(virtq_add(&queue, many, SIZE + 1, 0) == -EINVAL, "more than the queue can hold");
    TEST(virtq_free(&queue) == SIZE && !virtq_publish(&queue), "none of them was put in");
    TEST(virtq_add(&queue, many, SIZE, 0) == 0 && virtq_free(&queue) == 0, "as many as it holds");
    TEST(add(1, 1, 1, 1) == -EAGAIN, "no room for one more");
    end();
}

/* ---- What the device cannot have done. ------------------------------------------------------- */

/* The queue is broken, says how, and takes nothing any more. */
static void check_broken(const char *fault)
{
    TEST(take() == -EPROTO && queue.fault && strcmp(queue.fault, fault) == 0, "broken: %s", fault);
    set_used_index(queue.taken);
    TEST(take() == -EPROTO && add(1, 1, 1, 0) == -EPROTO && !virtq_wait(&queue), "and it stays so");
    end();
}

static void test_wrong_index(void)
{
    static const uint16_t beyond[] = {3, 0xffff, 0x8000, SIZE};
    for (unsigned i = 0; i < 4; i++) {
        begin(0);
        add(2, 4, 4, 5);
        add(2, 4, 4, 6);
        virtq_publish(&queue);
        add(2, 4, 4, 7); /* which the device has not been shown */
        set_used_index(beyond[i]);
        check_broken("used index beyond what was made available");
    }
    begin(0);
    set_used_index(1);
    check_broken("used index beyond what was made available");
}

static void test_index_goes_back(void)
{
    begin(0);
    add(1, 4, 0, 1);
    virtq_publish(&queue);
    use(0, available_head(0), 0);
    set_used_index(1);
    TEST(take() == 1, "a request is done");
    add(1, 4, 0, 2);
    virtq_publish(&queue);
    set_used_index(0);
    check_broken("used index beyond what was made available");
}

static void test_wrong_id(void)
{
    static const uint32_t ids[] = {SIZE, 0xffff, 0x10000, 0x80000000, 0xffffffff};
    for (unsigned i = 0; i < 5; i++) {
        begin(0);
        add(2, 4, 4, 5);
        virtq_publish(&queue);
        use(0, ids[i], 0);
        set_used_index(1);
        check_broken("used id is no descriptor");
    }
}

static void test_other_id(void)
{
    begin(0);
    add(2, 4, 4, 5);
    virtq_publish(&queue);
    use(0, (available_head(0) + 1u) % SIZE, 0); /* the second one of the chain */
    set_used_index(1);
    check_broken("used id is no request in flight");
    begin(0);
    add(1, 4, 0, 5);
    add(1, 4, 0, 6);
    virtq_publish(&queue);
    use(0, available_head(0), 0);
    use(1, available_head(0), 0);
    set_used_index(2);
    TEST(take() == 5, "a request is done");
    check_broken("used id is no request in flight"); /* twice */
}

static void test_wrong_length(void)
{
    static const uint32_t lengths[] = {65, 0xffffffff};
    for (unsigned i = 0; i < 2; i++) {
        begin(UINT64_C(1) << VIRTQ_INDIRECT_DESC);
        add(2, 100, 64, 5);
        virtq_publish(&queue);
        use(0, available_head(0), lengths[i]);
        set_used_index(1);
        check_broken("used length beyond what the device may write");
    }
}

/* It scribbles over descriptors, tables and the available ring: nothing of it is believed. */
static void test_scribbles(void)
{
    for (unsigned indirect = 0; indirect < 2; indirect++) {
        begin((uint64_t)indirect << VIRTQ_INDIRECT_DESC);
        for (uint16_t token = 0; token < SIZE / 2; token++)
            add(2, 4, 4, token);
        virtq_publish(&queue);
        uint16_t heads[SIZE / 2];
        for (unsigned i = 0; i < SIZE / 2; i++)
            heads[i] = available_head(i);
        memset(memory, 0xff, virtq_layout(SIZE).used);
        memset(memory + virtq_layout(SIZE).tables, 0xff,
               virtq_bytes(SIZE) - virtq_layout(SIZE).tables);
        for (unsigned i = 0; i < SIZE / 2; i++)
            use(i, heads[SIZE / 2 - 1 - i], 4);
        set_used_index(SIZE / 2);
        bool all = true;
        for (int i = SIZE / 2 - 1; i >= 0; i--)
            all = all && take() == i;
        TEST(all && virtq_free(&queue) == SIZE, "indirect %u: all come back all the same",
             indirect);
        end();
    }
}

int main(void)
{
    test_begin();
    test_wrong_requests();
    test_wrong_index();
    test_index_goes_back();
    test_wrong_id();
    test_other_id();
    test_wrong_length();
    test_scribbles();
    return tap_done();
}
