/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on handles of any type. */
#include "kern/calls.h"
#include "ipc/waiter.h"
#include "kern/pages.h"
#include "kern/process.h"
#include "kern/thread.h"

status_t call_handle_close(struct thread *self)
{
    struct capability capability;
    anser_handle handle = (anser_handle)self->x[REG_A0];
    status_t status = handle_take(self->process, handle, &capability);
    if (status < 0)
        return status;
    waiter_lose_handle(self->process, handle, &capability);
    capability_release(&capability);
    return 0;
}

/* A right to answer has one owner; pages may be duplicated once frozen, or if shared. */
static bool may_duplicate(const struct object *object)
{
    return object->type != ANSER_TYPE_REPLY &&
           (object->type != ANSER_TYPE_PAGES || pages_have_many_owners(object));
}

status_t call_handle_dup(struct thread *self)
{
    struct capability capability;
    uint64_t rights = self->x[REG_A1];
    status_t status = handle_argument(self, 0, ANSER_RIGHT_DUP, &capability);
    if (status < 0)
        return status;
    if ((rights & capability.rights) != rights)
        return -ANSER_EPERM;
    if (!may_duplicate(capability.object))
        return -ANSER_EINVAL;
    capability.rights = rights;
    status = handle_insert(&self->process->handles, &capability);
    if (status >= 0)
        capability_reference(&capability);
    return status;
}

/* Moves a capability that is checked already; on an error nothing has changed. */
static status_t give(struct thread *self, struct process *to, anser_handle from)
{
    struct capability capability;
    status_t status = handle_lookup(self->process, from, 0, ANSER_RIGHT_TRANSFER, &capability);
    if (status < 0)
        return status;
    /* A process that never ran ends with its last handle: two that hold each other's never would.
     */
    if (capability.object->type == ANSER_TYPE_PROCESS &&
        !((struct process *)capability.object)->started)
        return -ANSER_EINVAL;
    status = handle_reserve(&to->handles, 1);
    if (status < 0)
        return status;
    if (capability.object->type == ANSER_TYPE_PAGES) {
        status = pages_detach_begin(capability.object);
        if (status == 0)
            status = pages_transfer(capability.object, to->account);
        if (status < 0)
            return status;
        pages_detach(capability.object);
    }
    handle_take(self->process, from, &capability);
    waiter_lose_handle(self->process, from, &capability);
    return handle_insert(&to->handles, &capability);
}

status_t call_handle_give(struct thread *self)
{
    struct process *to;
    status_t status = process_argument(self, self->x[REG_A0], &to);
    if (status < 0)
        return status;
    if (to == self->process)
        return -ANSER_EINVAL;
    return give(self, to, (anser_handle)self->x[REG_A1]);
}

/* The call that native_c_path measures: no frame, no copy of the capability. */
status_t call_handle_info(struct thread *self)
{
    const struct handle_record *record =
        handle_find(&self->process->handles, (anser_handle)self->x[REG_A0]);
    if (!record)
        return -ANSER_EBADF;
    self->x[REG_A1] = record->rights | record->object->id << 32;
    return record->object->type;
}
