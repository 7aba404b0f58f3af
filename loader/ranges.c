/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorted, disjoint lists of ranges: see ranges.h. */
#include "loader/ranges.h"

bool range_overlaps(struct boot_range a, struct boot_range b)
{
    return a.size != 0 && b.size != 0 && a.base < range_end(b) && b.base < range_end(a);
}

bool range_contains(struct boot_range outer, struct boot_range inner)
{
    return inner.base >= outer.base && range_end(inner) <= range_end(outer);
}

const struct boot_range *range_list_overlap(struct range_list list, struct boot_range range)
{
    for (size_t i = 0; i < *list.count; i++) {
        if (range_overlaps(list.ranges[i], range))
            return &list.ranges[i];
    }
    return NULL;
}

bool range_list_contains(struct range_list list, struct boot_range inner)
{
    for (size_t i = 0; i < *list.count; i++) {
        if (range_contains(list.ranges[i], inner))
            return true;
    }
    return false;
}

/* Replaces the ranges first .. last-1 by one. */
static void list_replace(struct range_list list, size_t first, size_t last, struct boot_range range)
{
    size_t count = *list.count;
    if (first == last) {
        for (size_t i = count; i > first; i--)
            list.ranges[i] = list.ranges[i - 1];
    } else {
        for (size_t i = last; i < count; i++)
            list.ranges[first + 1 + i - last] = list.ranges[i];
    }
    *list.count = count + 1 - (last - first);
    list.ranges[first] = range;
}

bool range_list_add(struct range_list list, struct boot_range range)
{
    uint64_t base = range.base, end = range_end(range);
    size_t first = 0;

    if (range.size == 0)
        return true;
    while (first < *list.count && range_end(list.ranges[first]) < base)
        first++;
    size_t last = first;
    while (last < *list.count && list.ranges[last].base <= end) {
        struct boot_range near = list.ranges[last++];
        base = near.base < base ? near.base : base;
        end = range_end(near) > end ? range_end(near) : end;
    }
    if (first == last && *list.count == list.max)
        return false;
    list_replace(list, first, last, (struct boot_range){base, end - base});
    return true;
}
