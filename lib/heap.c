/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap under picolibc's malloc: one large reservation, which costs nothing until its pages are
 * touched. malloc holds its lock around sbrk, so there is one caller at a time.
 */
#include <errno.h>
#include <unistd.h>
#include "memory.h"
#include "syscall.h"

#define HEAP_MAX ((size_t)1 << 30)
#define HEAP_MIN ((size_t)1 << 20)

static char *heap_start;
static char *heap_break;
static size_t heap_size;

/* Takes the largest reservation that is to be had. */
static void reserve(void)
{
    for (size_t size = HEAP_MAX; heap_start == NULL && size >= HEAP_MIN; size /= 2) {
        heap_start = memory_map(size);
        heap_size = size;
    }
    heap_break = heap_start;
}

/* Moves the end of the heap. Pages that a shrinking heap leaves behind are given back. */
void *sbrk(ptrdiff_t change)
{
    if (heap_start == NULL)
        reserve();
    ptrdiff_t used = heap_break - heap_start;
    if (heap_start == NULL || change > (ptrdiff_t)heap_size - used || change < -used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *before = heap_break;
    heap_break += change;
    if (change < 0) {
        uint64_t first = memory_round_up((size_t)heap_break);
        uint64_t end = memory_round_up((size_t)before);
        if (first < end)
            sys_region_decommit(0, first, end - first);
    }
    return before;
}
