/* SPDX-License-Identifier: BSD-2-Clause */
/* The queues of channels, and threads that stand in several at once. */
#include "ipc/waiter.h"
#include "ipc/badge.h"
#include "ipc/message.h"
#include "ipc/select.h"
#include "ipc/signal.h"
#include "kern/process.h"

#define SWEEP_PIECE 16 /* threads that may wait on a handle that has gone */

/* ---- Receivers: one for the fast path, or a list. */

/* Elements that even one word does not fit into never pass fast: the fast path looks at no size. */
static bool needs_look(const struct channel *channel)
{
    return channel->count > 0 || channel->closed || !list_empty(&channel->senders) ||
           !list_empty(&channel->receivers) || !list_empty(&channel->events) ||
           !list_empty(&channel->gone) || channel->element_size < channel->one_word;
}

static struct thread *fast_receiver(const struct channel *channel)
{
    return channel->receiver == &channel_busy ? NULL : channel->receiver;
}

/* While there is a receiver for the fast path, nothing is there to be received. */
void channel_update_pending(struct channel *channel)
{
    if (!fast_receiver(channel))
        channel->receiver = needs_look(channel) ? &channel_busy : NULL;
}

void channel_slow_down(struct channel *channel)
{
    struct thread *receiver = fast_receiver(channel);
    if (receiver)
        list_append(&channel->receivers, &receiver->waiting.link);
    channel->receiver = &channel_busy;
}

struct waiter *channel_first_receiver(const struct channel *channel)
{
    struct thread *receiver = fast_receiver(channel);
    return receiver ? &receiver->waiting : waiter_first(&channel->receivers);
}

void channel_add_receiver(struct channel *channel, struct waiter *waiter)
{
    struct thread *self = waiter->thread;
    /* One who owes an answer to another caller is not for the fast path, which would forget it. */
    bool plain =
        self->info == 0 && !self->caller && !self->odd_caller && !self->process->handles.slow;
    if (plain && !channel->receiver) {
        channel->receiver = self;
        return;
    }
    channel_slow_down(channel);
    list_append(&channel->receivers, &waiter->link);
}

void channel_add_sender(struct channel *channel, struct waiter *waiter)
{
    list_append(&channel->senders, &waiter->link);
    channel_update_pending(channel);
}

void channel_push_work(struct channel *channel)
{
    if (channel->working)
        return;
    channel->working = true;
    object_reference(&channel->object);
    work_push(&channel->work);
}

/* ---- Who waits for a signal, likewise. */

static struct thread *fast_waiter(const struct signal *signal)
{
    return signal->waiter == &channel_busy ? NULL : signal->waiter;
}

/* While somebody waits for the fast path, there is nothing else. */
void signal_update_pending(struct signal *signal)
{
    bool look = signal->bits || signal->closed || !list_empty(&signal->waiters);
    if (!fast_waiter(signal))
        signal->waiter = look ? &channel_busy : NULL;
}

void signal_slow_down(struct signal *signal)
{
    struct thread *waiter = fast_waiter(signal);
    if (waiter)
        list_append(&signal->waiters, &waiter->waiting.link);
    signal->waiter = &channel_busy;
}

void signal_add_waiter(struct signal *signal, struct waiter *waiter, bool plain)
{
    if (plain && !signal->waiter) {
        signal->waiter = waiter->thread;
        return;
    }
    signal_slow_down(signal);
    list_append(&signal->waiters, &waiter->link);
}

struct waiter *signal_first_waiter(const struct signal *signal)
{
    struct thread *waiter = fast_waiter(signal);
    return waiter ? &waiter->waiting : waiter_first(&signal->waiters);
}

/* ---- Threads that select. */

static struct select_case *case_of(struct waiter *waiter)
{
    struct select_case *place = container_of(waiter, struct select_case, waiter);
    struct selection *selection = waiter->thread->selection;
    selection->index = (int32_t)(place - selection->cases);
    return place;
}

/* Out of all queues. Harmless on one that has left. */
static void leave(struct selection *selection)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        struct select_case *place = &selection->cases[i];
        list_remove(&place->waiter.link);
        if (!place->object)
            continue;
        if (place->object->type == ANSER_TYPE_CHANNEL)
            channel_update_pending((struct channel *)place->object);
        else
            signal_update_pending((struct signal *)place->object);
    }
    selection->count = 0;
}

status_t select_case_load(struct select_case *place)
{
    struct thread *self = case_of(&place->waiter)->waiter.thread;
    if (!(place->info & ANSER_CASE_SEND))
        return message_load_case_room(self, place->message, place->info);
    const struct handle_record *record = handle_find(&self->process->handles, place->handle);
    if (!record)
        return -ANSER_EBADF; /* it is just going, and who waits on it is told one after the other */
    self->badge = badge_value(record->badge_object);
    return message_load_case(self, place->message, place->info & ~(uint32_t)ANSER_CASE_SEND,
                             ((const struct channel *)place->object)->element_size);
}

/* Is `at`, on which the thread waits, the handle that has gone? 0: any that has. */
static bool is_lost(const struct thread *thread, anser_handle at, anser_handle handle)
{
    return handle ? at == handle : at && !handle_find(&thread->process->handles, at);
}

bool waiter_lost(const struct waiter *waiter)
{
    anser_handle at = (anser_handle)waiter->thread->wait_handle;
    if (waiter_selects(waiter))
        at = container_of(waiter, const struct select_case, waiter)->handle;
    return is_lost(waiter->thread, at, 0);
}

status_t waiter_load(struct waiter *waiter)
{
    if (waiter_lost(waiter))
        return -ANSER_EBADF;
    if (!waiter_selects(waiter))
        return 0;
    struct select_case *place = case_of(waiter);
    status_t status = select_case_load(place);
    if (status == 0 && place->info & ANSER_CASE_SEND)
        status = message_detach_begin(waiter->thread);
    return status;
}

void waiter_take(struct channel *channel, struct waiter *waiter)
{
    if (waiter_selects(waiter))
        leave(waiter->thread->selection);
    else if (channel->receiver == waiter->thread)
        channel->receiver = NULL;
    else
        list_remove(&waiter->link);
    channel_update_pending(channel);
}

void waiter_end_case(struct waiter *waiter, status_t status)
{
    struct thread *thread = case_of(waiter)->waiter.thread;
    leave(thread->selection);
    message_finish(thread, status);
}

void waiter_end(struct channel *channel, struct waiter *waiter, status_t status)
{
    if (waiter_selects(waiter)) {
        waiter_end_case(waiter, status);
        return;
    }
    waiter_take(channel, waiter);
    message_finish(waiter->thread, status);
}

void waiter_restart(struct waiter *waiter)
{
    struct thread *thread = waiter->thread;
    const struct selection *selection = thread->selection;
    leave(thread->selection);
    memcpy(&thread->x[REG_A0], selection->again, sizeof(selection->again));
    thread->x[REG_A7] = (uint64_t)ANSER_CALL_chan_select;
    thread->x[REG_PC] -= 4;
    thread->info = 0;
    thread_wake(thread, (status_t)thread->x[REG_A0]);
}

void waiter_settle(struct thread *thread)
{
    thread->wait_handle = 0;
    if (thread->state == ANSER_STATE_SELECTING)
        leave(thread->selection);
    else
        list_remove(&thread->waiting.link); /* others who leave now must not find it there */
}

void select_cancel(struct thread *thread, status_t status)
{
    leave(thread->selection);
    thread->selection->index = -1;
    message_finish(thread, status);
}

/* ---- Handles that go away. */

static struct waiter *lost_case(struct thread *thread, anser_handle handle)
{
    struct selection *selection = thread->selection;
    for (uint32_t i = 0; i < selection->count; i++)
        if (is_lost(thread, selection->cases[i].handle, handle))
            return &selection->cases[i].waiter;
    return NULL;
}

/* Its wait ends, if it is for the handle. No call that leaves a queue lets others in here. */
static void end_lost_wait(struct thread *thread, anser_handle handle)
{
    const struct object *object = thread_wait_object(thread);
    if (thread->state == ANSER_STATE_SELECTING) {
        struct waiter *waiter = lost_case(thread, handle);
        if (waiter)
            waiter_end_case(waiter, -ANSER_EBADF);
    } else if (object && is_lost(thread, (anser_handle)thread->wait_handle, handle)) {
        if (object->type == ANSER_TYPE_CHANNEL)
            waiter_end((struct channel *)object, &thread->waiting, -ANSER_EBADF);
        else
            thread_cancel_wait(thread, -ANSER_EBADF);
    }
}

bool sweep_reclaim(struct object *object)
{
    struct process *process = container_of(object, struct process, sweep);
    for (unsigned n = 0; n < SWEEP_PIECE; n++) {
        if (process->sweep_next == &process->threads) {
            process->sweep_next = NULL;
            object_release(&process->object);
            return true;
        }
        struct thread *thread = container_of(process->sweep_next, struct thread, siblings);
        process->sweep_next = thread->siblings.next;
        end_lost_wait(thread, 0);
    }
    return false;
}

/* From the first thread on, also if it was under way. */
static void push_sweep(struct process *process)
{
    bool pushed = process->sweep_next != NULL;
    process->sweep_next = process->threads.next;
    if (pushed)
        return;
    object_reference(&process->object);
    work_push(&process->sweep);
}

/* Who waits on a lost handle, until the sweep comes to it, gets its error from whoever would serve
 * it: not from the fast path. */
static void look_at_waiters(struct object *object)
{
    if (object->type == ANSER_TYPE_CHANNEL) {
        channel_slow_down((struct channel *)object);
        channel_update_pending((struct channel *)object);
    } else {
        signal_slow_down((struct signal *)object);
        signal_update_pending((struct signal *)object);
    }
}

void waiter_lose_handle(struct process *process, anser_handle handle,
                        const struct capability *capability)
{
    struct channel *channel = (struct channel *)capability->object;
    uint8_t type = capability->object->type;
    struct thread *thread;
    if (type != ANSER_TYPE_CHANNEL && type != ANSER_TYPE_SIGNAL)
        return;
    if (process->thread_count > SWEEP_PIECE) {
        push_sweep(process);
        look_at_waiters(capability->object);
    } else {
        list_each (thread, &process->threads, siblings)
            end_lost_wait(thread, handle);
    }
    /* A call may have kept senders from the room behind it. They may carry handles, whose loss lets
     * others in, and so on: as work, that is no recursion. */
    if (type == ANSER_TYPE_CHANNEL && channel_has_room(channel) && !list_empty(&channel->senders))
        channel_push_work(channel);
}
