/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The buddy system. One table, from the first frame of RAM to the last, has a record for each frame
 * (one for a hole in RAM is never free). A free block carries its own links, in its first frame;
 * more of free memory is not touched: boot would pay for it.
 */
#include "kern/frame.h"
#include <anser/abi.h>
#include "kern/panic.h"

/* Of a free block's first frame: FREE and its order. Of a frame in use: references, or 0. */
typedef uint32_t record_t;
#define RECORD_FREE  (1u << 31)
#define RECORD_LOOSE (RECORD_FREE | 31) /* no order: nothing merges with it */

/* Single frames, which come and go most, are not merged and split each time. */
#define LOOSE_MAX   256u
#define LOOSE_ORDER 3u /* so many are taken at once */
#define LOOKED_AT   8u /* blocks of each order, for the lowest of them */

#define FRAME_NUMBERS (1ul << 26) /* the direct map spans 2^38 bytes */

/* At the start of a free block: its neighbours among those of its order; frame numbers, 0: none. */
struct links {
    uint64_t next;
    uint64_t previous;
};

/* Frame numbers. */
struct stretch {
    uint64_t first;
    uint64_t end;
};

struct frame_counts frame_counts;
uint64_t direct_map_base;

static struct stretch ram[BOOTINFO_MEMORY_MAX];
static unsigned ram_count;
static struct stretch table; /* what has records: all of RAM, and the largest blocks around it */
static phys_t records;
static uint64_t heads[FRAME_ORDER_MAX + 1]; /* frame number of the first free block; 0: none */
static uint64_t orders_free;                /* bit o: heads[o] is not 0 */
static uint32_t loose[LOOSE_MAX];           /* frame numbers; free, and in no block */
static unsigned loose_count;
static uint64_t failure_countdown;

/* ---- Fault injection. */

void alloc_fail_after(uint64_t n)
{
    failure_countdown = n;
}

bool alloc_should_fail(void)
{
    return failure_countdown != 0 && --failure_countdown == 0;
}

/* ---- Records and lists. */

static record_t *record_of(uint64_t number)
{
    kassert(number >= table.first && number < table.end);
    return (record_t *)direct_map(records) + (number - table.first);
}

static inline struct links *links_of(uint64_t number)
{
    return direct_map(phys(number << PAGE_SHIFT));
}

static void push(uint64_t number, unsigned order)
{
    uint64_t next = heads[order];
    *record_of(number) = RECORD_FREE | order;
    *links_of(number) = (struct links){.next = next};
    if (next != 0)
        links_of(next)->previous = number;
    heads[order] = number;
    orders_free |= 1ul << order;
}

static void unlink(uint64_t number, unsigned order)
{
    struct links links = *links_of(number);
    *record_of(number) = 0;
    if (links.next != 0)
        links_of(links.next)->previous = links.previous;
    if (links.previous != 0)
        links_of(links.previous)->next = links.next;
    else
        heads[order] = links.next;
    if (heads[order] == 0)
        orders_free &= ~(1ul << order);
}

/* ---- Allocation. */

/* Takes the first part, of `order`, of a free block of order `found`. */
static void take_this(uint64_t number, unsigned found, unsigned order)
{
    unlink(number, found);
    while (found > order) {
        found--;
        push(number + (1ul << found), found);
    }
}

/* A block of the buddy system, the smallest that is large enough; false: there is none. */
static bool take_block(unsigned order, uint64_t *number)
{
    uint64_t usable = orders_free >> order << order;
    if (usable == 0)
        return false;
    unsigned found = (unsigned)__builtin_ctzl(usable);
    *number = heads[found];
    take_this(*number, found, order);
    return true;
}

/* A block goes back, together with its free buddies. */
static void give_block(uint64_t number, unsigned order)
{
    *record_of(number) = 0;
    for (; order < FRAME_ORDER_MAX; order++) {
        uint64_t buddy = number ^ 1ul << order;
        if (*record_of(buddy) != (RECORD_FREE | order))
            break;
        unlink(buddy, order);
        number &= ~(1ul << order);
    }
    push(number, order);
}

static void put_loose(uint64_t number)
{
    *record_of(number) = RECORD_LOOSE;
    loose[loose_count++] = (uint32_t)number;
}

/*
 * Single frames come from low addresses, as far as a look at the first blocks of each order tells:
 * one that stays for long keeps a large block from becoming whole again.
 */
static bool take_low_block(uint64_t *number)
{
    uint64_t best = UINT64_MAX;
    unsigned found = 0;
    for (unsigned order = LOOSE_ORDER; order <= FRAME_ORDER_MAX; order++) {
        uint64_t block = heads[order];
        for (unsigned i = 0; i < LOOKED_AT && block != 0; i++, block = links_of(block)->next)
            if (block < best) {
                best = block;
                found = order;
            }
    }
    if (best == UINT64_MAX)
        return false;
    take_this(best, found, LOOSE_ORDER);
    *number = best;
    return true;
}

static bool take_single(uint64_t *number)
{
    if (loose_count == 0) {
        if (!take_low_block(number))
            return take_block(0, number);
        for (unsigned i = 1u << LOOSE_ORDER; i-- > 0;)
            put_loose(*number + i);
    }
    *number = loose[--loose_count];
    return true;
}

/* A block; if there is none, single frames may make up one. */
static bool take_several(unsigned order, uint64_t *number)
{
    if (take_block(order, number))
        return true;
    while (loose_count > 0)
        give_block(loose[--loose_count], 0);
    return take_block(order, number);
}

static bool take(unsigned order, phys_t *out)
{
    uint64_t number;
    if (!(order == 0 ? take_single(&number) : take_several(order, &number)))
        return false;
    *record_of(number) = 1;
    frame_counts.free -= 1ul << order;
    *out = phys(number << PAGE_SHIFT);
    return true;
}

bool frame_alloc(unsigned order, phys_t *out)
{
    return !alloc_should_fail() && take(order, out);
}

bool frame_alloc_surely(phys_t *out)
{
    return take(0, out);
}

void frame_zero(phys_t frame)
{
    uint64_t *word = direct_map(frame);
    for (uint64_t *end = word + PAGE_SIZE / sizeof(*word); word != end; word += 64) {
#pragma GCC unroll 64
        for (unsigned i = 0; i < 64; i++)
            *(volatile uint64_t *)&word[i] = 0; /* and no call of memset */
    }
}

bool frame_alloc_zeroed(phys_t *out)
{
    if (!frame_alloc(0, out))
        return false;
    frame_zero(*out);
    return true;
}

void frame_free(unsigned order, phys_t frame)
{
    uint64_t number = frame.value >> PAGE_SHIFT;
    kassert((*record_of(number) & RECORD_FREE) == 0);
    frame_counts.free += 1ul << order;
    if (order == 0 && loose_count < LOOSE_MAX)
        put_loose(number);
    else
        give_block(number, order);
}

void frame_free_range(phys_t first, uint64_t count)
{
    uint64_t number = first.value >> PAGE_SHIFT;
    while (count > 0) {
        unsigned largest = 63 - (unsigned)__builtin_clzl(count);
        unsigned aligned = (unsigned)__builtin_ctzl(number | 1ul << FRAME_ORDER_MAX);
        unsigned order = (unsigned)min(largest, aligned);
        kassert((*record_of(number) & RECORD_FREE) == 0);
        frame_counts.free += 1ul << order;
        give_block(number, order); /* not among the single ones: those are the next to be taken */
        number += 1ul << order;
        count -= 1ul << order;
    }
}

void frame_share(phys_t frame)
{
    (*record_of(frame.value >> PAGE_SHIFT))++;
}

bool frame_shared(phys_t frame)
{
    return *record_of(frame.value >> PAGE_SHIFT) > 1;
}

void frame_drop(phys_t frame)
{
    record_t *record = record_of(frame.value >> PAGE_SHIFT);
    kassert(*record > 0 && (*record & RECORD_FREE) == 0);
    if (--*record == 0)
        frame_free(0, frame);
}

bool frame_is_ram(phys_t base, uint64_t size)
{
    uint64_t first = base.value >> PAGE_SHIFT;
    uint64_t end = (base.value + size + PAGE_MASK) >> PAGE_SHIFT;
    for (unsigned i = 0; i < ram_count; i++)
        if (first < ram[i].end && ram[i].first < end)
            return true;
    return false;
}

/* ---- Boot. */

/* What is not free at boot, sorted by address; ranges may touch or overlap. */
struct taken {
    unsigned count;
    struct boot_range ranges[BOOTINFO_RESERVED_MAX + 5];
};

static void taken_add(struct taken *taken, struct boot_range range)
{
    if (range.size == 0)
        return;
    unsigned at = taken->count++;
    for (; at > 0 && taken->ranges[at - 1].base > range.base; at--)
        taken->ranges[at] = taken->ranges[at - 1];
    taken->ranges[at] = range;
}

static void taken_from(struct taken *taken, const struct bootinfo *info)
{
    for (uint64_t i = 0; i < info->reserved_count; i++)
        taken_add(taken, info->reserved[i]);
    taken_add(taken, info->image);
    taken_add(taken, info->initrd);
    taken_add(taken, info->device_tree);
    taken_add(taken, info->loader);
}

/*
 * The first gap of at least `least` frames in [*number, end) that nothing taken touches: *number
 * moves to its start. Returns its length in frames, 0: none.
 */
static uint64_t next_gap(const struct taken *taken, uint64_t *number, uint64_t end, uint64_t least)
{
    for (unsigned i = 0; i < taken->count; i++) {
        const struct boot_range *range = &taken->ranges[i];
        uint64_t first = range->base >> PAGE_SHIFT;
        uint64_t behind = (range->base + range->size + PAGE_MASK) >> PAGE_SHIFT;
        if (behind <= *number)
            continue;
        if (first >= *number + least)
            return min(first, end) - *number;
        *number = behind;
    }
    return *number + least <= end ? end - *number : 0;
}

/* RAM in whole frames, and the table for it: from and to where no block has a buddy outside. */
static void ram_from(const struct bootinfo *info)
{
    const uint64_t block = 1ul << FRAME_ORDER_MAX;
    table.first = FRAME_NUMBERS;
    for (uint64_t i = 0; i < info->memory_count; i++) {
        const struct boot_range *range = &info->memory[i];
        /* Number 0 stands for "none"; beyond the last, the direct map does not reach. */
        uint64_t first = max(1, page_up(range->base) >> PAGE_SHIFT);
        uint64_t end = min(FRAME_NUMBERS, (range->base + range->size) >> PAGE_SHIFT);
        if (first >= end)
            continue;
        ram[ram_count++] = (struct stretch){first, end};
        frame_counts.total += end - first;
        table.first = min(table.first, first & ~(block - 1));
        table.end = max(table.end, (end + block - 1) & ~(block - 1));
    }
}

/* Finds room for the table in RAM, and takes it. */
static bool table_place(struct taken *taken)
{
    uint64_t size = (table.end - table.first) * sizeof(record_t);
    frame_counts.meta = (size + PAGE_MASK) >> PAGE_SHIFT;
    for (unsigned i = 0; i < ram_count; i++) {
        uint64_t number = ram[i].first;
        if (next_gap(taken, &number, ram[i].end, frame_counts.meta) == 0)
            continue;
        records = phys(number << PAGE_SHIFT);
        memset(direct_map(records), 0, size);
        taken_add(taken, (struct boot_range){records.value, size});
        return true;
    }
    return false;
}

__attribute__((cold)) status_t frame_init(const struct bootinfo *info)
{
    static struct taken taken;
    taken_from(&taken, info);
    ram_from(info);
    if (!table_place(&taken))
        return -ANSER_ENOMEM;
    for (unsigned i = 0; i < ram_count; i++) {
        uint64_t number = ram[i].first;
        for (uint64_t count; (count = next_gap(&taken, &number, ram[i].end, 1)) > 0;
             number += count)
            frame_free_range(phys(number << PAGE_SHIFT), count);
    }
    return frame_counts.free > 0 ? 0 : -ANSER_ENOMEM;
}

void frame_reclaim(struct boot_range range)
{
    uint64_t first = (range.base + PAGE_MASK) >> PAGE_SHIFT;
    uint64_t end = (range.base + range.size) >> PAGE_SHIFT;
    if (first < end)
        frame_free_range(phys(first << PAGE_SHIFT), end - first);
}
