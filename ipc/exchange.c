/* SPDX-License-Identifier: BSD-2-Clause */
/* How one message leaves its sender, and who gets it. */
#include "ipc/exchange.h"
#include "ipc/reply.h"
#include "ipc/waiter.h"
#include "kern/calls.h"
#include "kern/process.h"

#define REFILL_PIECE 8  /* elements */
#define FAULTY_PIECE 16 /* senders at fault that one receive passes over */

void exchange_call_received(struct thread *caller, struct thread *server)
{
    bool plain = !(caller->info & (ANSER_INFO_MEM | ANSER_INFO_DEADLINE | ANSER_INFO_NOINTR));
    if (plain)
        caller->info = 0; /* as the fast path would have left it */
    reply_link(caller, server, plain && !caller->process->handles.slow);
}

/* ---- Sending. */

/* Room in the buffer is for those who have waited for it longer. */
static bool may_buffer(const struct channel *channel)
{
    return channel_has_room(channel) && list_empty(&channel->senders);
}

bool exchange_can_send(const struct channel *channel)
{
    return channel->closed || channel_first_receiver(channel) || may_buffer(channel);
}

status_t exchange_send(struct channel *channel, struct thread *self)
{
    struct thread *receiver;
    struct message message = message_of(self);
    if (channel->closed)
        return -ANSER_EPIPE;
    status_t status = message_offer(channel, &message, &receiver);
    if (status > 0)
        thread_wake(receiver, (status_t)receiver->x[REG_A0]);
    if (status != 0 || !may_buffer(channel))
        return status;
    status = message_buffer(self, channel);
    return status < 0 ? status : 1;
}

bool exchange_refill(struct channel *channel)
{
    /* Who waits when it is closed has failed, though it may be told only later. */
    for (unsigned n = 0; channel_has_room(channel) && !channel->closed; n++) {
        struct waiter *sender = waiter_first(&channel->senders);
        if (!sender || sender->thread->state == ANSER_STATE_CALLING)
            break; /* a call is taken by a receiver, never buffered */
        if (n == REFILL_PIECE)
            return false;
        status_t status = waiter_load(sender);
        if (status == 0)
            status = message_buffer(sender->thread, channel);
        if (status == CALL_RESTART)
            waiter_restart(sender);
        else
            waiter_end(channel, sender, status);
    }
    return true;
}

/* The senders who have waited longest may put their elements where room has come up. */
static void refill(struct channel *channel)
{
    if (!exchange_refill(channel))
        channel_push_work(channel);
}

void calls_cancel(struct thread *thread, status_t status)
{
    struct channel *channel = (struct channel *)thread_wait_object(thread);
    bool calling = thread->state == ANSER_STATE_CALLING;
    channel_cancel(thread, status);
    /* A call at the head kept others from the room behind it. Not at once: their waits may be about
     * to be cancelled as well, and who cancels may be about to move what they send. */
    if (channel && calling && channel_has_room(channel) && !list_empty(&channel->senders))
        channel_push_work(channel);
}

/* ---- Receiving. */

/* 1: the oldest element was received; -errno: the receiver's fault. */
static status_t receive_buffered(struct channel *channel, struct thread *self)
{
    enum blame blame;
    struct message message = message_of_slot(channel_oldest(channel));
    status_t status = message_deliver(&message, self, &blame);
    if (status < 0)
        return status;
    channel_drop_oldest(channel);
    return 1;
}

/* One waiting sender's message goes to the receiver, or to nobody: as message_deliver. */
static status_t receive_from(struct waiter *sender, struct thread *self, enum blame *blame)
{
    *blame = BLAME_SENDER;
    status_t status = waiter_load(sender);
    if (status != 0)
        return status;
    struct message message = message_of(sender->thread);
    message.info = sender->thread->state == ANSER_STATE_CALLING ? ANSER_INFO_CALL : 0;
    return message_deliver(&message, self, blame);
}

/* 1: a sender's message was received; 0: there was none; -errno: the receiver's fault;
 * CALL_RESTART: none yet, but there are more senders. */
static status_t receive_from_senders(struct channel *channel, struct thread *self)
{
    struct waiter *sender;
    for (unsigned n = 0; (sender = waiter_first(&channel->senders)); n++) {
        enum blame blame;
        if (n == FAULTY_PIECE)
            return CALL_RESTART;
        status_t status = receive_from(sender, self, &blame);
        if (status < 0 && blame == BLAME_RECEIVER)
            return status;
        if (status == CALL_RESTART) {
            waiter_restart(sender);
        } else if (status == 0 && sender->thread->state == ANSER_STATE_CALLING) {
            waiter_take(channel, sender);
            exchange_call_received(sender->thread, self);
        } else {
            waiter_end(channel, sender, status);
        }
        if (status == 0)
            return 1;
    }
    return 0;
}

bool exchange_can_receive(const struct channel *channel)
{
    return channel->closed || channel->count > 0 || !list_empty(&channel->senders) ||
           event_ready(channel);
}

status_t exchange_receive(struct channel *channel, struct thread *self)
{
    status_t status = event_receive(channel, self);
    if (status == 0 && channel->count > 0)
        status = receive_buffered(channel, self);
    else if (status == 0 && !channel->closed)
        status = receive_from_senders(channel, self);
    /* Also behind a call that was received, or had a fault, there may be sends. */
    refill(channel);
    return status;
}
