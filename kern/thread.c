/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a thread. */
#include "kern/thread.h"
#include "ipc/channel.h"
#include "ipc/reply.h"
#include "ipc/signal.h"
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/lock.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/reflect.h"
#include "kern/sched.h"
#include "kern/usercopy.h"
#include "kern/word.h"

_Static_assert(sizeof(struct thread) <= 2048, "a thread fits the largest slab");

static void deadline_expired(struct deadline *deadline)
{
    thread_cancel_wait(container_of(deadline, struct thread, deadline), -ANSER_ETIMEDOUT);
}

/* Harts take new threads in turn; wake-ups move them later. */
static struct hart *first_hart(void)
{
    static uint32_t turn;
    do
        turn = (turn + 1) % hart_count;
    while (!harts[turn].online);
    return &harts[turn];
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
    thread->lock = &kernel_lock_word;
    thread->process = process;
    thread->hart = first_hart();
    thread->deadline.expired = deadline_expired;
    thread->fault.owner = &thread->object;
    list_init(&thread->queue);
    list_init(&thread->waiting);
    list_init(&thread->fault.link);
    list_append(&process->threads, &thread->siblings);
    process->thread_count++;
    thread_total++;
    object_reference(&process->object);
    *out = thread;
    return 0;
}

uint64_t thread_total;

void thread_start(struct thread *thread)
{
    object_reference(&thread->object); /* its own: dropped when it is buried */
    sched_ready(thread);
}

/* ---- Waiting. */

void thread_block(struct thread *self, uint32_t state)
{
    kassert(self->state == ANSER_STATE_RUNNING);
    self->state = state;
}

void thread_wake(struct thread *thread, status_t status)
{
    deadline_cancel(&thread->deadline);
    thread->x[REG_A0] = (uint64_t)status;
    thread->wait_channel = NULL;
    thread->wait_handle = 0;
    sched_ready(thread);
}

bool thread_blocked(const struct thread *thread)
{
    return thread->state >= ANSER_STATE_SENDING && thread->state <= ANSER_STATE_SIGNAL;
}

void thread_cancel_wait(struct thread *thread, status_t status)
{
    switch (thread->state) {
    case ANSER_STATE_SENDING:
    case ANSER_STATE_RECEIVING:
    case ANSER_STATE_CALLING:
        channel_cancel(thread, status);
        break;
    case ANSER_STATE_WORD:
        word_cancel(thread, status);
        break;
    case ANSER_STATE_SIGNAL:
        signal_cancel(thread, status);
        break;
    default:
        kassert(!thread_blocked(thread));
    }
}

const struct object *thread_wait_object(const struct thread *thread)
{
    const struct channel *channel = thread->wait_channel;
    switch (thread->state) {
    case ANSER_STATE_CALLING:
        if (thread->server || thread->reply)
            return NULL;
        /* fall through */
    case ANSER_STATE_SENDING:
    case ANSER_STATE_RECEIVING:
        return channel ? &channel->object : NULL;
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

void thread_end(struct thread *self)
{
    struct process *process = self->process;
    kassert(!self->ended);
    self->ended = true;
    space_activate(NULL);
    float_forget(self);
    reply_drop_callers(self);
    event_unbind(&self->fault);
    reflect_release(self);
    if (self->progress)
        object_release(self->progress);
    self->progress = NULL;
    self->attention &= ATTENTION_WORK | ATTENTION_KILLED;
    process->cpu_ticks += self->cpu_ticks;
    list_remove(&self->siblings);
    thread_total--;
    if (--process->thread_count == 0)
        process_last_thread_left(process);
}

bool thread_reclaim(struct object *object)
{
    struct thread *thread = (struct thread *)object;
    if (!thread->ended) { /* made, but never started */
        list_remove(&thread->siblings);
        thread->process->thread_count--;
        thread_total--;
    }
    object_release(&thread->process->object);
    return true;
}

/* ---- System calls. */

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
    if (process->dying)
        return -ANSER_ESRCH;
    status = handle_reserve(&self->process->handles, 1);
    if (status < 0)
        return status;
    struct thread *thread;
    status = thread_make(process, &params, &thread);
    if (status < 0)
        return status;
    struct capability capability = {.object = &thread->object, .rights = THREAD_RIGHTS};
    anser_handle handle;
    handle_insert(&self->process->handles, &capability, &handle);
    thread_start(thread);
    return handle;
}

status_t call_thread_exit(struct thread *self)
{
    uint64_t word = self->x[REG_A0];
    if (word) {
        uint32_t zero = 0;
        copy_to_user(&self->process->space, user(word), &zero, sizeof(zero));
        word_wake(self->process, word, 1);
    }
    self->attention |= ATTENTION_KILLED;
    return 0;
}

/* The thread behind a handle that has the manage right; 0 is the caller. */
static status_t thread_argument(struct thread *self, uint64_t handle, struct thread **out)
{
    struct capability capability;
    *out = self;
    if (handle == 0)
        return 0;
    status_t status = handle_lookup(self->process, (anser_handle)handle, ANSER_TYPE_THREAD,
                                    ANSER_RIGHT_MANAGE, &capability);
    if (status < 0)
        return status;
    *out = (struct thread *)capability.object;
    return (*out)->ended ? -ANSER_ESRCH : 0;
}

status_t call_thread_interrupt(struct thread *self)
{
    struct thread *target;
    status_t status = thread_argument(self, self->x[REG_A0], &target);
    if (status < 0)
        return status;
    if (!target->save)
        return -ANSER_EINVAL;
    target->attention |= ATTENTION_INTERRUPT;
    if (target->handler_level > 0)
        reflect_defer(target);
    else if (thread_blocked(target))
        thread_cancel_wait(target, -ANSER_EINTR);
    else
        sched_summon(target);
    return 0;
}

status_t call_thread_priority(struct thread *self)
{
    struct thread *target;
    uint64_t priority = self->x[REG_A1];
    status_t status = thread_argument(self, self->x[REG_A0], &target);
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
    struct hart *hart = hart_self();
    if (hart->ready_mask >> self->priority & 1) {
        timer_set_slice(0); /* over: to the end of the queue */
        hart->reschedule = 1;
    }
    return 0;
}

status_t call_thread_continue(struct thread *self)
{
    struct thread *target;
    status_t status = thread_argument(self, self->x[REG_A0], &target);
    if (status < 0)
        return status;
    if (target->state != ANSER_STATE_FAULTED)
        return -ANSER_EINVAL;
    sched_ready(target);
    return 0;
}
