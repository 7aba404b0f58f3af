/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces against a model, with random operations, small budgets and failing allocations. */
/* sources: kern/tree.c kern/frame.c kern/slab.c kern/account.c kern/page_table.c kern/fault.c */
/* sources: kern/region.c kern/mapping.c kern/mapping_fill.c kern/pages.c kern/device.c */
/* sources: kern/space.c kern/space_copy.c kern/space_pages.c kern/usercopy.c */
#include "tap.h"
#include "space_model.h"

#define STEPS 6000

static uint64_t random_state;

static bool random_byte(uint8_t *out)
{
    random_state = random_state * 6364136223846793005ul + 1442695040888963407ul;
    *out = (uint8_t)(random_state >> 56);
    return true;
}

int main(int count, char **arguments)
{
    unsigned seeds = count > 1 ? (unsigned)atoi(arguments[1]) : 12;
    model_boot();
    uint64_t free_before = frame_counts.free;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        random_state = seed;
        bool held = model_run(random_byte, STEPS);
        TEST(held, "%d random steps, seed %u", STEPS, seed);
        if (!held) {
            printf("# step %lu: %s\n", model.steps, model.error);
            break;
        }
        printf("# %lu calls were refused for want of memory\n", model.refused);
        TEST(model.refused > 0 && model.refused < STEPS / 10, "some calls were refused, not most");
        TEST(frame_counts.free == free_before && frame_counts.slab == 0 &&
                 frame_counts.tables == 0 && object_count == 0 && host_asids == 1,
             "every frame, table, slab, object and ASID is back");
    }
    return tap_done();
}
