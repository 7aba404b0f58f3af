/* SPDX-License-Identifier: BSD-2-Clause */
/* The channel object: its ends, queues and buffer, and how it ends. */
#include "ipc/channel.h"
#include "ipc/message.h"
#include "ipc/reply.h"
#include "kern/panic.h"
#include "kern/process.h"

#define SHUTDOWN_PIECE 32 /* waiters or elements */

/* ---- Queues. */

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

/* The fast path's receiver joins the others. */
static void slow_down(struct channel *channel)
{
    struct thread *receiver = fast_receiver(channel);
    if (receiver)
        list_append(&channel->receivers, &receiver->waiting);
    channel->receiver = &channel_busy;
}

struct thread *channel_first_receiver(const struct channel *channel)
{
    struct thread *receiver = fast_receiver(channel);
    return receiver ? receiver : thread_first(&channel->receivers);
}

void channel_take_receiver(struct channel *channel, struct thread *receiver)
{
    if (channel->receiver == receiver)
        channel->receiver = NULL;
    else
        list_remove(&receiver->waiting);
    channel_update_pending(channel);
}

void channel_add_receiver(struct channel *channel, struct thread *self)
{
    /* One who owes an answer to another caller is not for the fast path, which would forget it. */
    bool plain =
        self->info == 0 && !self->caller && !self->odd_caller && !self->process->handles.slow;
    if (plain && !channel->receiver) {
        channel->receiver = self;
        return;
    }
    slow_down(channel);
    list_append(&channel->receivers, &self->waiting);
}

/* ---- Buffer. */

static struct slot *slot_at(const struct channel *channel, uint32_t index)
{
    return (struct slot *)(channel->buffer + (size_t)index * channel->slot_size);
}

struct slot *channel_free_slot(const struct channel *channel)
{
    kassert(channel_has_room(channel));
    return slot_at(channel, (channel->head + channel->count) % channel->capacity);
}

void channel_put(struct channel *channel)
{
    channel->count++;
    channel->put_total++;
    channel_update_pending(channel);
}

struct slot *channel_oldest(const struct channel *channel)
{
    kassert(channel->count > 0);
    return slot_at(channel, channel->head);
}

void channel_drop_oldest(struct channel *channel)
{
    channel->head = (channel->head + 1) % channel->capacity;
    channel->count--;
    channel->taken_total++;
    channel_update_pending(channel);
}

static status_t buffer_create(struct channel *channel, struct account *payer)
{
    uint64_t size = (uint64_t)channel->slot_size * channel->capacity;
    phys_t block;
    if (size == 0)
        return 0;
    while ((PAGE_SIZE << channel->buffer_order) < size)
        channel->buffer_order++;
    if (!account_charge(payer, PAGE_SIZE << channel->buffer_order))
        return -ANSER_ENOMEM;
    if (!frame_alloc(channel->buffer_order, &block)) {
        account_discharge(payer, PAGE_SIZE << channel->buffer_order);
        return -ANSER_ENOMEM;
    }
    channel->buffer = direct_map(block);
    return 0;
}

static void buffer_free(struct channel *channel)
{
    if (!channel->buffer)
        return;
    frame_free(channel->buffer_order, phys((uint64_t)channel->buffer - direct_map_base));
    account_discharge(channel->object.payer, PAGE_SIZE << channel->buffer_order);
    channel->buffer = NULL;
}

/* ---- Ends. */

void channel_shut_down(struct channel *channel)
{
    channel->closed = true;
    slow_down(channel);
    if (channel->shutting)
        return;
    channel->shutting = true;
    object_reference(&channel->object);
    work_push(&channel->shutdown);
}

static bool wake_one_sender(struct channel *channel)
{
    struct thread *sender = thread_first(&channel->senders);
    if (sender)
        channel_cancel(sender, -ANSER_EPIPE);
    return sender != NULL;
}

static bool wake_one_receiver(struct channel *channel)
{
    struct thread *receiver = channel_first_receiver(channel);
    if (!receiver)
        return false;
    channel_take_receiver(channel, receiver);
    message_finish(receiver, ANSER_INFO_CLOSED);
    return true;
}

/* With no receive end left, what is buffered or pending will never be received. */
static bool drop_one(struct channel *channel)
{
    if (channel->receive_ends > 0)
        return false;
    if (channel->count > 0) {
        struct parcel *parcel = channel_oldest(channel)->parcel;
        if (parcel)
            object_release(&parcel->object);
        channel_drop_oldest(channel);
        return true;
    }
    return event_discard_first(&channel->events) || event_discard_first(&channel->gone);
}

bool shutdown_reclaim(struct object *object)
{
    struct channel *channel = container_of(object, struct channel, shutdown);
    for (unsigned n = 0; n < SHUTDOWN_PIECE; n++) {
        if (wake_one_sender(channel) || wake_one_receiver(channel) || drop_one(channel))
            continue;
        channel->shutting = false;
        channel_update_pending(channel);
        object_release(&channel->object);
        return true;
    }
    return false;
}

void channel_end_changed(struct channel *channel, uint64_t rights, int change)
{
    if (rights & ANSER_RIGHT_SEND)
        channel->send_ends += (uint32_t)change;
    if (rights & ANSER_RIGHT_RECV)
        channel->receive_ends += (uint32_t)change;
    if (change < 0 && (channel->send_ends == 0 || channel->receive_ends == 0))
        channel_shut_down(channel);
}

void channel_wake_users_of(struct process *process, anser_handle handle,
                           const struct capability *capability)
{
    uint8_t type = capability->object->type;
    struct thread *thread;
    if (type != ANSER_TYPE_CHANNEL && type != ANSER_TYPE_SIGNAL)
        return;
    list_each (thread, &process->threads, siblings)
        if (thread->wait_handle == (uint64_t)handle && thread_wait_object(thread))
            thread_cancel_wait(thread, -ANSER_EBADF);
}

void channel_cancel(struct thread *thread, status_t status)
{
    struct channel *channel = (struct channel *)thread_wait_object(thread);
    if (thread->state == ANSER_STATE_RECEIVING) {
        channel_take_receiver(channel, thread);
    } else if (channel) {
        list_remove(&thread->waiting);
        channel_update_pending(channel);
    } else {
        reply_revoke(thread);
    }
    message_finish(thread, status);
}

/* ---- The object. */

bool channel_reclaim(struct object *object)
{
    struct channel *channel = (struct channel *)object;
    /* Events hold references, threads wait on handles: nobody is here any more. */
    kassert(!channel_first_receiver(channel) && list_empty(&channel->senders));
    buffer_free(channel);
    return true;
}

struct channel *channel_make(struct account *payer, uint64_t element_size, uint64_t capacity)
{
    struct channel *channel = object_create(payer, ANSER_TYPE_CHANNEL, sizeof(struct channel));
    if (!channel)
        return NULL;
    channel->element_size = (uint32_t)element_size;
    channel->capacity = (uint32_t)capacity;
    channel->slot_size = (uint32_t)(sizeof(struct slot) + ((element_size + 7) & ~7ul));
    channel->one_word = 8;
    channel->eight_words = element_size >= ANSER_REGISTER_BYTES ? ANSER_REGISTER_BYTES : 8;
    channel->shutdown.type = TYPE_SHUTDOWN;
    list_init(&channel->senders);
    list_init(&channel->receivers);
    list_init(&channel->events);
    list_init(&channel->gone);
    channel_update_pending(channel);
    if (buffer_create(channel, payer) == 0)
        return channel;
    object_free(&channel->object);
    return NULL;
}
