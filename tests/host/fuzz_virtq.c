/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: both sides of a virtqueue. The input is a row of steps: the driver's calls, what a
 * device does by the rules, and what a hostile one writes anywhere into the queue's memory. No
 * request is invented, none comes back twice, no length is larger than its buffers, no descriptor
 * is lost, and no byte outside is touched (the memory is to the byte).
 */
/* sources: lib/virtq.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/virtq.h"

#define SIZE_MOST 64
#define SEGMENTS  6
#define PHYSICAL  0x80000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct input {
    const uint8_t *bytes;
    size_t size;
};

static struct {
    bool in_flight;
    uint64_t room;
    unsigned descriptors;
} requests[SIZE_MOST];

static struct virtq queue;
static uint8_t *memory;
static unsigned descriptors_used;
static uint16_t used_index; /* of the device */

static void require(int holds)
{
    if (!holds)
        abort();
}

static unsigned next(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->bytes++;
}

/* ---- The driver. ----------------------------------------------------------------------------- */

static void add(struct input *input)
{
    struct virtq_segment segments[SEGMENTS];
    unsigned token = next(input) % queue.size, shape = next(input);
    unsigned count = 1 + shape % SEGMENTS, readable = shape / SEGMENTS % (count + 1);
    uint64_t room = 0;
    if (requests[token].in_flight)
        return;
    for (unsigned i = 0; i < count; i++) {
        segments[i] = (struct virtq_segment){PHYSICAL + i * 512ull, 1 + next(input), i >= readable};
        room += segments[i].device_writes ? segments[i].length : 0;
    }
    bool table = queue.tables && count > 1 && count <= VIRTQ_TABLE;
    unsigned needed = table ? 1 : count;
    int result = virtq_add(&queue, segments, count, (uint16_t)token);
    if (queue.fault)
        require(result == -EPROTO);
    else if (count > queue.size)
        require(result == -EINVAL);
    else
        require(result == (needed > queue.size - descriptors_used ? -EAGAIN : 0));
    if (result == 0) {
        requests[token].in_flight = true;
        requests[token].room = room;
        requests[token].descriptors = needed;
        descriptors_used += needed;
    }
}

static void take(void)
{
    uint16_t token = UINT16_MAX;
    uint32_t written = UINT32_MAX;
    const char *fault = queue.fault;
    int result = virtq_take(&queue, &token, &written);
    require(result == 1 || result == 0 || result == -EPROTO);
    require((result == -EPROTO) == (queue.fault != NULL));
    require(!fault || queue.fault == fault);
    if (result == 1) {
        require(token < queue.size && requests[token].in_flight && written <= requests[token].room);
        requests[token].in_flight = false;
        descriptors_used -= requests[token].descriptors;
    }
    require(virtq_free(&queue) == queue.size - descriptors_used);
}

/* ---- The device. ----------------------------------------------------------------------------- */

static void write_used_index(void)
{
    memcpy(memory + virtq_layout(queue.size).used + 2, &used_index, 2);
}

/* By the rules, if the head is one that was made available. */
static void use(struct input *input)
{
    struct virtq_layout layout = virtq_layout(queue.size);
    uint32_t element[2];
    uint16_t head;
    unsigned place = next(input) % queue.size;
    memcpy(&head, memory + layout.available + 4 + 2 * place, 2);
    element[0] = head;
    element[1] = next(input);
    memcpy(memory + layout.used + 4 + used_index % queue.size * 8u, element, 8);
    used_index++;
    write_used_index();
}

static void write_anywhere(struct input *input)
{
    size_t place = next(input) | next(input) << 8, length = 1 + next(input) % 8;
    for (; length > 0; length--)
        memory[place++ % virtq_bytes(queue.size)] = (uint8_t)next(input);
}

/* Near the end of the used ring's memory or the index, where it matters. */
static void write_used(struct input *input)
{
    struct virtq_layout layout = virtq_layout(queue.size);
    size_t place = next(input) % (layout.tables - layout.used);
    memory[layout.used + place] = (uint8_t)next(input);
}

static void jump(struct input *input)
{
    used_index = (uint16_t)(used_index + (int8_t)next(input));
    write_used_index();
}

/* ---- Both. ----------------------------------------------------------------------------------- */

static void step(struct input *input)
{
    switch (next(input) % 16) {
    case 0 ... 3:
        add(input);
        break;
    case 4:
    case 5:
        virtq_publish(&queue);
        break;
    case 6 ... 8:
        take();
        break;
    case 9:
        if (next(input) % 4 == 0)
            virtq_quiet(&queue);
        else
            virtq_wait_for(&queue, 1 + next(input));
        break;
    case 10 ... 12:
        use(input);
        break;
    case 13:
        jump(input);
        break;
    case 14:
        write_used(input);
        break;
    case 15:
        write_anywhere(input);
        break;
    }
}

/* Counts that begin just before they wrap, as if 65,536 requests had been made. */
static void wind(uint16_t to)
{
    struct virtq_layout layout = virtq_layout(queue.size);
    queue.added = queue.published = queue.done = queue.taken = used_index = to;
    memcpy(memory + layout.available + 2, &to, 2);
    write_used_index();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    unsigned first = next(&input), entries = 1u << (first & 7) % 7;
    uint64_t features = (uint64_t)(first >> 3 & 3) << VIRTQ_INDIRECT_DESC;
    memory = aligned_alloc(64, virtq_bytes(entries));
    require(virtq_begin(&queue, memory, PHYSICAL, entries, features) == 0);
    memset(requests, 0, sizeof(requests));
    descriptors_used = 0;
    used_index = 0;
    if (first & 0x20)
        wind((uint16_t)(UINT16_MAX - (first >> 6)));
    while (input.size > 0)
        step(&input);
    for (unsigned i = 0; i <= queue.size; i++)
        take();
    virtq_end(&queue);
    free(memory);
    return 0;
}
