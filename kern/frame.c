/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The buddy system. A record of 8 bytes for each frame of RAM holds the links and the order of a
 * free block (in its first frame), or the references of a single frame in use. Free memory itself
 * is never touched: boot would pay for it, and nobody has zeroed it.
 */
#include "kern/frame.h"
#include <anser/abi.h>
#include "kern/panic.h"

/*
 * A record. Free block: next and previous block of its order (frame numbers, 0: none; below 2^26,
 * as the direct map spans 2^38 bytes), order, FREE. In use: bits 0-31 count references.
 */
typedef uint64_t record_t;
#define RECORD_FREE        (1ul << 63)
#define RECORD_NUMBER_MASK ((1ul << 26) - 1)
#define RECORD_ORDER_SHIFT 52
#define FRAME_NUMBERS      (1ul << 26)

/* A stretch of RAM with its records. */
struct zone {
    uint64_t first; /* frame numbers */
    uint64_t end;
    record_t *records;
};

struct frame_counts frame_counts;
uint64_t direct_map_base;

static struct zone zones[BOOTINFO_MEMORY_MAX];
static unsigned zone_count;
static uint64_t heads[FRAME_ORDER_MAX + 1]; /* frame number of the first free block; 0: none */
static uint64_t orders_free;                /* bit o: heads[o] is not 0 */
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

static struct zone *zone_of(uint64_t number)
{
    struct zone *zone = zones;
    while (zone < zones + zone_count && number >= zone->end)
        zone++;
    return zone < zones + zone_count && number >= zone->first ? zone : NULL;
}

/* Records are reached by their physical address until paging is on. */
static inline record_t *record_in(const struct zone *zone, uint64_t number)
{
    return (record_t *)direct_map(phys((uint64_t)zone->records)) + (number - zone->first);
}

static record_t *record_elsewhere(uint64_t number)
{
    struct zone *zone = zone_of(number);
    kassert(zone != NULL);
    return record_in(zone, number);
}

/* Most machines have one zone. */
static inline record_t *record_of(uint64_t number)
{
    if (number - zones[0].first < zones[0].end - zones[0].first)
        return record_in(&zones[0], number);
    return record_elsewhere(number);
}

static record_t record_make(uint64_t next, uint64_t previous, unsigned order)
{
    return RECORD_FREE | next | previous << 26 | (uint64_t)order << RECORD_ORDER_SHIFT;
}

static inline uint64_t record_next(record_t record)
{
    return record & RECORD_NUMBER_MASK;
}

static inline uint64_t record_previous(record_t record)
{
    return record >> 26 & RECORD_NUMBER_MASK;
}

static void push(record_t *record, uint64_t number, unsigned order)
{
    uint64_t next = heads[order];
    *record = record_make(next, 0, order);
    if (next != 0) {
        record_t *other = record_of(next);
        *other = record_make(record_next(*other), number, order);
    }
    heads[order] = number;
    orders_free |= 1ul << order;
}

static void unlink(record_t *record, unsigned order)
{
    uint64_t next = record_next(*record);
    uint64_t previous = record_previous(*record);
    if (next != 0) {
        record_t *other = record_of(next);
        *other = record_make(record_next(*other), previous, order);
    }
    if (previous != 0) {
        record_t *other = record_of(previous);
        *other = record_make(next, record_previous(*other), order);
    } else {
        heads[order] = next;
        if (next == 0)
            orders_free &= ~(1ul << order);
    }
    *record = 0;
}

/* ---- Allocation. */

static bool take(unsigned order, phys_t *out)
{
    uint64_t usable = orders_free >> order << order;
    if (usable == 0)
        return false;
    unsigned found = (unsigned)__builtin_ctzl(usable);
    uint64_t number = heads[found];
    record_t *record = record_of(number);
    unlink(record, found);
    while (found > order) {
        found--;
        push(record + (1ul << found), number + (1ul << found), found);
    }
    *record = 1;
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
    for (uint64_t *end = word + PAGE_SIZE / sizeof(*word); word != end; word += 16) {
        word[0] = 0, word[1] = 0, word[2] = 0, word[3] = 0;
        word[4] = 0, word[5] = 0, word[6] = 0, word[7] = 0;
        word[8] = 0, word[9] = 0, word[10] = 0, word[11] = 0;
        word[12] = 0, word[13] = 0, word[14] = 0, word[15] = 0;
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
    struct zone *zone = zone_of(number);
    kassert(zone != NULL && (*record_in(zone, number) & RECORD_FREE) == 0);
    frame_counts.free += 1ul << order;
    *record_in(zone, number) = 0;
    for (; order < FRAME_ORDER_MAX; order++) {
        uint64_t buddy = number ^ 1ul << order;
        if (buddy < zone->first || buddy + (1ul << order) > zone->end)
            break;
        record_t *record = record_in(zone, buddy);
        if ((*record & (RECORD_FREE | 15ul << RECORD_ORDER_SHIFT)) != record_make(0, 0, order))
            break;
        unlink(record, order);
        number &= ~(1ul << order);
    }
    push(record_in(zone, number), number, order);
}

void frame_free_range(phys_t first, uint64_t count)
{
    uint64_t number = first.value >> PAGE_SHIFT;
    while (count > 0) {
        unsigned order = 63 - (unsigned)__builtin_clzl(count);
        unsigned aligned = (unsigned)__builtin_ctzl(number | 1ul << FRAME_ORDER_MAX);
        if (order > aligned)
            order = aligned;
        frame_free(order, phys(number << PAGE_SHIFT));
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
    for (unsigned z = 0; z < zone_count; z++)
        if (first < zones[z].end && zones[z].first < end)
            return true;
    return false;
}

/* ---- Boot. */

/* What is not free at boot, sorted by address; ranges may touch or overlap. */
struct taken {
    unsigned count;
    struct boot_range ranges[BOOTINFO_RESERVED_MAX + 4 + BOOTINFO_MEMORY_MAX];
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
            return (first < end ? first : end) - *number;
        *number = behind;
    }
    return *number + least <= end ? end - *number : 0;
}

/* A zone for each range of RAM, in whole frames; touching ranges make one. */
static void zones_from(const struct bootinfo *info)
{
    for (uint64_t i = 0; i < info->memory_count; i++) {
        const struct boot_range *range = &info->memory[i];
        uint64_t first = (range->base + PAGE_MASK) >> PAGE_SHIFT;
        uint64_t end = (range->base + range->size) >> PAGE_SHIFT;
        if (first == 0)
            first = 1; /* number 0 stands for "none" */
        if (end > FRAME_NUMBERS)
            end = FRAME_NUMBERS; /* out of the direct map's reach */
        if (first >= end)
            continue;
        frame_counts.total += end - first;
        if (zone_count > 0 && zones[zone_count - 1].end == first)
            zones[zone_count - 1].end = end;
        else
            zones[zone_count++] = (struct zone){.first = first, .end = end};
    }
}

/* Finds room for a zone's records, in any zone, and takes it. */
static bool zone_place_records(struct zone *zone, struct taken *taken)
{
    uint64_t size = (zone->end - zone->first) * sizeof(record_t);
    uint64_t frames = (size + PAGE_MASK) >> PAGE_SHIFT;
    for (unsigned z = 0; z < zone_count; z++) {
        uint64_t number = zones[z].first;
        if (next_gap(taken, &number, zones[z].end, frames) == 0)
            continue;
        zone->records = (record_t *)(number << PAGE_SHIFT);
        memset(direct_map(phys((uint64_t)zone->records)), 0, size);
        taken_add(taken, (struct boot_range){number << PAGE_SHIFT, frames << PAGE_SHIFT});
        frame_counts.meta += frames;
        return true;
    }
    return false;
}

status_t frame_init(const struct bootinfo *info)
{
    static struct taken taken;
    taken_from(&taken, info);
    zones_from(info);
    for (unsigned z = 0; z < zone_count; z++)
        if (!zone_place_records(&zones[z], &taken))
            return -ANSER_ENOMEM;
    for (unsigned z = 0; z < zone_count; z++) {
        uint64_t number = zones[z].first;
        for (uint64_t count; (count = next_gap(&taken, &number, zones[z].end, 1)) > 0;
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
