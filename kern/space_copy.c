/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy-on-write: anonymous memory of one space, or of another place in the same one. */
#include "kern/region.h"

static bool overlap(uint64_t a, uint64_t b, uint64_t length)
{
    return a < b + length && b < a + length;
}

/* One piece of the copy, inside one region of the source. The region for it is there before the
 * pages are, so that nothing can fail between the two. */
static status_t copy_part(struct space *to, uint64_t to_address, struct region *source,
                          uint64_t from_address, uint64_t length, unsigned prot, uint64_t *done,
                          int *steps)
{
    status_t status;
    uint64_t part = source->end - from_address;
    struct region *region = region_alloc(to, false);
    if (region == NULL)
        return mapping_tidy(to) ? CALL_RESTART : -ANSER_ENOMEM;
    if (part > length)
        part = length;
    part = mapping_share(to, to_address, source->space, from_address, part, prot, steps, &status);
    if (part == 0) {
        region_discard(region);
        return status;
    }
    region->prot = (uint8_t)prot;
    region->most = PROT_ALL;
    region_link(region, to_address, to_address + part);
    region_join(region);
    *done += part;
    return status;
}

status_t space_copy(struct space *to, uint64_t to_address, struct space *from,
                    uint64_t from_address, uint64_t length, uint64_t prot, uint64_t *done)
{
    int steps = MAPPING_STEPS;
    status_t status = 0;
    if (length > ANSER_USER_END)
        return -ANSER_EINVAL;
    length = page_up(length);
    if (!region_prot_valid(prot) || !region_range_valid(to_address, length) ||
        !region_range_valid(from_address, length) ||
        (to == from && overlap(to_address, from_address, length)))
        return -ANSER_EINVAL;
    if (*done == 0)
        status = space_unmap(to, to_address, length);
    while (status == 0 && *done < length) {
        struct region *source = region_at(from, from_address + *done);
        if (steps <= 0)
            return CALL_RESTART;
        if (source == NULL)
            return -ANSER_EFAULT;
        if (source->object != NULL || source->pinned)
            return -ANSER_EINVAL;
        status = copy_part(to, to_address + *done, source, from_address + *done, length - *done,
                           (unsigned)prot, done, &steps);
    }
    return status;
}
