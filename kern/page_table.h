/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sv39 page tables (privileged specification, "Sv39: Page-Based 39-bit Virtual-Memory System"):
 * entries, and walks over them. Nothing here fences.
 */
#pragma once

#include "kern/account.h"
#include "kern/frame.h"
#include "kern/types.h"

typedef uint64_t pte_t;

#define PTE_V   (1ul << 0)
#define PTE_R   (1ul << 1)
#define PTE_W   (1ul << 2)
#define PTE_X   (1ul << 3)
#define PTE_U   (1ul << 4)
#define PTE_G   (1ul << 5)
#define PTE_A   (1ul << 6)
#define PTE_D   (1ul << 7)
#define PTE_RWX (PTE_R | PTE_W | PTE_X)
/*
 * Software's bit: a frame of an anonymous region, which this entry holds a reference on. Without V
 * the frame is parked: its region allows no access at present.
 */
#define PTE_ANONYMOUS (1ul << 8)
/* Software's bit: not RAM, so that the kernel does not see it in the direct map. */
#define PTE_DEVICE (1ul << 9)

#define PAGE_TABLE_ENTRIES 512u
#define MEGAPAGE_SIZE      (PAGE_SIZE * PAGE_TABLE_ENTRIES)
#define GIGAPAGE_SIZE      (MEGAPAGE_SIZE * PAGE_TABLE_ENTRIES)

static inline pte_t pte_make(phys_t frame, uint64_t flags)
{
    return frame.value >> 2 | flags;
}

static inline phys_t pte_frame(pte_t entry)
{
    return phys(entry >> 10 << PAGE_SHIFT);
}

static inline bool pte_is_leaf(pte_t entry)
{
    return (entry & PTE_V) != 0 && (entry & PTE_RWX) != 0;
}

static inline bool pte_is_table(pte_t entry)
{
    return (entry & (PTE_V | PTE_RWX)) == PTE_V;
}

/* Other harts walk the tables at any time: an entry changes in one store. */
static inline void pte_set(pte_t *entry, pte_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* What an entry of this level (0: 4 KiB pages) covers, in bytes. */
static inline uint64_t level_size(unsigned level)
{
    return PAGE_SIZE << (9 * level);
}

/* The first address behind the entry of this level that covers the address. */
static inline uint64_t level_next(uint64_t address, unsigned level)
{
    return (address | (level_size(level) - 1)) + 1;
}

/*
 * The entry where a walk for the address ends: a leaf, an entry without V, or one of the level
 * `lowest`. *level says where.
 */
pte_t *page_table_find(phys_t root, uint64_t address, unsigned lowest, unsigned *level);

/*
 * The entry of this level for the address; missing tables are made and charged. If a leaf is in the
 * way, that leaf's entry. NULL: no budget, or no frame.
 */
pte_t *page_table_make(phys_t root, struct account *payer, uint64_t address, unsigned level);

/* An empty table, charged. False: no budget, or no frame. */
bool page_table_alloc(struct account *payer, phys_t *out);
void page_table_free(struct account *payer, phys_t table);

/* satp of the kernel's own table, which has no user half; 0 until space_kernel_init. */
extern uint64_t kernel_satp;
