/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a thread. */
#include "kern/thread.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/sched.h"

uint64_t thread_total;

_Static_assert(sizeof(struct thread) <= 2048, "a thread fits the largest slab");

static void deadline_expired(struct deadline *deadline)
{
    thread_cancel_wait(container_of(deadline, struct thread, deadline), -ANSER_ETIMEDOUT);
}

status_t thread_make(struct process *process, const struct anser_thread_params *params,
                     struct thread **out)
{
    if (process->dying)
        return -ANSER_ESRCH;
    if (params->priority > process->priority_max)
        return -ANSER_EINVAL;
    if (process->thread_count >= ANSER_THREADS_MAX)
        return -ANSER_EAGAIN;
    struct thread *thread =
        object_create(process->account, ANSER_TYPE_THREAD, sizeof(struct thread));
    if (!thread)
        return -ANSER_ENOMEM;
    thread->x[REG_PC] = params->entry;
    thread->x[REG_SP] = params->stack;
    thread->x[REG_A0] = params->argument;
    thread->x[REG_TP] = params->tls;
    thread->priority = (uint32_t)params->priority;
    thread->state = ANSER_STATE_DYING; /* in no queue yet */
    thread->gate = &kernel_gate;
    thread->process = process;
    thread->hart = hart_self();
    thread->deadline.expired = deadline_expired;
    thread->fault.owner = &thread->object;
    list_init(&thread->queue);
    list_init(&thread->waiting.link);
    thread->waiting.thread = thread;
    list_init(&thread->fault.link);
    list_append(&process->threads, &thread->siblings);
    process->thread_count++;
    thread_total++;
    object_reference(&process->object);
    *out = thread;
    return 0;
}

void thread_start(struct thread *thread)
{
    object_reference(&thread->object); /* its own: dropped when it is buried */
    thread->process->started = true;
    sched_ready(thread);
}

/* ---- Waiting. */

status_t thread_may_block(const struct thread *self, uint64_t info, uint64_t until)
{
    if (info & ANSER_INFO_NB)
        return -ANSER_EAGAIN;
    if (until <= time_now())
        return -ANSER_ETIMEDOUT;
    return thread_interrupted(self) ? -ANSER_EINTR : 0;
}

void thread_block(struct thread *self, uint32_t state, uint64_t until)
{
    kassert(self->state == ANSER_STATE_RUNNING);
    self->state = state;
    if (until != UINT64_MAX)
        deadline_arm(&self->deadline, until);
}

void thread_wait_on(struct thread *self, struct object *object, uint32_t state, uint64_t until)
{
    self->wait_object = object;
    self->wait_handle = self->x[REG_A0];
    thread_block(self, state, until);
}

void thread_wake(struct thread *thread, status_t status)
{
    deadline_cancel(&thread->deadline);
    thread->x[REG_A0] = (uint64_t)status;
    sched_ready(thread);
}

bool thread_blocked(const struct thread *thread)
{
    return (thread->state >= ANSER_STATE_SENDING && thread->state <= ANSER_STATE_SIGNAL) ||
           thread->state == ANSER_STATE_SELECTING;
}

cancel_wait *const *thread_cancellers;

void thread_cancel_wait(struct thread *thread, status_t status)
{
    kassert(thread_blocked(thread));
    thread_cancellers[thread->state](thread, status);
}

const struct object *thread_wait_object(const struct thread *thread)
{
    switch (thread->state) {
    case ANSER_STATE_CALLING:
        return thread->server || thread->reply ? NULL : thread->wait_object;
    case ANSER_STATE_SENDING:
    case ANSER_STATE_RECEIVING:
    case ANSER_STATE_SIGNAL:
        return thread->wait_object;
    default:
        return NULL;
    }
}

/* ---- The end. */

void thread_kill(struct thread *thread, uint32_t priority)
{
    if (thread->attention & ATTENTION_KILLED)
        return;
    thread->attention |= ATTENTION_KILLED;
    if (priority > thread->priority)
        sched_set_priority(thread, priority);
    if (thread_blocked(thread))
        thread_cancel_wait(thread, -ANSER_EINTR);
    else if (thread->state == ANSER_STATE_FAULTED)
        sched_ready(thread);
    else
        sched_summon(thread);
}

void thread_unlink(struct thread *thread)
{
    struct process *process = thread->process;
    if (process->sweep_next == &thread->siblings)
        process->sweep_next = thread->siblings.next;
    list_remove(&thread->siblings);
    process->thread_count--;
    thread_total--;
}

bool thread_reclaim(struct object *object)
{
    struct thread *thread = (struct thread *)object;
    if (!thread->ended)
        thread_unlink(thread); /* made, but never started */
    object_release(&thread->process->object);
    return true;
}
