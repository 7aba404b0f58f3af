/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions: what a process may find where. A tree by first address; regions never overlap, and
 * neighbours that could be one are one. This room knows addresses, not page tables.
 */
#pragma once

#include "kern/list.h"
#include "kern/space.h"

struct region {
    struct tree_node node; /* key: first address */
    uint64_t end;
    struct space *space;
    struct object *object; /* NULL: anonymous; else one reference */
    uint8_t prot;          /* ANSER_PROT_* */
    uint8_t most;          /* what it may become */
    bool pinned;
    union {
        struct {
            uint64_t offset;      /* into the object, bytes */
            struct list mappings; /* in a pages object's list */
        };
        struct tree_node pinned_node; /* pinned: in space->pinned */
    };
};

static inline uint64_t region_start(const struct region *region)
{
    return region->node.key;
}

/* The first of a pages object's mappings, or NULL. */
static inline struct region *region_first_of(const struct list *mappings)
{
    struct list *first = list_first(mappings);
    return first == NULL ? NULL : container_of(first, struct region, mappings);
}

/* Is [address, address + length) page-aligned, not empty, and user space all through? */
bool region_range_valid(uint64_t address, uint64_t length);

/* Of ANSER_PROT_*: WRITE needs READ, and is never with EXEC. */
bool region_prot_valid(uint64_t prot);

/* The region that holds the address, or NULL. */
struct region *region_at(const struct space *space, uint64_t address);
/* The first region that ends behind the address, or NULL. */
struct region *region_from(const struct space *space, uint64_t address);
/* Does any region, or any pinned one, touch [start, end)? */
bool region_any(const struct space *space, uint64_t start, uint64_t end);
bool region_any_pinned(const struct space *space, uint64_t start, uint64_t end);

/* An unlinked region, charged. NULL: no budget, or too many. `surely`: beyond the budget if need
 * be, and no failure is injected; NULL: too many, or no frame left at all. */
struct region *region_alloc(struct space *space, bool surely);
void region_discard(struct region *region);

/* Puts a region in; its fields but the address are set, its object's reference is its own. */
void region_link(struct region *region, uint64_t start, uint64_t end);
/* Takes it out, drops the reference, frees it. */
void region_remove(struct region *region);
/* Cuts in two at an address inside; `upper` (allocated) becomes the part from there on. */
void region_split(struct region *region, uint64_t at, struct region *upper);
/* Takes [start, end), inside the region, away; `upper` as for region_split if the middle goes. */
void region_cut(struct region *region, uint64_t start, uint64_t end, struct region *upper);
/* Joins it with its neighbours where they are alike; returns what it has become. */
struct region *region_join(struct region *region);
/*
 * Room for length bytes (aligned to 2 MiB if it is that long), the lowest there is but for places
 * below 256 MiB, which belong to programs. -ENOMEM: none. CALL_RESTART: has looked at many regions,
 * and goes on from there.
 */
status_t region_place(struct space *space, uint64_t length, uint64_t *address);

/*
 * What the page tables of a user space hold, a bounded piece at a time: leaves for regions that are
 * taken away, protected, filled from an object, or shared. All ranges are page-aligned and inside
 * user space. Each function fences what it must before it returns, and frees pages only after that.
 */

/* About what 10,000 instructions can do; see the costs in kern/mapping.c. */
#define MAPPING_STEPS 1000
#define COST_REGION   60 /* for what is done to each region */

/* The bits of a leaf with this protection; without V for ANSER_PROT_NONE. */
static inline uint64_t mapping_flags(unsigned prot)
{
    return prot == ANSER_PROT_NONE ? 0 : (uint64_t)prot << 1 | PTE_V | PTE_U | PTE_A | PTE_D;
}

/*
 * Takes the leaves in [start, end) away, drops anonymous frames, and gives back tables that become
 * empty inside. Returns the address that it has reached when *steps was used up. A megapage that
 * reaches over the range goes as a whole: its object fills the rest again when it is touched.
 */
uint64_t mapping_clear(struct space *space, uint64_t start, uint64_t end, int *steps);

/* Gives back the tables at the ends of [start, end) where no region is left that needs them; not
 * for a few pages: what comes and goes in small pieces keeps its table until mapping_tidy. */
void mapping_trim(struct space *space, uint64_t start, uint64_t end);

/* Budget is short, or the space is dying: gives back tables that no region needs, a piece of them.
 * False: there were none. */
bool mapping_tidy(struct space *space);

/* Gives the leaves in [start, end) this protection. Returns the address reached. */
uint64_t mapping_protect(struct space *space, uint64_t start, uint64_t end, unsigned prot,
                         int *steps);

/* Makes leaves for the part [start, end) of a region with an object, with megapages where they
 * fit; at most 2 MiB, or 64 megapages. -ENOMEM: no budget for a table. */
status_t mapping_fill(struct region *region, uint64_t start, uint64_t end);

/* One new anonymous page, zeroed and charged. entry: its empty one, or NULL if that was not looked
 * for or has no table. *frame may be NULL. -ENOMEM. */
status_t mapping_add_page(struct space *space, uint64_t address, pte_t *entry, unsigned prot,
                          phys_t *frame);

/*
 * Shares the anonymous pages of [from, from + length) copy-on-write with the empty range at `to`.
 * Returns the bytes done, short of length when *steps was used up, or when *status is -ENOMEM.
 */
uint64_t mapping_share(struct space *to_space, uint64_t to, struct space *from_space, uint64_t from,
                       uint64_t length, unsigned prot, int *steps, status_t *status);

/* Makes a shared anonymous page the writer's own. -ENOMEM: no frame. */
status_t mapping_own_page(struct space *space, uint64_t address, pte_t *entry);
