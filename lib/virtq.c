/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues; the numbers are sections of VIRTIO 1.2. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "virtq.h"

#define FEATURE(features, bit) ((features) >> (bit)&1)

/* 2.7.5. Everything that the device sees is little-endian, as is every machine we run on. */
#define DESCRIPTOR_NEXT       (UINT64_C(1) << 32)
#define DESCRIPTOR_WRITE      (UINT64_C(2) << 32)
#define DESCRIPTOR_INDIRECT   (UINT64_C(4) << 32)
#define DESCRIPTOR_NEXT_SHIFT 48

struct virtq_descriptor {
    uint64_t physical;
    uint64_t rest; /* length; flags << 32; next << 48 */
};

/* 2.7.6. Behind the ring (2.7.7): the used event. */
#define NO_INTERRUPT 1
struct virtq_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

/* 2.7.8. Behind the ring (2.7.10): the available event, 16 bits. */
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
    virtq_quiet(queue);
    return 0;
}

void virtq_end(struct virtq *queue)
{
    free(queue->slots);
    *queue = (struct virtq){0};
}

/* ---- Adding. --------------------------------------------------------------------------------- */

/* A request on its way into descriptors: what is wrong with it shows there. */
struct filling {
    uint64_t room; /* bytes that the device may write */
    bool writes;   /* the last segment was one to write */
    bool wrong;
};

static inline uint64_t describe(struct filling *filling, struct virtq_descriptor *descriptor,
                                const struct virtq_segment *segment)
{
    uint64_t length = segment->length;
    bool writes = segment->device_writes;
    filling->wrong |= length == 0 || writes < filling->writes;
    filling->room += writes ? length : 0;
    filling->writes = writes;
    descriptor->physical = segment->physical;
    return length | (writes ? DESCRIPTOR_WRITE : 0);
}

/* 2.7.5.3: the whole request in the table that belongs to descriptor `head`. */
static inline unsigned fill_table(struct virtq *queue, struct filling *filling, unsigned head,
                                  const struct virtq_segment *segments, unsigned count)
{
    struct virtq_descriptor *table = queue->tables + head * VIRTQ_TABLE;
    uint64_t next = UINT64_C(1) << DESCRIPTOR_NEXT_SHIFT | DESCRIPTOR_NEXT;
    for (unsigned i = 0;; i++, next += UINT64_C(1) << DESCRIPTOR_NEXT_SHIFT) {
        uint64_t rest = describe(filling, &table[i], &segments[i]);
        table[i].rest = i + 1 < count ? rest | next : rest;
        if (i + 1 == count)
            break;
    }
    struct virtq_descriptor *whole = &queue->descriptors[head];
    whole->physical = queue->tables_physical + head * VIRTQ_TABLE * sizeof(*table);
    whole->rest = count * sizeof(*table) | DESCRIPTOR_INDIRECT;
    return head;
}

/* 2.7.5: a chain along the free list, from descriptor `head` on. Returns the last one. */
static inline unsigned fill_chain(struct virtq *queue, struct filling *filling, unsigned head,
                                  const struct virtq_segment *segments, unsigned count)
{
    for (unsigned at = head;; segments++) {
        struct virtq_descriptor *descriptor = &queue->descriptors[at];
        uint64_t rest = describe(filling, descriptor, segments);
        if (--count == 0) {
            descriptor->rest = rest;
            return at;
        }
        at = queue->slots[at].next;
        descriptor->rest = rest | DESCRIPTOR_NEXT | (uint64_t)at << DESCRIPTOR_NEXT_SHIFT;
    }
}

/* The request of the descriptors from `head` to `last` is in. */
static inline void put_in(struct virtq *queue, unsigned head, unsigned last, unsigned count,
                          uint64_t room, uint16_t token)
{
    struct virtq_slot *slot = &queue->slots[head];
    slot->room = room;
    slot->last = (uint16_t)last;
    slot->count = (uint16_t)count;
    slot->token = token;
    queue->first_free = queue->slots[last].next;
    queue->free_count -= count;
    STORE(queue->available->ring[queue->added++ & (queue->size - 1)], (uint16_t)head);
}

/* Most requests of a network are like that. */
static inline int add_single(struct virtq *queue, const struct virtq_segment *segment,
                             uint16_t token)
{
    unsigned head = queue->first_free;
    struct filling filling = {0};
    if (segment->length == 0)
        return -EINVAL;
    if (queue->free_count == 0)
        return -EAGAIN;
    struct virtq_descriptor *descriptor = &queue->descriptors[head];
    descriptor->rest = describe(&filling, descriptor, segment);
    put_in(queue, head, head, 1, filling.room, token);
    return 0;
}

/* Descriptors that are free may be written to; the request is in when its head is. */
static int add_several(struct virtq *queue, const struct virtq_segment *segments, unsigned count,
                       uint16_t token)
{
    bool indirect = queue->tables && count <= VIRTQ_TABLE;
    unsigned needed = indirect ? 1 : count, head = queue->first_free;
    struct filling filling = {0};
    if (count == 0 || count > queue->size)
        return -EINVAL;
    if (needed > queue->free_count)
        return -EAGAIN;
    unsigned last = indirect ? fill_table(queue, &filling, head, segments, count)
                             : fill_chain(queue, &filling, head, segments, count);
    if (filling.wrong)
        return -EINVAL;
    put_in(queue, head, last, needed, filling.room, token);
    return 0;
}

int virtq_add(struct virtq *queue, const struct virtq_segment *segments, unsigned count,
              uint16_t token)
{
    if (queue->fault)
        return -EPROTO;
    return count == 1 ? add_single(queue, segments, token)
                      : add_several(queue, segments, count, token);
}

/* 2.7.7, 2.7.10: whether going from `before` to `now` passes the event. */
static bool passes(uint16_t event, uint32_t now, uint32_t before)
{
    return (uint16_t)(now - event - 1) < now - before;
}

bool virtq_publish(struct virtq *queue)
{
    uint32_t before = queue->published, now = queue->added;
    if (now == before)
        return false;
    __atomic_thread_fence(__ATOMIC_RELEASE); /* 2.7.13: entries before the index */
    STORE(queue->available->index, (uint16_t)now);
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
    uint32_t some = (uint16_t)(LOAD(queue->used->index) - queue->taken);
    if (some == 0)
        return 0;
    if (some > queue->published - queue->taken)
        return broken(queue, "used index beyond what was made available");
    /* 2.7.14: the index before the elements. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    queue->done = queue->taken + some;
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

/* The event that lies farthest ahead is the one that has just been. */
void virtq_quiet(struct virtq *queue)
{
    if (queue->event_index)
        STORE(*used_event(queue), (uint16_t)(queue->taken - 1));
    else
        STORE(queue->available->flags, NO_INTERRUPT);
    queue->awaits = false;
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
