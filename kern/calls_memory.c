/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on pages, regions and devices. */
#include "kern/calls.h"
#include "kern/device.h"
#include "kern/region.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/system.h"
#include "kern/thread.h"

#define RIGHTS_OWNER  (ANSER_RIGHT_READ | ANSER_RIGHT_WRITE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)
#define RIGHTS_DEVICE (RIGHTS_OWNER | ANSER_RIGHT_MANAGE)
#define FLAGS_PAGES   (ANSER_PAGES_CONTIGUOUS | ANSER_PAGES_DMA | ANSER_PAGES_SHARED)
#define FLAGS_MAP     (PROT_ALL | ANSER_MAP_FIXED | ANSER_MAP_NOREPLACE)

static status_t lookup(struct thread *self, unsigned argument, uint8_t type, uint64_t rights,
                       struct capability *out)
{
    return handle_lookup(self->process, (anser_handle)self->x[argument], type, rights, out);
}

/* ---- Pages. */

static bool is_wanted(const struct pages *pages, uint64_t count, uint64_t flags,
                      const struct device *device)
{
    return pages->count == count && pages->shared == ((flags & ANSER_PAGES_SHARED) != 0) &&
           (pages->dma != NULL ? pages->dma->device : NULL) == device &&
           ((flags & ANSER_PAGES_CONTIGUOUS) == 0 || pages_contiguous(&pages->object));
}

/* An object that another call left half made (in a handler, or interrupted) is of no use here. */
static void drop_other_progress(struct thread *self, uint64_t count, uint64_t flags,
                                const struct device *device)
{
    struct object *object = self->progress;
    if (object == NULL || is_wanted(pages_of(object), count, flags, device))
        return;
    self->progress = NULL;
    object_release(object);
}

status_t call_pages_create(struct thread *self)
{
    uint64_t count = self->x[REG_A0], flags = self->x[REG_A1];
    bool dma = (flags & ANSER_PAGES_DMA) != 0;
    struct capability found = {0};
    status_t status = 0;
    if ((flags & ~(uint64_t)FLAGS_PAGES) != 0 || (!dma && self->x[REG_A2] != 0))
        return -ANSER_EINVAL;
    if (dma)
        status = lookup(self, REG_A2, ANSER_TYPE_DEVICE, ANSER_RIGHT_WRITE, &found);
    if (status < 0)
        return status;
    struct device *device = dma ? device_of(found.object) : NULL;
    drop_other_progress(self, count, flags, device);
    status = pages_create(self->process->account, count, flags, device, &self->progress);
    if (status == -ANSER_ENOMEM && mapping_tidy(&self->process->space))
        return CALL_RESTART;
    if (status != 0)
        return status;
    struct object *pages = self->progress;
    self->progress = NULL;
    uint64_t rights = RIGHTS_OWNER;
    if (dma)
        rights |= ANSER_RIGHT_PHYS;
    else if (!pages_of(pages)->shared)
        rights |= ANSER_RIGHT_EXEC;
    return handle_publish(self->process, pages, rights);
}

status_t call_pages_freeze(struct thread *self)
{
    struct capability pages;
    status_t status = lookup(self, REG_A0, ANSER_TYPE_PAGES, 0, &pages);
    if (status < 0 || pages_frozen(pages.object))
        return status;
    if ((pages.rights & ANSER_RIGHT_WRITE) == 0)
        return -ANSER_EPERM;
    if (pages_of(pages.object)->shared)
        return -ANSER_EBUSY;
    return pages_freeze(pages.object);
}

status_t call_pages_info(struct thread *self)
{
    struct capability pages;
    uint64_t run;
    status_t status = lookup(self, REG_A0, ANSER_TYPE_PAGES, 0, &pages);
    if (status < 0)
        return status;
    bool told = (pages.rights & ANSER_RIGHT_PHYS) != 0 && pages_contiguous(pages.object);
    self->x[REG_A1] = told ? pages_frame(pages.object, 0, &run).value : 0;
    return pages_of(pages.object)->count;
}

/* ---- Devices. */

status_t call_device_create(struct thread *self)
{
    struct device *device = NULL;
    phys_t base = phys(self->x[REG_A1]);
    status_t status = system_check(self, ANSER_RIGHT_SYS_DEVICE);
    if (status == 0)
        status = device_open(self->process->account, base, self->x[REG_A2], &device);
    return status < 0 ? status : handle_publish(self->process, &device->object, RIGHTS_DEVICE);
}

/* Of one pages object, by its driver: only that has the right PHYS. */
static status_t release_one(struct pages *pages)
{
    if (pages->dma == NULL)
        return 0;
    device_unbind(pages->dma);
    return pages->count;
}

status_t call_pages_release(struct thread *self)
{
    struct capability device;
    status_t status = lookup(self, REG_A0, ANSER_TYPE_PAGES, ANSER_RIGHT_PHYS, &device);
    if (status == 0)
        return release_one(pages_of(device.object));
    status = lookup(self, REG_A0, ANSER_TYPE_DEVICE, ANSER_RIGHT_MANAGE, &device);
    if (status < 0)
        return status;
    uint64_t pages = device_release(device_of(device.object));
    self->progress_count += pages;
    if (pages > 0)
        return CALL_RESTART;
    status = (status_t)self->progress_count;
    self->progress_count = 0;
    return status;
}

/* ---- Regions. */

static status_t map_here(struct thread *self, struct process *target, struct object *object,
                         uint64_t rights)
{
    uint64_t address = self->x[REG_A1];
    uint64_t most = rights / ANSER_RIGHT_READ & PROT_ALL;
    uint64_t flags = self->x[REG_A3] | SPACE_MAP_MOST(most);
    status_t status =
        space_map(&target->space, &address, self->x[REG_A2], flags, object, self->x[REG_A5]);
    if (status == 0)
        self->x[REG_A1] = address;
    return status;
}

/* Unfrozen pages go where they are mapped: they leave the caller's space, budget and handles. */
static status_t map_away(struct thread *self, struct process *target,
                         const struct capability *pages)
{
    struct account *payer = pages->object->payer;
    struct capability taken;
    if ((pages->rights & ANSER_RIGHT_TRANSFER) == 0)
        return -ANSER_EPERM;
    status_t status = pages_detach_begin(pages->object);
    if (status == 0)
        status = pages_transfer(pages->object, target->account);
    if (status != 0)
        return status;
    pages_detach(pages->object);
    status = map_here(self, target, pages->object, pages->rights);
    if (status != 0) {
        pages_transfer_back(pages->object, payer);
        return status;
    }
    handle_take(self->process, (anser_handle)self->x[REG_A4], &taken);
    capability_release(&taken);
    return 0;
}

_Static_assert(ANSER_RIGHT_READ / ANSER_RIGHT_READ == ANSER_PROT_READ &&
                   ANSER_RIGHT_WRITE / ANSER_RIGHT_READ == ANSER_PROT_WRITE &&
                   ANSER_RIGHT_EXEC / ANSER_RIGHT_READ == ANSER_PROT_EXEC,
               "map_here takes rights for protections");

status_t call_region_map(struct thread *self)
{
    struct process *target;
    struct capability object = {0};
    status_t status = process_argument(self, self->x[REG_A0], &target);
    if (status < 0)
        return status;
    if ((self->x[REG_A3] & ~(uint64_t)FLAGS_MAP) != 0)
        return -ANSER_EINVAL;
    if (self->x[REG_A4] == 0)
        return map_here(self, target, NULL, 0);
    status = lookup(self, REG_A4, 0, 0, &object);
    if (status < 0)
        return status;
    uint8_t type = object.object->type;
    if (type != ANSER_TYPE_PAGES && type != ANSER_TYPE_DEVICE)
        return -ANSER_EBADF;
    if (((self->x[REG_A3] & PROT_ALL) & ~(object.rights / ANSER_RIGHT_READ)) != 0)
        return -ANSER_EPERM;
    if (type == ANSER_TYPE_PAGES && target != self->process &&
        !pages_have_many_owners(object.object))
        return map_away(self, target, &object);
    return map_here(self, target, object.object, object.rights);
}

status_t call_region_unmap(struct thread *self)
{
    struct process *target;
    status_t status = process_argument(self, self->x[REG_A0], &target);
    return status < 0 ? status : space_unmap(&target->space, self->x[REG_A1], self->x[REG_A2]);
}

status_t call_region_decommit(struct thread *self)
{
    struct process *target;
    status_t status = process_argument(self, self->x[REG_A0], &target);
    return status < 0 ? status : space_decommit(&target->space, &self->x[REG_A1], &self->x[REG_A2]);
}

status_t call_region_protect(struct thread *self)
{
    struct process *target;
    status_t status = process_argument(self, self->x[REG_A0], &target);
    if (status < 0)
        return status;
    return space_protect(&target->space, self->x[REG_A1], self->x[REG_A2], self->x[REG_A3]);
}

status_t call_region_copy(struct thread *self)
{
    struct process *target;
    status_t status = process_argument(self, self->x[REG_A0], &target);
    if (status < 0)
        return status;
    status = space_copy(&target->space, self->x[REG_A1], &self->process->space, self->x[REG_A2],
                        self->x[REG_A3], self->x[REG_A4], &self->progress_count);
    if (status != CALL_RESTART)
        self->progress_count = 0;
    return status;
}
