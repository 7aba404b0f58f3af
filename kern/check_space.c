/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: regions in order, and page tables that hold nothing which the regions do not. */
#include "kern/check.h"
#include "kern/device.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/region.h"

static const struct object *owner_of(const struct space *space)
{
    return &container_of(space, const struct process, space)->object;
}

static uint64_t check_regions(const struct space *space)
{
    const struct object *owner = owner_of(space);
    const struct tree_node *node;
    uint64_t behind = 0, count = 0, pinned = 0;
    for (node = tree_first(&space->regions); node; node = tree_next(node)) {
        const struct region *region = container_of(node, const struct region, node);
        CHECK(region->space == space, owner, "a region is in its own space");
        CHECK(region_start(region) >= behind && region->end > region_start(region), owner,
              "regions are in order, and do not overlap");
        CHECK(((region_start(region) | region->end) & PAGE_MASK) == 0 &&
                  region->end <= ANSER_USER_END,
              owner, "regions are whole pages of user space");
        CHECK((region->prot & ~region->most) == 0, owner,
              "a region allows no more than it may become");
        behind = region->end;
        pinned += region->pinned;
        count++;
    }
    CHECK_EQUAL(space->region_count, count, owner, "region_count says how many regions there are");
    for (node = tree_first(&space->pinned); node; node = tree_next(node))
        pinned--;
    CHECK(pinned == 0, owner, "the pinned regions are found among the pinned");
    return count;
}

/* ---- Page tables. */

static phys_t frame_behind(const struct region *region, uint64_t address)
{
    uint64_t index = (address - region_start(region) + region->offset) >> PAGE_SHIFT;
    uint64_t run;
    return region->object->type == ANSER_TYPE_DEVICE ? device_frame(region->object, index, &run)
                                                     : pages_frame(region->object, index, &run);
}

static void check_leaf(const struct space *space, pte_t entry, uint64_t address)
{
    const struct object *owner = owner_of(space);
    const struct region *region = region_at(space, address);
    CHECK(region, owner, "no page is mapped where no region is");
    uint64_t rights = (uint64_t)region->prot << 1;
    CHECK((entry & PTE_V) == 0 || (entry & PTE_RWX & ~rights) == 0, owner,
          "a page has no right that its region has not");
    CHECK((entry & PTE_V) == 0 || (entry & PTE_U) != 0, owner, "a user's page is a user's page");
    CHECK(((entry & PTE_ANONYMOUS) != 0) == (region->object == NULL), owner,
          "anonymous pages are in anonymous regions, others in those of objects");
    if (region->object)
        CHECK(pte_frame(entry).value == frame_behind(region, address).value, owner,
              "a page of an object is the one that its region says");
    CHECK(!region->pinned ||
              (address != region_start(region) && address != region->end - PAGE_SIZE),
          owner, "nothing is mapped in the guard pages of a pinned region");
}

struct walk {
    const struct space *space;
    uint64_t tables;
    uint64_t anonymous;
};

/* One table of the level, which covers what begins at the address. */
static void walk_table(struct walk *walk, phys_t table, uint64_t address, unsigned level)
{
    const pte_t *entries = direct_map(table);
    unsigned slot = ANSER_KERNEL_SLOT / GIGAPAGE_SIZE;
    unsigned last = level == 2 ? PAGE_TABLE_ENTRIES / 2 : PAGE_TABLE_ENTRIES;
    walk->tables++;
    for (unsigned i = 0; i < last; i++, address += level_size(level)) {
        if (entries[i] == 0 || (level == 2 && i == slot)) /* that one is shared by all */
            continue;
        if (pte_is_table(entries[i])) {
            CHECK(level > 0, owner_of(walk->space), "the lowest page tables hold no tables");
            walk_table(walk, pte_frame(entries[i]), address, level - 1);
            continue;
        }
        check_leaf(walk->space, entries[i], address);
        walk->anonymous += (entries[i] & PTE_ANONYMOUS) != 0;
    }
}

/* What the kernel keeps of a user's page is what the tables say. */
static void check_views(const struct space *space)
{
    for (unsigned i = 0; i < SPACE_VIEWS; i++) {
        const struct view *view = &space->views[i];
        unsigned level;
        if (view->user == 0)
            continue;
        uint64_t address = view->user - 1;
        pte_t entry = *page_table_find(space->root, address, 0, &level);
        CHECK(pte_is_leaf(entry) && (entry & PTE_U) != 0, owner_of(space),
              "the kernel's view of a user's page is of one that is mapped");
        uint64_t inside = address & (level_size(level) - 1);
        CHECK((uint64_t)direct_map(pte_frame(entry)) + inside == page_down(view->kernel),
              owner_of(space), "the kernel's view of a user's page is of the right frame");
        CHECK(((view->kernel & ACCESS_WRITE) == 0 || (entry & PTE_W) != 0) &&
                  ((view->kernel & ACCESS_READ) == 0 || (entry & PTE_R) != 0),
              owner_of(space), "the kernel's view of a user's page has no more rights");
    }
}

uint64_t check_space(struct space *space)
{
    struct walk walk = {.space = space};
    check_regions(space);
    walk_table(&walk, space->root, 0, 2);
    CHECK_EQUAL(space->page_count, walk.anonymous, owner_of(space),
                "page_count says how many anonymous pages there are");
    if (space->satp != kernel_satp)
        check_views(space);
    return walk.tables;
}
