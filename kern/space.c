/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: their life, and mapping, unmapping, protecting, decommitting regions. */
#include "kern/space.h"
#include "kern/device.h"
#include "kern/region.h"
#include "kern/pages.h"
#include "kern/panic.h"

#define SATP_SV39       (8ul << 60)
#define SATP_ASID_SHIFT 44
#define FLAGS_ALL       (PROT_ALL | ANSER_MAP_FIXED | ANSER_MAP_NOREPLACE | SPACE_MAP_MOST(PROT_ALL))
#define EAGER_PAGES     16u
#define EAGER_MEGAPAGES 64u

/* ---- Life. */

status_t space_init(struct space *space, struct account *account)
{
    *space = (struct space){.account = account};
    if (!page_table_alloc(account, &space->root))
        return -ANSER_ENOMEM;
    /* The kernel's half and its slot; their tables are shared, and complete since boot. */
    const pte_t *kernel = direct_map(phys(kernel_satp << PAGE_SHIFT));
    pte_t *root = direct_map(space->root);
    unsigned slot = ANSER_KERNEL_SLOT / GIGAPAGE_SIZE;
    memcpy(root + PAGE_TABLE_ENTRIES / 2, kernel + PAGE_TABLE_ENTRIES / 2, PAGE_SIZE / 2);
    root[slot] = kernel[slot];
    space->asid = asid_alloc();
    space->satp =
        SATP_SV39 | (uint64_t)space->asid << SATP_ASID_SHIFT | space->root.value >> PAGE_SHIFT;
    return 0;
}

/* Nobody will run here again: after this fence, nothing that is taken away needs one. */
static void abandon(struct space *space)
{
    space_activate(NULL);
    tlb_shootdown(space, 0, UINT64_MAX);
    space->hart_mask = 0;
    space->satp = kernel_satp;
    space->untidy = true;
}

static void reclaim_regions(struct space *space)
{
    int steps = MAPPING_STEPS;
    struct region *region;
    while (steps > 0 && (region = region_from(space, 0)) != NULL) {
        uint64_t start = region_start(region);
        uint64_t reached = mapping_clear(space, start, region->end, &steps);
        steps -= COST_REGION;
        if (reached == region->end)
            region_remove(region);
        else if (!region->pinned)
            region_cut(region, start, reached, NULL);
    }
}

bool space_reclaim(struct space *space)
{
    if (space->root.value == 0)
        return true;
    if (space->satp != kernel_satp)
        abandon(space);
    if (space->region_count > 0) {
        reclaim_regions(space);
        return false;
    }
    if (mapping_tidy(space))
        return false;
    kassert(space->page_count == 0);
    page_table_free(space->account, space->root);
    asid_free(space->asid);
    space->root = phys(0);
    return true;
}

/* ---- Unmapping. */

/* What is left of a region when [start, end) of it goes; *upper is used if it was needed. */
static status_t unmap_part(struct region *region, uint64_t start, uint64_t end, int *steps)
{
    struct space *space = region->space;
    struct region *upper = NULL;
    if (start > region_start(region) && (upper = region_alloc(space, true)) == NULL)
        return -ANSER_ENOMEM;
    uint64_t reached = mapping_clear(space, start, end, steps);
    bool middle = upper != NULL && reached < region->end;
    if (upper != NULL && !middle)
        region_discard(upper);
    region_cut(region, start, reached, upper);
    mapping_trim(space, start, reached);
    *steps -= COST_REGION;
    return reached < end ? CALL_RESTART : 0;
}

/* Of a range that is known to be valid and to hold nothing pinned. */
static status_t unmap_range(struct space *space, uint64_t start, uint64_t end)
{
    int steps = MAPPING_STEPS;
    struct region *region;
    while ((region = region_from(space, start)) != NULL && region_start(region) < end) {
        if (steps <= 0)
            return CALL_RESTART;
        uint64_t first = max(region_start(region), start);
        uint64_t last = min(region->end, end);
        status_t status = unmap_part(region, first, last, &steps);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Rounds the length up; the range must be user space, with nothing pinned in it. */
static status_t range_check(const struct space *space, uint64_t address, uint64_t *length)
{
    if (*length > ANSER_USER_END)
        return -ANSER_EINVAL;
    *length = page_up(*length);
    if (!region_range_valid(address, *length))
        return -ANSER_EINVAL;
    return region_any_pinned(space, address, address + *length) ? -ANSER_EBUSY : 0;
}

status_t space_unmap(struct space *space, uint64_t address, uint64_t length)
{
    status_t status = range_check(space, address, &length);
    return status != 0 ? status : unmap_range(space, address, address + length);
}

/* ---- Mapping. */

/* May this part of the object be mapped here? Also finds what the region may become. */
static status_t object_check(struct space *space, const struct object *object, uint64_t offset,
                             uint64_t length, uint64_t prot, uint64_t *most)
{
    uint64_t size = object->type == ANSER_TYPE_DEVICE
                        ? device_of(object)->size
                        : (uint64_t)pages_of(object)->count << PAGE_SHIFT;
    if ((offset & PAGE_MASK) != 0 || length > size || offset > size - length)
        return -ANSER_EINVAL;
    if (*most == 0)
        *most = prot;
    if (object->type == ANSER_TYPE_PAGES && pages_frozen(object)) {
        *most &= ~(uint64_t)ANSER_PROT_WRITE;
    } else if (object->type == ANSER_TYPE_PAGES && !pages_have_many_owners(object)) {
        const struct region *region = region_first_of(&pages_of(object)->mappings);
        if (region != NULL && region->space != space)
            return -ANSER_EBUSY;
    }
    return (prot & ~*most) == 0 ? 0 : -ANSER_EPERM;
}

/* Where it will be, by the flags; what stands there goes, with FIXED. */
static status_t make_room(struct space *space, uint64_t *address, uint64_t length, uint64_t flags)
{
    bool valid = region_range_valid(*address, length);
    bool taken = valid && region_any(space, *address, *address + length);
    if ((flags & (ANSER_MAP_FIXED | ANSER_MAP_NOREPLACE)) == 0)
        return valid && !taken && *address != 0 ? 0 : region_place(space, length, address);
    if (!valid)
        return -ANSER_EINVAL;
    if (!taken)
        return 0;
    if ((flags & ANSER_MAP_NOREPLACE) != 0)
        return -ANSER_EEXIST;
    if (region_any_pinned(space, *address, *address + length))
        return -ANSER_EBUSY;
    return unmap_range(space, *address, *address + length);
}

/* Small objects, and those of megapages, are there at once; the rest comes when it is touched. */
static void map_eagerly(struct region *region)
{
    uint64_t start = region_start(region);
    uint64_t length = region->end - start;
    uint64_t run;
    if (region->object->type != ANSER_TYPE_PAGES)
        return;
    phys_t frame = pages_frame(region->object, region->offset >> PAGE_SHIFT, &run);
    if (length > EAGER_PAGES * PAGE_SIZE &&
        (start % MEGAPAGE_SIZE != 0 || frame.value % MEGAPAGE_SIZE != 0 ||
         length % MEGAPAGE_SIZE != 0 || length > EAGER_MEGAPAGES * MEGAPAGE_SIZE))
        return;
    /* Without a budget for tables, it is the one who touches it who hears of that. */
    (void)mapping_fill(region, start, region->end);
}

static void region_fill_in(struct region *region, uint64_t prot, uint64_t most,
                           struct object *object, uint64_t offset)
{
    region->prot = (uint8_t)prot;
    region->most = (uint8_t)most;
    region->object = object;
    region->offset = offset;
    list_init(&region->mappings);
    if (object != NULL) {
        object_reference(object);
        if (object->type == ANSER_TYPE_PAGES)
            list_append(&pages_of(object)->mappings, &region->mappings);
    }
}

status_t space_map(struct space *space, uint64_t *address, uint64_t length, uint64_t flags,
                   struct object *object, uint64_t offset)
{
    uint64_t prot = flags & PROT_ALL;
    uint64_t most = object == NULL ? PROT_ALL : flags >> 8 & PROT_ALL;
    status_t status = 0;
    length = page_up(length);
    if ((flags & ~FLAGS_ALL) != 0 || !region_prot_valid(prot) || length == 0 ||
        length > ANSER_USER_END)
        return -ANSER_EINVAL;
    if (object != NULL)
        status = object_check(space, object, offset, length, prot, &most);
    if (status != 0)
        return status;
    /* Its memory first: nothing may fail once something was replaced. */
    struct region *region = region_alloc(space, false);
    if (region == NULL)
        return mapping_tidy(space) ? CALL_RESTART : -ANSER_ENOMEM;
    uint64_t place = *address;
    status = make_room(space, &place, length, flags);
    if (status != 0) {
        region_discard(region);
        return status;
    }
    *address = place;
    region_fill_in(region, prot, most, object, offset);
    region_link(region, place, place + length);
    region = region_join(region);
    if (object != NULL)
        map_eagerly(region);
    return 0;
}

/* ---- Protecting and decommitting. */

static status_t protect_part(struct region *region, uint64_t start, uint64_t end, unsigned prot,
                             int *steps)
{
    struct space *space = region->space;
    bool cut_lower = start > region_start(region);
    struct region *upper = region_alloc(space, false);
    if (upper == NULL)
        return -ANSER_ENOMEM;
    struct region *lower = cut_lower ? region_alloc(space, false) : NULL;
    if (cut_lower && lower == NULL) {
        region_discard(upper);
        return -ANSER_ENOMEM;
    }
    uint64_t reached = mapping_protect(space, start, end, prot, steps);
    if (reached < region->end)
        region_split(region, reached, upper);
    else
        region_discard(upper);
    if (cut_lower) {
        region_split(region, start, lower);
        region = lower;
    }
    region->prot = (uint8_t)prot;
    region_join(region);
    *steps -= COST_REGION * 2;
    return 0;
}

/*
 * What is protected already is passed over; so a call that is made again goes on where it was, and
 * the pieces grow together behind it.
 */
status_t space_protect(struct space *space, uint64_t address, uint64_t length, uint64_t prot)
{
    status_t status = range_check(space, address, &length);
    uint64_t end = address + length;
    int steps = MAPPING_STEPS;
    if (status == 0 && !region_prot_valid(prot))
        status = -ANSER_EINVAL;
    while (status == 0 && address < end) {
        struct region *region = region_at(space, address);
        if (steps <= 0)
            return CALL_RESTART;
        if (region == NULL)
            return -ANSER_EFAULT;
        if ((prot & ~region->most) != 0)
            return -ANSER_EPERM;
        uint64_t last = min(region->end, end);
        if (region->prot == prot) {
            address = last;
            steps -= COST_REGION / 4;
        } else {
            status = protect_part(region, address, last, (unsigned)prot, &steps);
        }
    }
    return status;
}

status_t space_decommit(struct space *space, uint64_t *address, uint64_t *length)
{
    status_t status = range_check(space, *address, length);
    uint64_t at = *address, end = at + *length;
    int steps = MAPPING_STEPS;
    while (status == 0 && at < end) {
        struct region *region = region_at(space, at);
        if (steps <= 0) {
            *length = end - at;
            *address = at;
            return CALL_RESTART;
        }
        if (region == NULL)
            return -ANSER_EFAULT;
        if (region->object != NULL)
            return -ANSER_EINVAL;
        at = mapping_clear(space, at, min(region->end, end), &steps);
        steps -= COST_REGION / 4;
    }
    return status;
}
