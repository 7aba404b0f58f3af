/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks over Sv39 page tables, and the frames that tables live in. */
#include "kern/page_table.h"

#define LEVEL_ROOT 2u

uint64_t kernel_satp;

static inline pte_t *entry_in(phys_t table, uint64_t address, unsigned level)
{
    uint64_t index = address >> (PAGE_SHIFT + 9 * level) & (PAGE_TABLE_ENTRIES - 1);
    return (pte_t *)direct_map(table) + index;
}

pte_t *page_table_find(phys_t root, uint64_t address, unsigned lowest, unsigned *level)
{
    pte_t *entry = entry_in(root, address, LEVEL_ROOT);
    *level = LEVEL_ROOT;
    while (*level > lowest && pte_is_table(*entry)) {
        --*level;
        entry = entry_in(pte_frame(*entry), address, *level);
    }
    return entry;
}

bool page_table_alloc(struct account *payer, phys_t *out)
{
    if (!account_charge(payer, PAGE_SIZE))
        return false;
    if (!frame_alloc_zeroed(out)) {
        account_discharge(payer, PAGE_SIZE);
        return false;
    }
    frame_counts.tables++;
    return true;
}

void page_table_free(struct account *payer, phys_t table)
{
    frame_counts.tables--;
    frame_free(0, table);
    account_discharge(payer, PAGE_SIZE);
}

pte_t *page_table_make(phys_t root, struct account *payer, uint64_t address, unsigned level)
{
    unsigned found;
    pte_t *entry = page_table_find(root, address, level, &found);
    while (found > level && !pte_is_leaf(*entry)) {
        phys_t table;
        if (!page_table_alloc(payer, &table))
            return NULL;
        pte_set(entry, pte_make(table, PTE_V));
        found--;
        entry = entry_in(table, address, found);
    }
    return entry;
}
