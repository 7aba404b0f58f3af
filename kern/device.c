/* SPDX-License-Identifier: BSD-2-Clause */
/* Device objects and the quarantine of memory that devices may write to. */
#include "kern/device.h"
#include "kern/frame.h"
#include "kern/plic.h"
#include "kern/slab.h"

#define RELEASE_RUNS_MAX 16u
#define PHYSICAL_END     (1ul << 56) /* Sv39: what a page table entry can name */

static struct list devices = {&devices, &devices};

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

static bool range_allowed(uint64_t base, uint64_t size)
{
    return size > 0 && ((base | size) & PAGE_MASK) == 0 && base + size > base &&
           base + size <= PHYSICAL_END && !frame_is_ram(phys(base), size) &&
           !overlap(base, size, plic_range.base, plic_range.size);
}

static struct device *device_make(struct account *payer, phys_t base, uint64_t size)
{
    struct device *device = object_create(payer, ANSER_TYPE_DEVICE, sizeof(*device));
    if (device == NULL)
        return NULL;
    device->base = base;
    device->size = size;
    list_init(&device->runs);
    list_append(&devices, &device->link);
    return device;
}

status_t device_open(struct account *payer, phys_t base, uint64_t size, struct device **out)
{
    if (!range_allowed(base.value, size))
        return -ANSER_EINVAL;
    struct device *device;
    list_each (device, &devices, link) {
        if (!overlap(base.value, size, device->base.value, device->size))
            continue;
        if (device->base.value != base.value || device->size != size)
            return -ANSER_EBUSY;
        /* One whose last handle has gone is about to be reclaimed; it cannot be had again. */
        if (device->object.references == 0)
            continue;
        object_reference(&device->object);
        *out = device;
        return 0;
    }
    *out = device_make(payer, base, size);
    return *out != NULL ? 0 : -ANSER_ENOMEM;
}

phys_t device_frame(const struct object *object, uint64_t index, uint64_t *run)
{
    const struct device *device = device_of(object);
    *run = (device->size >> PAGE_SHIFT) - index;
    return phys(device->base.value + (index << PAGE_SHIFT));
}

status_t device_bind(struct device *device, struct account *payer, phys_t base, uint64_t count,
                     struct dma_run **holder)
{
    struct dma_run *run = slab_alloc(payer, sizeof(*run));
    if (run == NULL)
        return -ANSER_ENOMEM;
    object_reference(&device->object);
    *run = (struct dma_run){
        .device = device, .payer = payer, .base = base, .count = count, .holder = holder};
    list_append(&device->runs, &run->link);
    *holder = run;
    return 0;
}

void device_unbind(struct dma_run *run)
{
    list_remove(&run->link);
    if (run->holder != NULL) {
        *run->holder = NULL;
    } else {
        frame_free_range(run->base, run->count);
        account_discharge(run->payer, run->count << PAGE_SHIFT);
    }
    object_release(&run->device->object);
    slab_free(run->payer, run, sizeof(*run));
}

uint64_t device_release(struct device *device)
{
    uint64_t pages = 0;
    struct list *first;
    for (unsigned i = 0; i < RELEASE_RUNS_MAX && (first = list_first(&device->runs)); i++) {
        struct dma_run *run = container_of(first, struct dma_run, link);
        pages += run->count;
        device_unbind(run);
    }
    return pages;
}

bool device_reclaim(struct object *object)
{
    list_remove(&device_of(object)->link);
    return true;
}
