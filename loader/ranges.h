/* SPDX-License-Identifier: BSD-2-Clause */
/* Small sorted lists of physical ranges, with no heap: the arrays of struct bootinfo. */
#ifndef ANSER_RANGES_H
#define ANSER_RANGES_H

#include <anser/bootinfo.h>
#include <stdbool.h>
#include <stddef.h>

/* A list that lives in somebody else's array and counter. No range in it wraps around. */
struct range_list {
    struct boot_range *ranges;
    uint64_t *count;
    size_t max;
};

static inline uint64_t range_end(struct boot_range range)
{
    return range.base + range.size;
}

/* Whether two ranges share a byte; an empty range shares none. */
bool range_overlaps(struct boot_range a, struct boot_range b);

/* Whether all of inner is in outer. */
bool range_contains(struct boot_range outer, struct boot_range inner);

/* The first range of the list that shares a byte with range, or NULL. */
const struct boot_range *range_list_overlap(struct range_list list, struct boot_range range);

/* Whether all of inner is in one range of the list. */
bool range_list_contains(struct range_list list, struct boot_range inner);

/*
 * Adds a range in its place, united with all ranges of the list that it overlaps or touches. An
 * empty range adds nothing. Returns false, with the list as it was, if there is no room.
 */
bool range_list_add(struct range_list list, struct boot_range range);

#endif
