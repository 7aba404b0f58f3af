/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on processes and threads. */
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/sched.h"

#define MANAGER_RIGHTS (ANSER_RIGHT_MANAGE | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

/* ---- Processes. */

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
    return handle_publish(self->process, &process->object, MANAGER_RIGHTS);
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

/* ---- Threads. */

status_t call_thread_create(struct thread *self)
{
    struct process *process;
    struct anser_thread_params params;
    status_t status = process_argument(self, self->x[REG_A0], &process);
    if (status < 0)
        return status;
    status = copy_from_user(&self->process->space, &params, user(self->x[REG_A1]), sizeof(params));
    if (status < 0)
        return status;
    struct thread *thread;
    status = thread_make(process, &params, &thread);
    if (status < 0)
        return status;
    status = handle_publish(self->process, &thread->object, MANAGER_RIGHTS);
    if (status >= 0)
        thread_start(thread);
    return status;
}

status_t call_thread_exit(struct thread *self)
{
    uint64_t word = self->x[REG_A0];
    reflect_release(self); /* who waits for the word may use the place again */
    if (word) {
        uint32_t zero = 0;
        copy_to_user(&self->process->space, user(word), &zero, sizeof(zero));
        word_wake(self->process, word, 1);
    }
    self->attention |= ATTENTION_KILLED;
    return 0;
}

/* The thread behind the handle in a0, which has the manage right; 0 is the caller. */
static status_t thread_argument(struct thread *self, struct thread **out)
{
    struct capability capability;
    *out = self;
    if (self->x[REG_A0] == 0)
        return 0;
    status_t status = handle_argument(self, ANSER_TYPE_THREAD, ANSER_RIGHT_MANAGE, &capability);
    if (status < 0)
        return status;
    *out = (struct thread *)capability.object;
    return (*out)->ended ? -ANSER_ESRCH : 0;
}

status_t call_thread_interrupt(struct thread *self)
{
    struct thread *target;
    status_t status = thread_argument(self, &target);
    if (status < 0)
        return status;
    if (!target->save)
        return -ANSER_EINVAL;
    target->attention |= ATTENTION_INTERRUPT;
    if (!thread_blocked(target))
        sched_summon(target);
    else if (thread_interrupted(target))
        thread_cancel_wait(target, -ANSER_EINTR);
    return 0;
}

status_t call_thread_priority(struct thread *self)
{
    struct thread *target;
    uint64_t priority = self->x[REG_A1];
    status_t status = thread_argument(self, &target);
    if (status < 0)
        return status;
    if (priority > target->process->priority_max)
        return -ANSER_EINVAL;
    uint32_t old = target->priority;
    sched_set_priority(target, (uint32_t)priority);
    sched_summon(target);
    hart_self()->reschedule = 1;
    return old;
}

status_t call_thread_yield(struct thread *self)
{
    sched_yield(self);
    return 0;
}

status_t call_thread_continue(struct thread *self)
{
    struct thread *target;
    status_t status = thread_argument(self, &target);
    if (status < 0)
        return status;
    if (target->state != ANSER_STATE_FAULTED)
        return -ANSER_EINVAL;
    sched_ready(target);
    return 0;
}
