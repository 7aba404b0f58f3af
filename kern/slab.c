/* SPDX-License-Identifier: BSD-2-Clause */
/* Slabs: which slots are free in which frame. */
#include "kern/slab.h"
#include "kern/frame.h"
#include "kern/list.h"
#include "kern/panic.h"

#define HEADER_SIZE 64u

/* Slot sizes: what divides 4032 bytes into 63, 31, 21, 15, 10, 7, 5, 4, 3, 2 and 1 slots. */
static const uint16_t sizes[] = {64, 128, 192, 256, 400, 576, 800, 1008, 1344, 2016, 4032};
#define CLASSES array_length(sizes)

/* At the start of a slab's frame. Slots beyond `fresh` have never been used. */
struct slab {
    struct list link; /* in partial[]; not linked while full */
    void *free;       /* freed slots, each holding the address of the next */
    uint16_t used;
    uint16_t fresh;
    uint16_t capacity;
};
_Static_assert(sizeof(struct slab) <= HEADER_SIZE, "the header has a slot of 64 bytes");

static struct list partial[CLASSES]; /* slabs with a free slot; all zero: not used yet */

static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (sizes[class] < size)
        class ++;
    return class;
}

uint64_t slab_cost(size_t size)
{
    return sizes[class_of(size)];
}

static struct slab *slab_make(unsigned class)
{
    phys_t frame;
    if (!frame_alloc_surely(&frame))
        return NULL;
    struct slab *slab = direct_map(frame);
    *slab = (struct slab){.capacity = (uint16_t)((PAGE_SIZE - HEADER_SIZE) / sizes[class])};
    list_append(&partial[class], &slab->link);
    frame_counts.slab++;
    return slab;
}

static struct slab *slab_with_room(unsigned class)
{
    if (partial[class].next == NULL)
        list_init(&partial[class]);
    struct list *first = list_first(&partial[class]);
    return first != NULL ? container_of(first, struct slab, link) : slab_make(class);
}

void *slab_take(size_t size)
{
    kassert(size <= SLAB_SIZE_MAX);
    unsigned class = class_of(size);
    struct slab *slab = slab_with_room(class);
    if (slab == NULL)
        return NULL;
    void *slot = slab->free;
    if (slot != NULL)
        slab->free = *(void **)slot;
    else
        slot = (char *)slab + HEADER_SIZE + (uint64_t)slab->fresh++ * sizes[class];
    if (++slab->used == slab->capacity)
        list_remove(&slab->link);
    return memset(slot, 0, sizes[class]);
}

uint64_t slab_give(void *memory, size_t size)
{
    unsigned class = class_of(size);
    struct slab *slab = (struct slab *)((uintptr_t)memory & ~PAGE_MASK);
    kassert(slab->used > 0);
    *(void **)memory = slab->free;
    slab->free = memory;
    if (slab->used == slab->capacity)
        list_prepend(&partial[class], &slab->link);
    if (--slab->used == 0) {
        list_remove(&slab->link);
        frame_counts.slab--;
        frame_free(0, phys((uint64_t)slab - direct_map_base));
    }
    return sizes[class];
}

void *slab_alloc(struct account *payer, size_t size)
{
    uint64_t cost = slab_cost(size);
    if (alloc_should_fail() || !account_charge(payer, cost))
        return NULL;
    void *memory = slab_take(size);
    if (memory == NULL)
        payer->used -= cost;
    return memory;
}
