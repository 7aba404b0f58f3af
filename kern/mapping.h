/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the page tables of a user space hold, a bounded piece at a time: leaves for regions that are
 * taken away, protected, filled from an object, or shared. All ranges are page-aligned and inside
 * user space. Each function fences what it must before it returns, and frees pages only after that.
 */
#pragma once

#include "kern/page_table.h"
#include "kern/region.h"

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

/* One new anonymous page, zeroed and charged. *frame may be NULL. -ENOMEM. */
status_t mapping_add_page(struct space *space, uint64_t address, unsigned prot, phys_t *frame);

/*
 * Shares the anonymous pages of [from, from + length) copy-on-write with the empty range at `to`.
 * Returns the bytes done, short of length when *steps was used up, or when *status is -ENOMEM.
 */
uint64_t mapping_share(struct space *to_space, uint64_t to, struct space *from_space, uint64_t from,
                       uint64_t length, unsigned prot, int *steps, status_t *status);

/* Makes a shared anonymous page the writer's own. -ENOMEM: no frame. */
status_t mapping_own_page(struct space *space, uint64_t address, pte_t *entry);
