/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The personality's memory: blocks of powers of two with a free list for each size. The range is
 * reserved whole; pages come when they are touched, so a new block is touched once where a fault is
 * mended: who has no budget left gets NULL, not a fault later.
 */
#include <string.h>
#include "access.h"
#include "heap.h"
#include "layout.h"
#include "lib/syscall.h"
#include "lib/thread.h"

#define SMALLEST_SHIFT 5  /* 32 bytes, 16 of them for the header */
#define LARGEST_SHIFT  26 /* 64 MiB */
#define GIVEN_BACK     16 /* blocks of 64 KiB and more give their pages back while they are free */
#define HEADER         16

/* Begins each block; the list's link is in it while the block is free. */
struct block {
    uint64_t shift;
    struct block *next;
};
_Static_assert(sizeof(struct block) == HEADER, "blocks stay aligned to 16");

static struct {
    struct mutex lock;
    struct block *free[LARGEST_SHIFT + 1];
    uint64_t end; /* of what was ever handed out; 0: not reserved yet */
} heap;

static bool reserve(void)
{
    struct sys_result result =
        sys_region_map(0, LINUX_HEAP, LINUX_HEAP_END - LINUX_HEAP,
                       ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_NOREPLACE, 0, 0);
    if (result.status < 0)
        return false;
    heap.end = LINUX_HEAP;
    return true;
}

/* Touches every page; false: one is not to be had. */
static bool commit(const char *begin, size_t size)
{
    for (size_t at = 0; at < size; at += ANSER_PAGE_SIZE)
        if (access_touch(begin + at, 1) < 0)
            return false;
    return access_touch(begin + size - sizeof(uint64_t), 1) == 0;
}

/* A block that was free, or never used. *dirty: its bytes may be anything. */
static struct block *take(unsigned shift, bool *dirty)
{
    struct block *block = heap.free[shift];
    *dirty = block != NULL && shift < GIVEN_BACK;
    if (block != NULL) {
        heap.free[shift] = block->next;
        return block;
    }
    if ((heap.end == 0 && !reserve()) || LINUX_HEAP_END - heap.end < 1ul << shift)
        return NULL;
    block = (struct block *)heap.end;
    if (!commit((char *)block, 1ul << shift))
        return NULL;
    heap.end += 1ul << shift;
    return block;
}

void *heap_alloc(size_t size)
{
    unsigned shift = SMALLEST_SHIFT;
    bool dirty = false;
    while (shift <= LARGEST_SHIFT && (1ul << shift) < size + HEADER)
        shift++;
    if (size > 1ul << LARGEST_SHIFT || shift > LARGEST_SHIFT)
        return NULL;
    mutex_lock(&heap.lock);
    struct block *block = take(shift, &dirty);
    mutex_unlock(&heap.lock);
    if (block == NULL)
        return NULL;
    if (shift >= GIVEN_BACK && !commit((char *)block, 1ul << shift)) {
        block->shift = shift; /* its first page is always there */
        heap_free((char *)block + HEADER);
        return NULL;
    }
    block->shift = shift;
    if (dirty)
        memset((char *)block + HEADER, 0, (1ul << shift) - HEADER);
    return (char *)block + HEADER;
}

void heap_free(void *memory)
{
    if (memory == NULL)
        return;
    struct block *block = (struct block *)((char *)memory - HEADER);
    unsigned shift = (unsigned)block->shift;
    /* All but the page of the header. */
    if (shift >= GIVEN_BACK) {
        memset(memory, 0, ANSER_PAGE_SIZE - HEADER);
        sys_region_decommit(0, (uint64_t)block + ANSER_PAGE_SIZE, (1ul << shift) - ANSER_PAGE_SIZE);
    }
    mutex_lock(&heap.lock);
    block->next = heap.free[shift];
    heap.free[shift] = block;
    mutex_unlock(&heap.lock);
}
