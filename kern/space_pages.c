/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions that are not just the process's own affair: of pages objects on the move, and pinned. */
#include "kern/region.h"
#include "kern/object.h"
#include "kern/pages.h"
#include "kern/panic.h"
#include "kern/slab.h"

/* What pages_detach may do at once: about as much as the pieces of a restarted call. */
#define DETACH_STEPS MAPPING_STEPS

/* ---- Pages objects that leave. */

/* Takes mappings away; true when none is left. */
static bool detach(struct object *object, int steps)
{
    struct region *region;
    while ((region = region_first_of(&pages_of(object)->mappings)) != NULL) {
        if (steps <= 0)
            return false;
        uint64_t start = region_start(region);
        uint64_t end = region->end;
        struct space *space = region->space;
        uint64_t reached = mapping_clear(space, start, end, &steps);
        region_cut(region, start, reached, NULL);
        mapping_trim(space, start, reached);
        steps -= COST_REGION;
    }
    return true;
}

/* About how many steps are left, looking no further than the limit. */
static bool detach_is_quick(const struct object *object)
{
    const struct region *region;
    uint64_t steps = 0;
    list_each (region, &pages_of(object)->mappings, mappings) {
        uint64_t pages = (region->end - region_start(region)) >> PAGE_SHIFT;
        bool whole = region_start(region) % MEGAPAGE_SIZE == 0 && pages_contiguous(object);
        steps +=
            COST_REGION + (whole ? pages / PAGE_TABLE_ENTRIES + pages % PAGE_TABLE_ENTRIES : pages);
        if (steps > DETACH_STEPS)
            return false;
    }
    return true;
}

status_t pages_detach_begin(struct object *object)
{
    if (pages_have_many_owners(object) || detach_is_quick(object))
        return 0;
    return detach(object, DETACH_STEPS) ? 0 : CALL_RESTART;
}

void pages_detach(struct object *object)
{
    if (pages_have_many_owners(object))
        return;
    while (!detach(object, DETACH_STEPS))
        continue;
}

/* ---- Freezing. */

/* The first mapping that could still be written through, or NULL. */
static struct region *writable_mapping(const struct object *object)
{
    struct region *region;
    list_each (region, &pages_of(object)->mappings, mappings) {
        if (((region->prot | region->most) & ANSER_PROT_WRITE) != 0)
            return region;
    }
    return NULL;
}

status_t pages_freeze(struct object *object)
{
    struct region *region = writable_mapping(object);
    if (region == NULL) {
        pages_of(object)->frozen = true;
        return 0;
    }
    if ((region->prot & ANSER_PROT_WRITE) != 0) {
        /* The call does not change the region if it needs to be made again. */
        uint64_t start = region_start(region);
        status_t status = space_protect(region->space, start, region->end - start, ANSER_PROT_READ);
        return status < 0 ? status : CALL_RESTART;
    }
    region->most &= (uint8_t)~ANSER_PROT_WRITE;
    region_join(region);
    return CALL_RESTART;
}

/* ---- Pinned regions. */

static status_t populate(struct space *space, uint64_t address, uint64_t pages, void **first)
{
    phys_t frame;
    for (uint64_t i = 0; i < pages; i++) {
        status_t status = mapping_add_page(space, address + (i << PAGE_SHIFT), NULL,
                                           ANSER_PROT_READ | ANSER_PROT_WRITE, &frame);
        if (status != 0)
            return status;
        if (i == 0)
            *first = direct_map(frame);
    }
    return 0;
}

static void remove_pinned(struct region *region)
{
    int steps = MAPPING_STEPS;
    struct space *space = region->space;
    uint64_t start = region_start(region);
    uint64_t end = region->end;
    uint64_t reached = mapping_clear(space, start, end, &steps);
    kassert(reached == end);
    region_remove(region);
    mapping_trim(space, start, end);
}

status_t space_map_pinned(struct space *space, uint64_t address, uint64_t pages, void **first)
{
    uint64_t start = address - PAGE_SIZE;
    uint64_t length = (pages + 2) << PAGE_SHIFT;
    if (pages == 0 || pages > SPACE_PINNED_MAX || !region_range_valid(start, length))
        return -ANSER_EINVAL;
    if (region_any(space, start, start + length))
        return -ANSER_EEXIST;
    struct region *region = region_alloc(space, false);
    if (region == NULL)
        return -ANSER_ENOMEM;
    region->prot = region->most = ANSER_PROT_READ | ANSER_PROT_WRITE;
    region->pinned = true;
    region_link(region, start, start + length);
    status_t status = populate(space, address, pages, first);
    if (status != 0)
        remove_pinned(region);
    return status;
}

void space_unmap_pinned(struct space *space, uint64_t address, uint64_t pages)
{
    struct region *region = region_at(space, address);
    /* A dying space may have lost it already. */
    if (region == NULL)
        return;
    kassert(region->pinned && region->end == address + ((pages + 1) << PAGE_SHIFT));
    remove_pinned(region);
}
