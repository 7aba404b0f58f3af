/* SPDX-License-Identifier: BSD-2-Clause */
/* Page faults: what a region promises, made true when it is touched. */
#include "kern/region.h"

static inline bool permits(pte_t entry, enum space_access access)
{
    return (entry & PTE_V) != 0 && (entry & (uint64_t)access << 1) != 0;
}

/* As much as one table of 4 KiB pages, or one megapage, covers. */
static status_t fill_block(struct region *region, uint64_t address)
{
    uint64_t block = address & ~(MEGAPAGE_SIZE - 1);
    return mapping_fill(region, max(block, region_start(region)),
                        min(block + MEGAPAGE_SIZE, region->end));
}

/* Makes one page of a region accessible, as the region allows. */
static status_t populate(struct region *region, uint64_t address, enum space_access access)
{
    struct space *space = region->space;
    unsigned level;
    pte_t *entry = page_table_find(space->root, address, 0, &level);
    if (permits(*entry, access)) {
        /* Another hart was first, and this one's TLB still says otherwise. */
        tlb_refresh(space, address);
        return 0;
    }
    if (region->pinned)
        return -ANSER_EFAULT; /* a guard page */
    if (region->object != NULL)
        return fill_block(region, address);
    if (*entry == 0)
        return mapping_add_page(space, address, level == 0 ? entry : NULL, region->prot, NULL);
    return mapping_own_page(space, address, entry);
}

status_t space_fault(struct space *space, user_t where, enum space_access access)
{
    uint64_t address = page_down(where.value);
    if (where.value >= ANSER_USER_END)
        return -ANSER_EFAULT;
    struct region *region = region_at(space, address);
    if (region == NULL || (region->prot & access) == 0)
        return -ANSER_EFAULT;
    status_t status = populate(region, address, access);
    if (status == -ANSER_ENOMEM && mapping_tidy(space))
        status = populate(region, address, access);
    return status;
}
