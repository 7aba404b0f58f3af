/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame allocator: a buddy system over all RAM, and one small record for each frame. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/types.h"

#define FRAME_ORDER_MAX 10u /* 4 MiB */

struct frame_counts {
    uint64_t total;
    uint64_t free;
    uint64_t meta;   /* frames that hold the frame table */
    uint64_t slab;   /* frames that hold small objects */
    uint64_t tables; /* page tables */
};
extern struct frame_counts frame_counts;

/* All of RAM is seen at its physical address plus this: 0 until paging is on, then DIRECT_MAP. */
extern uint64_t direct_map_base;

static inline void *direct_map(phys_t address)
{
    return (void *)(address.value + direct_map_base);
}

/*
 * Takes over all RAM but what bootinfo reserves (firmware, image, initrd, device tree, loader).
 * The direct map need not exist yet (boot runs on physical addresses). Error: -ENOMEM.
 */
status_t frame_init(const struct bootinfo *info);
/* Gives a range of RAM that was reserved at boot to the allocator (page-aligned inside). */
void frame_reclaim(struct boot_range range);
/* Does [base, base + size) touch RAM? */
bool frame_is_ram(phys_t base, uint64_t size);

/*
 * 2^order contiguous frames, aligned to their size, contents unknown, one reference on the first.
 * False if there are none, or an injected failure strikes. The caller charges somebody's account.
 */
bool frame_alloc(unsigned order, phys_t *out);
bool frame_alloc_zeroed(phys_t *out); /* one frame */
/* As frame_alloc of one frame, but no failure is injected: for what must not fail. */
bool frame_alloc_surely(phys_t *out);
void frame_zero(phys_t frame);
void frame_free(unsigned order, phys_t frame);
/* Frees `count` frames from `first` on, of one or several blocks, wherever they were cut. */
void frame_free_range(phys_t first, uint64_t count);

/* Copy-on-write: references on a single frame. */
void frame_share(phys_t frame);
bool frame_shared(phys_t frame);
void frame_drop(phys_t frame); /* frees with the last reference */

/* Fault injection (system_debug FAIL_ALLOC): the n-th allocation from now fails; 0: off. */
void alloc_fail_after(uint64_t n);
bool alloc_should_fail(void);
