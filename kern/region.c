/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of regions of an address space. */
#include "kern/region.h"
#include "kern/object.h"
#include "kern/panic.h"
#include "kern/slab.h"

#define PLACES_FIRST     0x10000000ul
#define SLOT_END         (ANSER_KERNEL_SLOT + ANSER_KERNEL_SLOT_SIZE)
#define SCAN_REGIONS_MAX 400u /* looked at in one piece of a search for room */

static inline struct region *region_of(struct tree_node *node)
{
    return node == NULL ? NULL : container_of(node, struct region, node);
}

static inline bool touches_slot(uint64_t start, uint64_t end)
{
    return start < SLOT_END && end > ANSER_KERNEL_SLOT;
}

bool region_range_valid(uint64_t address, uint64_t length)
{
    if ((address & PAGE_MASK) != 0 || length == 0 || length > ANSER_USER_END ||
        address > ANSER_USER_END - length)
        return false;
    return !touches_slot(address, address + length);
}

bool region_prot_valid(uint64_t prot)
{
    if ((prot & ANSER_PROT_WRITE) != 0)
        return prot == (ANSER_PROT_READ | ANSER_PROT_WRITE);
    return (prot & ~(uint64_t)(ANSER_PROT_READ | ANSER_PROT_EXEC)) == 0;
}

/* ---- Looking. */

struct region *region_at(const struct space *space, uint64_t address)
{
    struct region *region = region_of(tree_floor(&space->regions, address));
    return region != NULL && address < region->end ? region : NULL;
}

struct region *region_from(const struct space *space, uint64_t address)
{
    struct tree_node *node = tree_floor(&space->regions, address);
    if (node == NULL)
        return region_of(tree_first(&space->regions));
    if (region_of(node)->end <= address)
        node = tree_next(node);
    return region_of(node);
}

bool region_any(const struct space *space, uint64_t start, uint64_t end)
{
    struct region *region = region_from(space, start);
    return region != NULL && region_start(region) < end;
}

bool region_any_pinned(const struct space *space, uint64_t start, uint64_t end)
{
    struct tree_node *node = tree_floor(&space->pinned, end - 1);
    return node != NULL && container_of(node, struct region, pinned_node)->end > start;
}

/* ---- Memory. */

struct region *region_alloc(struct space *space, bool surely)
{
    struct region *region;
    if (space->region_count >= ANSER_REGIONS_MAX)
        return NULL;
    if (surely) {
        region = slab_take(sizeof(*region));
        if (region != NULL)
            account_overdraw(space->account, slab_cost(sizeof(*region)));
    } else {
        region = slab_alloc(space->account, sizeof(*region));
    }
    if (region != NULL)
        region->space = space;
    return region;
}

void region_discard(struct region *region)
{
    slab_free(region->space->account, region, sizeof(*region));
}

/* ---- Changing. */

void region_link(struct region *region, uint64_t start, uint64_t end)
{
    region->end = end;
    tree_insert(&region->space->regions, &region->node, start);
    if (region->pinned)
        tree_insert(&region->space->pinned, &region->pinned_node, start);
    region->space->region_count++;
}

/* What is free now may be lower than where the next search would begin. */
static void freed(struct space *space, uint64_t start)
{
    if (start < space->gap_floor)
        space->gap_floor = start;
}

static void unlink_region(struct region *region)
{
    struct space *space = region->space;
    tree_remove(&space->regions, &region->node);
    if (region->pinned)
        tree_remove(&space->pinned, &region->pinned_node);
    else if (region->object != NULL)
        list_remove(&region->mappings);
    space->region_count--;
    if (region->object != NULL)
        object_release(region->object);
    region_discard(region);
}

void region_remove(struct region *region)
{
    freed(region->space, region_start(region));
    unlink_region(region);
}

void region_split(struct region *region, uint64_t at, struct region *upper)
{
    kassert(!region->pinned && at > region_start(region) && at < region->end);
    upper->prot = region->prot;
    upper->most = region->most;
    upper->object = region->object;
    upper->offset = region->offset + (at - region_start(region));
    list_init(&upper->mappings);
    if (region->object != NULL) {
        object_reference(region->object);
        list_prepend(&region->mappings, &upper->mappings);
    }
    region_link(upper, at, region->end);
    region->end = at;
}

void region_cut(struct region *region, uint64_t start, uint64_t end, struct region *upper)
{
    if (start == region_start(region) && end == region->end) {
        region_remove(region);
        return;
    }
    if (end < region->end && start > region_start(region)) {
        region_split(region, end, upper);
        region->end = start;
    } else if (end < region->end) {
        region->offset += end - start;
        region->node.key = end; /* the order of the tree stays */
    } else {
        region->end = start;
    }
    freed(region->space, start);
}

static bool alike(const struct region *a, const struct region *b)
{
    return a->end == region_start(b) && a->prot == b->prot && a->most == b->most && !a->pinned &&
           !b->pinned && a->object == b->object &&
           (a->object == NULL || a->offset + (a->end - region_start(a)) == b->offset);
}

struct region *region_join(struct region *region)
{
    struct region *previous = region_of(tree_prev(&region->node));
    if (previous != NULL && alike(previous, region)) {
        previous->end = region->end;
        unlink_region(region);
        region = previous;
    }
    struct region *next = region_of(tree_next(&region->node));
    if (next != NULL && alike(region, next)) {
        region->end = next->end;
        unlink_region(next);
    }
    return region;
}

/* ---- Finding room. */

static uint64_t align_up(uint64_t address, uint64_t size)
{
    return (address + size - 1) & ~(size - 1);
}

/* The first address from `at` on that is aligned and whose range stays clear of the slot. */
static uint64_t fit(uint64_t at, uint64_t length, uint64_t alignment)
{
    at = align_up(at, alignment);
    return touches_slot(at, at + length) ? align_up(SLOT_END, alignment) : at;
}

status_t region_place(struct space *space, uint64_t length, uint64_t *address)
{
    uint64_t alignment = length >= MEGAPAGE_SIZE ? MEGAPAGE_SIZE : PAGE_SIZE;
    if (space->gap_floor < PLACES_FIRST)
        space->gap_floor = PLACES_FIRST;
    uint64_t at = space->scan_length == length ? space->scan_from : space->gap_floor;
    bool solid = at == space->gap_floor; /* no room was left behind */
    struct region *region = region_from(space, at);
    space->scan_length = 0;
    for (unsigned looked = 0; looked < SCAN_REGIONS_MAX; looked++) {
        uint64_t place = fit(at, length, alignment);
        if (length > ANSER_USER_END || place > ANSER_USER_END - length)
            return -ANSER_ENOMEM;
        if (region != NULL && region->end <= place)
            region = region_from(space, place);
        if (region == NULL || region_start(region) >= place + length) {
            if (solid && place == at)
                space->gap_floor = place + length;
            *address = place;
            return 0;
        }
        solid = solid && region_start(region) <= at;
        at = region->end;
        region = region_of(tree_next(&region->node));
    }
    space->scan_from = at;
    space->scan_length = length;
    return CALL_RESTART;
}
