/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves of user page tables: new pages, those of objects, and copy-on-write. */
#include "kern/region.h"
#include "kern/device.h"
#include "kern/pages.h"

#define COST_ENTRY 1
#define COST_SHARE 12

status_t mapping_add_page(struct space *space, uint64_t address, pte_t *entry, unsigned prot,
                          phys_t *frame)
{
    phys_t new;
    if (!account_charge(space->account, PAGE_SIZE))
        return -ANSER_ENOMEM;
    if (entry == NULL)
        entry = page_table_make(space->root, space->account, address, 0);
    if (entry == NULL || !frame_alloc_zeroed(&new)) {
        account_discharge(space->account, PAGE_SIZE);
        return -ANSER_ENOMEM;
    }
    pte_set(entry, pte_make(new, mapping_flags(prot) | PTE_ANONYMOUS));
    space->page_count++;
    if (frame != NULL)
        *frame = new;
    return 0;
}

/* ---- Objects. */

/* The frame behind an address of the region, and how many follow on it. */
static phys_t object_frame(const struct region *region, uint64_t address, uint64_t *run)
{
    uint64_t index = (address - region_start(region) + region->offset) >> PAGE_SHIFT;
    if (region->object->type == ANSER_TYPE_DEVICE)
        return device_frame(region->object, index, run);
    return pages_frame(region->object, index, run);
}

static uint64_t object_flags(const struct region *region)
{
    uint64_t flags = mapping_flags(region->prot);
    return region->object->type == ANSER_TYPE_DEVICE && flags != 0 ? flags | PTE_DEVICE : flags;
}

static bool megapage_fits(const struct region *region, uint64_t at, phys_t frame, uint64_t run)
{
    return at % MEGAPAGE_SIZE == 0 && region->end - at >= MEGAPAGE_SIZE &&
           frame.value % MEGAPAGE_SIZE == 0 && run >= PAGE_TABLE_ENTRIES;
}

static status_t fill_megapage(struct region *region, uint64_t at, phys_t frame, uint64_t flags)
{
    struct space *space = region->space;
    pte_t *entry = page_table_make(space->root, space->account, at, 1);
    if (entry == NULL)
        return -ANSER_ENOMEM;
    if (pte_is_table(*entry)) {
        /* All that the table may hold is this region's, and can be filled again. */
        int steps = MAPPING_STEPS;
        mapping_clear(space, at, at + MEGAPAGE_SIZE, &steps);
    }
    pte_set(entry, pte_make(frame, flags));
    return 0;
}

/* Up to the end of one table; `run` frames from `frame` on come first. Returns how far it got. */
static uint64_t fill_pages(struct region *region, uint64_t at, uint64_t end, uint64_t flags,
                           phys_t frame, uint64_t run)
{
    struct space *space = region->space;
    pte_t *entry = page_table_make(space->root, space->account, at, 0);
    if (entry == NULL)
        return at;
    uint64_t last = level_next(at, 1);
    end = min(end, last);
    for (; at < end; at += PAGE_SIZE, entry++, run--, frame.value += PAGE_SIZE) {
        if (run == 0)
            frame = object_frame(region, at, &run);
        if (*entry == 0)
            pte_set(entry, pte_make(frame, flags));
    }
    return at;
}

status_t mapping_fill(struct region *region, uint64_t start, uint64_t end)
{
    uint64_t flags = object_flags(region);
    for (uint64_t at = start; at < end && flags != 0;) {
        uint64_t run;
        phys_t frame = object_frame(region, at, &run);
        if (megapage_fits(region, at, frame, run)) {
            if (fill_megapage(region, at, frame, flags) != 0)
                return -ANSER_ENOMEM;
            at += MEGAPAGE_SIZE;
        } else {
            uint64_t reached = fill_pages(region, at, end, flags, frame, run);
            if (reached == at)
                return -ANSER_ENOMEM;
            at = reached;
        }
    }
    if ((flags & PTE_X) != 0)
        tlb_sync_code(region->space);
    return 0;
}

/* ---- Copy-on-write. */

/* One page; true: the source was writable, and its TLB entries must go. */
static bool share_page(struct space *to_space, pte_t *to_entry, pte_t *from_entry, uint64_t flags)
{
    pte_t old = *from_entry;
    frame_share(pte_frame(old));
    pte_set(from_entry, old & ~PTE_W);
    pte_set(to_entry, pte_make(pte_frame(old), (flags & ~PTE_W) | PTE_ANONYMOUS));
    to_space->page_count++;
    return (old & PTE_W) != 0;
}

uint64_t mapping_share(struct space *to_space, uint64_t to, struct space *from_space, uint64_t from,
                       uint64_t length, unsigned prot, int *steps, status_t *status)
{
    uint64_t done = 0;
    bool fence = false;
    *status = 0;
    while (done<length && * steps> 0) {
        unsigned level;
        pte_t *source = page_table_find(from_space->root, from + done, 0, &level);
        *steps -= COST_ENTRY * 4;
        if (*source == 0) {
            done = level_next(from + done, level) - from;
            continue;
        }
        pte_t *target = page_table_make(to_space->root, to_space->account, to + done, 0);
        if (target == NULL || !account_charge(to_space->account, PAGE_SIZE)) {
            *status = -ANSER_ENOMEM;
            break;
        }
        fence |= share_page(to_space, target, source, mapping_flags(prot));
        done += PAGE_SIZE;
        *steps -= COST_SHARE;
    }
    done = min(done, length);
    if (fence)
        tlb_shootdown(from_space, from, done);
    return done;
}

status_t mapping_own_page(struct space *space, uint64_t address, pte_t *entry)
{
    phys_t old = pte_frame(*entry);
    phys_t new;
    if (!frame_shared(old)) {
        pte_set(entry, *entry | PTE_W);
        tlb_refresh(space, address);
        return 0;
    }
    if (!frame_alloc(0, &new))
        return -ANSER_ENOMEM;
    memcpy(direct_map(new), direct_map(old), PAGE_SIZE);
    pte_set(entry, pte_make(new, (*entry & 0x3ff) | PTE_W));
    tlb_shootdown(space, address, PAGE_SIZE);
    frame_drop(old);
    return 0;
}
