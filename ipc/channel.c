/* SPDX-License-Identifier: BSD-2-Clause */
/* The channel object: its ends, queues and buffer, and how it ends. */
#include "ipc/channel.h"
#include "ipc/message.h"
#include "ipc/reply.h"
#include "ipc/waiter.h"
#include "kern/panic.h"
#include "kern/process.h"

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
    channel_slow_down(channel);
    channel_push_work(channel);
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

void channel_cancel(struct thread *thread, status_t status)
{
    struct channel *channel = (struct channel *)thread_wait_object(thread);
    if (channel) {
        waiter_end(channel, &thread->waiting, status);
        return;
    }
    reply_revoke(thread);
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
    channel->waiter = &channel_busy;
    channel->eight_words = element_size >= ANSER_REGISTER_BYTES ? ANSER_REGISTER_BYTES : 8;
    channel->work.type = TYPE_CHANNEL_WORK;
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
