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
