/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues; the numbers are sections of VIRTIO 1.2. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "virtq.h"

#define FEATURE(features, bit) ((features) >> (bit)&1)

/* 2.7.5. Everything that the device sees is little-endian, as is every machine we run on. */
#define DESCRIPTOR_NEXT     1
#define DESCRIPTOR_WRITE    2
#define DESCRIPTOR_INDIRECT 4

struct virtq_descriptor {
    uint64_t physical;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

/* 2.7.6, 2.7.7. Behind the ring: the used event. */
#define NO_INTERRUPT 1
struct virtq_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

/* 2.7.8, 2.7.10. Behind the ring: the available event, 16 bits. */
#define NO_NOTIFY 1
struct virtq_used_element {
    uint32_t id;
    uint32_t length;
};
struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_element ring[];
};

/* The driver's own record of a descriptor, and of the request that begins with it. */
struct virtq_slot {
    uint64_t room;  /* bytes that the device may write */
    uint16_t next;  /* the chain's or the free list's */
    uint16_t last;  /* of the chain */
    uint16_t count; /* descriptors of the chain; 0: no request begins here */
    uint16_t token;
};

_Static_assert(sizeof(struct virtq_descriptor) == 16, "2.7.5");
_Static_assert(sizeof(struct virtq_slot) == 16, "an index is a shift");

/* Fields that the device reads while we write, or writes while we read: one access each. */
#define LOAD(place)         __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define STORE(place, value) __atomic_store_n(&(place), value, __ATOMIC_RELAXED)

static uint16_t *used_event(const struct virtq *queue)
{
    return &queue->available->ring[queue->size];
}

static const volatile uint16_t *available_event(const struct virtq *queue)
{
    return (const volatile uint16_t *)&queue->used->ring[queue->size];
}

/* ---- Begin and end. -------------------------------------------------------------------------- */

static size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) & ~(to - 1);
}

struct virtq_layout virtq_layout(unsigned size)
{
    struct virtq_layout layout;
    layout.available = size * sizeof(struct virtq_descriptor);
    size_t available_end = layout.available + sizeof(struct virtq_available) + 2 * (size + 1);
    layout.used = round_up(available_end, VIRTQ_ALIGNMENT);
    size_t used_end =
        layout.used + sizeof(struct virtq_used) + size * sizeof(struct virtq_used_element) + 2;
    layout.tables = round_up(used_end, VIRTQ_TABLE * sizeof(struct virtq_descriptor));
    layout.bytes = layout.tables + size * VIRTQ_TABLE * sizeof(struct virtq_descriptor);
    return layout;
}

size_t virtq_bytes(unsigned size)
{
    return virtq_layout(size).bytes;
}

static void lay_out(struct virtq *queue, void *memory, uint64_t physical, uint64_t features)
{
    struct virtq_layout layout = virtq_layout(queue->size);
    uint8_t *bytes = memory;
    memset(bytes, 0, layout.bytes);
    queue->physical = physical;
    queue->descriptors = memory;
    queue->available = (struct virtq_available *)(bytes + layout.available);
    queue->used = (const volatile struct virtq_used *)(bytes + layout.used);
    queue->tables_physical = physical + layout.tables;
    if (FEATURE(features, VIRTQ_INDIRECT_DESC))
        queue->tables = (struct virtq_descriptor *)(bytes + layout.tables);
}

/* No interrupt before somebody waits: the event is the one that lies farthest ahead. */
static void begin_quiet(struct virtq *queue)
{
    if (queue->event_index)
        STORE(*used_event(queue), UINT16_MAX);
    else
        STORE(queue->available->flags, NO_INTERRUPT);
}

int virtq_begin(struct virtq *queue, void *memory, uint64_t physical, unsigned size,
                uint64_t features)
{
    if (size == 0 || size > VIRTQ_SIZE_MAX || (size & (size - 1)) || physical % VIRTQ_ALIGNMENT)
        return -EINVAL;
    *queue = (struct virtq){.size = size, .free_count = size};
    queue->slots = calloc(size, sizeof(*queue->slots));
    if (!queue->slots)
        return -ENOMEM;
    for (unsigned i = 0; i < size; i++)
        queue->slots[i].next = (uint16_t)(i + 1);
    queue->event_index = FEATURE(features, VIRTQ_EVENT_IDX);
    lay_out(queue, memory, physical, features);
    begin_quiet(queue);
    return 0;
}

void virtq_end(struct virtq *queue)
{
    free(queue->slots);
    *queue = (struct virtq){0};
}

/* ---- Adding. --------------------------------------------------------------------------------- */

/* What is wrong with these segments: 0 or -EINVAL. *room: bytes that the device may write. */
static int judge(const struct virtq_segment *segments, unsigned count, uint64_t *room)
{
    uint64_t writable = 0;
    bool writes = false;
    for (unsigned i = 0; i < count; i++) {
        if (segments[i].length == 0 || (writes && !segments[i].device_writes))
            return -EINVAL;
        writes = segments[i].device_writes;
        writable += writes ? segments[i].length : 0;
    }
    *room = writable;
    return 0;
}

static void describe(struct virtq_descriptor *descriptor, const struct virtq_segment *segment,
                     unsigned flags, unsigned next)
{
    descriptor->physical = segment->physical;
    descriptor->length = segment->length;
    descriptor->flags = (uint16_t)(flags | (segment->device_writes ? DESCRIPTOR_WRITE : 0));
    descriptor->next = (uint16_t)next;
}

/* 2.7.5.3: the whole request in the table that belongs to descriptor `head`. */
static void fill_table(struct virtq *queue, unsigned head, const struct virtq_segment *segments,
                       unsigned count)
{
    struct virtq_descriptor *table = queue->tables + head * VIRTQ_TABLE;
    for (unsigned i = 0; i + 1 < count; i++)
        describe(&table[i], &segments[i], DESCRIPTOR_NEXT, i + 1);
    describe(&table[count - 1], &segments[count - 1], 0, 0);
    struct virtq_segment whole = {
        .physical = queue->tables_physical + head * VIRTQ_TABLE * sizeof(*table),
        .length = count * (uint32_t)sizeof(*table),
    };
    describe(&queue->descriptors[head], &whole, DESCRIPTOR_INDIRECT, 0);
}

/* 2.7.5: a chain along the free list, from descriptor `head` on. Returns the last one. */
static unsigned fill_chain(struct virtq *queue, unsigned head, const struct virtq_segment *segments,
                           unsigned count)
{
    unsigned at = head;
    for (; count > 1; count--, segments++) {
        unsigned next = queue->slots[at].next;
        describe(&queue->descriptors[at], segments, DESCRIPTOR_NEXT, next);
        at = next;
    }
    describe(&queue->descriptors[at], segments, 0, 0);
    return at;
}

int virtq_add(struct virtq *queue, const struct virtq_segment *segments, unsigned count,
              uint16_t token)
{
    uint64_t room;
    if (queue->fault)
        return -EPROTO;
    if (count == 0 || count > queue->size || judge(segments, count, &room) < 0)
        return -EINVAL;
    bool indirect = queue->tables && count > 1 && count <= VIRTQ_TABLE;
    unsigned needed = indirect ? 1 : count;
    if (needed > queue->free_count)
        return -EAGAIN;

    unsigned head = queue->first_free, last = head;
    struct virtq_slot *slot = &queue->slots[head];
    if (indirect)
        fill_table(queue, head, segments, count);
    else
        last = fill_chain(queue, head, segments, count);
    slot->room = room;
    slot->last = (uint16_t)last;
    slot->count = (uint16_t)needed;
    slot->token = token;
    queue->first_free = queue->slots[last].next;
    queue->free_count -= needed;
    STORE(queue->available->ring[queue->added++ & (queue->size - 1)], (uint16_t)head);
    return 0;
}

/* 2.7.7.2, 2.7.10: whether going from `before` to `now` passes the event. */
static bool passes(uint16_t event, uint16_t now, uint16_t before)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool virtq_publish(struct virtq *queue)
{
    uint16_t before = queue->published, now = queue->added;
    if (now == before)
        return false;
    __atomic_thread_fence(__ATOMIC_RELEASE); /* 2.7.13: entries before the index */
    STORE(queue->available->index, now);
    queue->published = now;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* the index before we look whether it sleeps */
    if (queue->event_index)
        return passes(LOAD(*available_event(queue)), now, before);
    return !(LOAD(queue->used->flags) & NO_NOTIFY);
}

/* ---- Taking. --------------------------------------------------------------------------------- */

static int broken(struct virtq *queue, const char *fault)
{
    queue->fault = fault;
    return -EPROTO;
}

/* Asks the device how far it is. 1: there is something to take. */
static int look(struct virtq *queue)
{
    uint16_t done = LOAD(queue->used->index);
    if ((uint16_t)(done - queue->taken) > (uint16_t)(queue->published - queue->taken))
        return broken(queue, "used index beyond what was made available");
    if (done == queue->taken)
        return 0;
    /* 2.7.14: the index before the elements. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    queue->done = done;
    if (queue->awaits) {
        queue->awaits = false;
        STORE(queue->available->flags, NO_INTERRUPT);
    }
    return 1;
}

static void set_free(struct virtq *queue, unsigned head)
{
    struct virtq_slot *slot = &queue->slots[head];
    queue->slots[slot->last].next = queue->first_free;
    queue->first_free = (uint16_t)head;
    queue->free_count += slot->count;
    slot->count = 0;
}

int virtq_take(struct virtq *queue, uint16_t *token, uint32_t *written)
{
    if (queue->fault)
        return -EPROTO;
    if (queue->taken == queue->done) {
        int some = look(queue);
        if (some <= 0)
            return some;
    }
    const volatile struct virtq_used_element *element =
        &queue->used->ring[queue->taken & (queue->size - 1)];
    uint32_t id = LOAD(element->id), length = LOAD(element->length);
    if (id >= queue->size)
        return broken(queue, "used id is no descriptor");
    const struct virtq_slot *slot = &queue->slots[id];
    if (slot->count == 0)
        return broken(queue, "used id is no request in flight");
    if (length > slot->room)
        return broken(queue, "used length beyond what the device may write");
    *token = slot->token;
    *written = length;
    set_free(queue, id);
    queue->taken++;
    return 1;
}

bool virtq_wait_for(struct virtq *queue, unsigned count)
{
    if (queue->fault)
        return false;
    if (queue->event_index) {
        STORE(*used_event(queue), (uint16_t)(queue->taken + count - 1));
    } else {
        queue->awaits = true;
        STORE(queue->available->flags, 0);
        count = 1;
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* what we want before we look once more */
    return (uint16_t)(LOAD(queue->used->index) - queue->taken) < count;
}
