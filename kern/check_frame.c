/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame allocator: what its table calls free is what its lists hold, and what it counts. Its
 * own variables are seen here under names that the link gives them (kern/build.mk).
 */
#include "kern/check.h"
#include "kern/frame.h"

#define RECORD_FREE  (1u << 31)
#define RECORD_LOOSE (RECORD_FREE | 31)

/* As in kern/frame.c. */
struct stretch {
    uint64_t first;
    uint64_t end;
};
struct links {
    uint64_t next;
    uint64_t previous;
};
extern struct stretch frame_table;
extern phys_t frame_records;
extern uint64_t frame_heads[FRAME_ORDER_MAX + 1];
extern uint64_t frame_orders_free;
extern unsigned frame_loose_count;

static uint64_t check_order(unsigned order)
{
    const uint32_t *records = direct_map(frame_records);
    uint64_t count = 0, previous = 0, number;
    for (number = frame_heads[order]; number != 0; count++) {
        const struct links *links = direct_map(phys(number << PAGE_SHIFT));
        CHECK(number >= frame_table.first && number < frame_table.end, NULL,
              "a free block is in RAM");
        CHECK(records[number - frame_table.first] == (RECORD_FREE | order), NULL,
              "a block in a free list is free, and of that size");
        CHECK(links->previous == previous, NULL, "neighbours in a free list agree");
        previous = number;
        number = links->next;
    }
    CHECK((count > 0) == (frame_orders_free >> order & 1), NULL,
          "orders_free says which free lists hold blocks");
    return count;
}

void check_frames(void)
{
    const uint32_t *records = direct_map(frame_records);
    uint64_t listed = frame_loose_count, found = 0;
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        listed += check_order(order) << order;
    for (uint64_t i = 0; i < frame_table.end - frame_table.first; i++) {
        if (records[i] == RECORD_LOOSE)
            found++;
        else if ((records[i] & RECORD_FREE) != 0)
            found += 1ul << (records[i] & 31);
    }
    CHECK_EQUAL(frame_counts.free, listed, NULL, "as many frames are in free lists as are free");
    CHECK_EQUAL(frame_counts.free, found, NULL, "as many frames have free records as are free");
}
