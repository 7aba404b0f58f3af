/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces against a model, the operations chosen by libFuzzer; see space_model.h. */
/* sources: kern/tree.c kern/frame.c kern/slab.c kern/account.c kern/page_table.c kern/fault.c */
/* sources: kern/region.c kern/mapping.c kern/mapping_fill.c kern/pages.c kern/device.c */
/* sources: kern/space.c kern/space_copy.c kern/space_pages.c kern/usercopy.c */
#include "space_model.h"

#define STEPS 2000

static const uint8_t *input;
static size_t left;

static bool input_byte(uint8_t *out)
{
    *out = 0;
    if (left == 0)
        return false;
    left--;
    *out = *input++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (host_ram == NULL)
        model_boot();
    uint64_t free_before = frame_counts.free;
    input = data;
    left = size;
    if (!model_run(input_byte, STEPS))
        panic("step %lu: %s", model.steps, model.error);
    if (frame_counts.free != free_before || object_count != 0)
        panic("%lu frames, %lu objects are left", free_before - frame_counts.free, object_count);
    return 0;
}
