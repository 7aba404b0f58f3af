/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaves of user page tables: taking away, protecting, giving back tables. */
#include "kern/region.h"
#include "kern/panic.h"

/* Costs in steps of about 8 instructions. */
#define COST_ENTRY     1
#define COST_PROTECT   4
#define COST_ANONYMOUS 24 /* with the freeing of its frame */

#define GATHER_MAX  128u
#define TIDY_MAX    32u              /* tables freed in one piece */
#define TRIM_LENGTH (16 * PAGE_SIZE) /* shorter ranges come and go: their table stays */

/* ---- What is taken out of the tables waits here for the fence that lets it be freed. */

static struct {
    uint64_t first; /* the range to fence */
    uint64_t end;
    unsigned count;
    bool whole;                  /* a table was unlinked, or a megapage: fence everything */
    uint64_t frames[GATHER_MAX]; /* address; bit 0: a page table */
} gathered;

static inline void gather_begin(void)
{
    gathered.end = 0;
    gathered.count = 0;
    gathered.whole = false;
}

static void gather_finish(struct space *space)
{
    uint64_t pages = 0;
    if (gathered.whole)
        tlb_shootdown(space, 0, UINT64_MAX);
    else if (gathered.end != 0)
        tlb_shootdown(space, gathered.first, gathered.end - gathered.first);
    for (unsigned i = 0; i < gathered.count; i++) {
        phys_t frame = phys(gathered.frames[i] & ~1ul);
        if ((gathered.frames[i] & 1) != 0) {
            page_table_free(space->account, frame);
        } else {
            frame_drop(frame);
            pages++;
        }
    }
    if (pages > 0) {
        kassert(space->page_count >= pages);
        space->page_count -= pages;
        account_discharge(space->account, pages << PAGE_SHIFT);
    }
}

static void gather(struct space *space, uint64_t frame)
{
    if (gathered.count == GATHER_MAX) {
        gather_finish(space);
        gather_begin();
    }
    gathered.frames[gathered.count++] = frame;
}

static inline void touched(uint64_t start, uint64_t end)
{
    if (gathered.end == 0)
        gathered.first = start;
    gathered.end = end;
}

/* The entries of one table from `at` on, not beyond the end, and no more than there are steps. */
static uint64_t table_end(uint64_t at, uint64_t end, int steps)
{
    uint64_t most = at + ((uint64_t)steps << PAGE_SHIFT);
    return min(min(end, level_next(at, 1)), most);
}

/* Unlinks the table below the entry of this level for the address, if it has one: an empty one. */
static void unlink_table(struct space *space, uint64_t address, unsigned level)
{
    unsigned found;
    pte_t *entry = page_table_find(space->root, address, level, &found);
    if (found != level || !pte_is_table(*entry))
        return;
    uint64_t table = pte_frame(*entry).value;
    pte_set(entry, 0);
    gather(space, table | 1);
    gathered.whole = true;
}

/* ---- Taking away and protecting. */

static uint64_t clear_pages(struct space *space, pte_t *entry, uint64_t start, uint64_t end,
                            int *steps)
{
    uint64_t at = start;
    bool any = false;
    end = table_end(at, end, *steps);
    for (; at < end; at += PAGE_SIZE, entry++) {
        pte_t old = *entry;
        if (old == 0)
            continue;
        pte_set(entry, 0);
        any = true;
        if ((old & PTE_ANONYMOUS) == 0)
            continue;
        /* The fence may come in the middle, when there is much to free. */
        touched(start, at + PAGE_SIZE);
        gather(space, pte_frame(old).value);
        *steps -= COST_ANONYMOUS;
        if (*steps <= 0)
            end = at;
    }
    if (any)
        touched(start, at);
    *steps -= (int)((at - start) >> PAGE_SHIFT) * COST_ENTRY;
    return at;
}

static pte_t protected(pte_t old, unsigned prot)
{
    uint64_t flags = mapping_flags(prot);
    if ((old & PTE_ANONYMOUS) == 0)
        return prot == ANSER_PROT_NONE ? 0 : pte_make(pte_frame(old), flags | (old & PTE_DEVICE));
    if ((flags & PTE_W) != 0 && frame_shared(pte_frame(old)))
        flags &= ~PTE_W;
    return pte_make(pte_frame(old), flags | PTE_ANONYMOUS);
}

static uint64_t protect_pages(pte_t *entry, uint64_t start, uint64_t end, unsigned prot, int *steps)
{
    uint64_t at = start;
    bool lost = false;
    end = table_end(at, end, *steps / COST_PROTECT + 1);
    for (; at < end; at += PAGE_SIZE, entry++) {
        pte_t old = *entry;
        if (old == 0)
            continue;
        pte_t new = protected(old, prot);
        pte_set(entry, new);
        lost |= (old & ~new &(PTE_V | PTE_RWX)) != 0;
    }
    /* Rights that entries have lost must be gone from every TLB; new ones may come late. */
    if (lost)
        touched(start, at);
    *steps -= (int)((at - start) >> PAGE_SHIFT) * COST_PROTECT;
    return at;
}

#define GONE UINT32_MAX /* in place of a protection: the leaf goes, and what it holds */

/* Compiled twice: for GONE, and for protections. Returns the address reached. */
static inline __attribute__((always_inline)) uint64_t
change(struct space *space, uint64_t start, uint64_t end, unsigned prot, int *steps)
{
    uint64_t at = start;
    gather_begin();
    while (at<end && * steps> 0) {
        unsigned level;
        pte_t *entry = page_table_find(space->root, at, 0, &level);
        if (level == 0 && prot != GONE) {
            at = protect_pages(entry, at, end, prot, steps);
            continue;
        }
        if (level == 0) {
            at = clear_pages(space, entry, at, end, steps);
            if (at % MEGAPAGE_SIZE == 0 && at - start >= MEGAPAGE_SIZE)
                unlink_table(space, at - MEGAPAGE_SIZE, 1);
            continue;
        }
        uint64_t next = level_next(at, level);
        if (*entry != 0) {
            bool inside = at % MEGAPAGE_SIZE == 0 && next <= end;
            pte_set(entry, prot != GONE && inside ? protected(*entry, prot) : 0);
            gathered.whole = true;
        }
        uint64_t last = min(end, level_next(at, level + 1));
        do { /* large reservations are full of empty entries: they need no walk each */
            at = next;
            next += level_size(level);
            *steps -= COST_ENTRY;
        } while (at<last && * steps> 0 && *++entry == 0);
    }
    gather_finish(space);
    return min(at, end);
}

uint64_t mapping_clear(struct space *space, uint64_t start, uint64_t end, int *steps)
{
    return change(space, start, end, GONE, steps);
}

uint64_t mapping_protect(struct space *space, uint64_t start, uint64_t end, unsigned prot,
                         int *steps)
{
    uint64_t reached = change(space, start, end, prot, steps);
    if ((prot & ANSER_PROT_EXEC) != 0)
        tlb_sync_code(space);
    return reached;
}

/* ---- Giving back tables. */

/* What the entry of this level for the address covers: has it a table that no region needs? */
static void trim(struct space *space, uint64_t address, unsigned level)
{
    uint64_t start = address & ~(level_size(level) - 1);
    if (!region_any(space, start, start + level_size(level)))
        unlink_table(space, start, level);
}

void mapping_trim(struct space *space, uint64_t start, uint64_t end)
{
    space->untidy = true;
    if (end - start < TRIM_LENGTH)
        return;
    gather_begin();
    trim(space, start, 1);
    trim(space, end - 1, 1);
    gather_finish(space);
}

/* The tables of one GiB, as many as one piece may free; the last is the one that holds them. */
static void tidy_gigapage(struct space *space, uint64_t start, const pte_t *entries)
{
    unsigned i;
    for (i = 0; i < PAGE_TABLE_ENTRIES && gathered.count < TIDY_MAX; i++)
        if (pte_is_table(entries[i]))
            trim(space, start + i * MEGAPAGE_SIZE, 1);
    if (i == PAGE_TABLE_ENTRIES)
        trim(space, start, 2);
}

bool mapping_tidy(struct space *space)
{
    const pte_t *root = direct_map(space->root);
    gather_begin();
    for (uint64_t at = 0; at < ANSER_USER_END && space->untidy && gathered.count == 0;
         at += GIGAPAGE_SIZE) {
        pte_t entry = root[at / GIGAPAGE_SIZE];
        if (at != ANSER_KERNEL_SLOT && pte_is_table(entry)) /* that one is shared by all */
            tidy_gigapage(space, at, direct_map(pte_frame(entry)));
    }
    space->untidy = gathered.count > 0;
    gather_finish(space);
    return space->untidy;
}
