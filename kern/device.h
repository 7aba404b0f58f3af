/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device objects: a range of physical addresses that is not RAM, to be mapped by a driver; and the
 * memory that the device may reach by itself. Such memory does not come back when its owner drops
 * it, for the device may still write to it: it is quarantined until somebody with the MANAGE right
 * on the device, who has reset it, says so.
 */
#pragma once

#include "kern/list.h"
#include "kern/object.h"

struct device {
    struct object object;
    struct list link; /* in the list of all devices */
    phys_t base;
    uint64_t size;
    struct list runs; /* memory bound to it, in use or in quarantine */
};

/* Contiguous memory bound to a device; holds a reference on it. */
struct dma_run {
    struct list link;
    struct device *device;
    struct account *payer;
    phys_t base;
    uint64_t count;
    struct dma_run **holder; /* the pages object's; NULL: gone, this is in quarantine, charged */
};

static inline struct device *device_of(const struct object *object)
{
    return container_of(object, struct device, object);
}

/*
 * A reference on the device object of exactly this range, made if there is none. -EINVAL (empty,
 * not page-aligned, wrapping, RAM, the interrupt controller, or beyond the address space), -EBUSY
 * (overlaps another device's range), -ENOMEM.
 */
status_t device_open(struct account *payer, phys_t base, uint64_t size, struct device **out);
phys_t device_frame(const struct object *object, uint64_t index, uint64_t *run);

/* Binds memory, whose object will say so in *holder; charged to the payer. -ENOMEM: no budget. */
status_t device_bind(struct device *device, struct account *payer, phys_t base, uint64_t count,
                     struct dma_run **holder);
/* The device does not use it any more: it belongs to its holder alone, or is freed if that is gone.
 */
void device_unbind(struct dma_run *run);

/*
 * The device has been reset: frees what is in quarantine, and what somebody still has (a client its
 * dead driver's region) is bound no longer: it is freed with its last user. At most 16 runs;
 * returns how many pages, 0: nothing is left.
 */
uint64_t device_release(struct device *device);

object_reclaim device_reclaim;
