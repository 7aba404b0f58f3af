/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on processes. */
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/usercopy.h"

#define PROCESS_RIGHTS (ANSER_RIGHT_MANAGE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

status_t call_process_create(struct thread *self)
{
    struct anser_process_params params;
    status_t status =
        copy_from_user(&self->process->space, &params, user(self->x[REG_A0]), sizeof(params));
    if (status < 0)
        return status;
    if (params.priority_max > self->process->priority_max)
        return -ANSER_EINVAL;
    struct process *process;
    status = process_make(self->process->account, &params, &process);
    if (status < 0)
        return status;
    process->parent_id = self->process->object.id;
    if (params.exit)
        status = event_bind(&process->exit, self->process, params.exit);
    if (status == 0 && params.fault)
        status = event_bind(&process->fault_target, self->process, params.fault);
    if (status < 0) {
        event_unbind(&process->exit); /* nothing ran: there is no end to tell of */
        object_release(&process->object);
        return status;
    }
    return handle_publish(self->process, &process->object, PROCESS_RIGHTS);
}

status_t call_process_kill(struct thread *self)
{
    struct process *process;
    status_t status = process_argument(self, self->x[REG_A0], &process);
    if (status < 0)
        return status;
    process_end(process, (int64_t)self->x[REG_A1], ANSER_EXIT_KILLED, self->priority);
    return 0;
}

status_t call_process_exit(struct thread *self)
{
    process_end(self->process, (int64_t)self->x[REG_A0], ANSER_EXIT_NORMAL, self->priority);
    self->attention |= ATTENTION_KILLED;
    return 0;
}
