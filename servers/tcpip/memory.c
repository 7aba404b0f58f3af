/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's memory of any size: blocks of a few sizes, each with a room of its own, so that a flood of
 * one kind takes nothing from the others and nothing is ever searched. Rooms are address space;
 * pages are paid for when they are used first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "memory.h"
#include "stack.h"
#include <lwip/opt.h>

struct block {
    struct block *next; /* of the free ones */
    uint64_t class;
};

static struct class
{
    uint32_t size;  /* bytes, the block's header included */
    uint32_t count; /* there are at most so many */
    uint32_t begun; /* used at least once */
    uint8_t *room;
    struct block *free;
} classes[] = {
    {.size = 192, .count = 8192}, /* headers of segments, ARP, DNS, acknowledgements */
    {.size = 640, .count = 1024}, {.size = 2048, .count = 1024}, /* copied frames, loopback */
    {.size = 20480, .count = 32}, {.size = 66560, .count = 8},   /* large datagrams on loopback */
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

bool memory_begin(void)
{
    for (size_t i = 0; i < CLASSES; i++) {
        classes[i].room = memory_map((size_t)classes[i].size * classes[i].count);
        if (classes[i].room == NULL)
            return false;
    }
    return true;
}

static struct block *take(struct class *class)
{
    struct block *block = class->free;
    if (block != NULL) {
        class->free = block->next;
    } else if (class->begun < class->count) {
        block = (struct block *)(class->room + (size_t) class->begun++ * class->size);
        block->class = (uint64_t)(class - classes);
    }
    return block;
}

void *memory_allocate(size_t size)
{
    for (struct class *class = classes; class < classes + CLASSES; class ++) {
        if (size > class->size - sizeof(struct block))
            continue;
        struct block *block = take(class);
        return block == NULL ? NULL : block + 1;
    }
    return NULL;
}

void *memory_allocate_zeroed(size_t count, size_t size)
{
    if (size != 0 && count > UINT32_MAX / size)
        return NULL;
    void *memory = memory_allocate(count * size);
    return memory == NULL ? NULL : memset(memory, 0, count * size);
}

void memory_free(void *memory)
{
    if (memory == NULL)
        return;
    struct block *block = (struct block *)memory - 1;
    block->next = classes[block->class].free;
    classes[block->class].free = block;
}
