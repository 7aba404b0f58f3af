/* SPDX-License-Identifier: BSD-2-Clause */
/* call, reply_recv, send, recv, reply: the complete C versions of the IPC system calls. */
#include "ipc/badge.h"
#include "ipc/exchange.h"
#include "ipc/reply.h"
#include "ipc/waiter.h"
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/sched.h"

#define INFO_SEND (ANSER_INFO_EXPLICIT_REPLY | ANSER_INFO_WANT_REPLY) /* make no sense there */

static status_t find_channel(struct thread *self, uint64_t right, struct channel **out)
{
    struct capability capability;
    self->info = self->x[REG_A1] & ANSER_INFO_MEM; /* how errors return */
    status_t status = handle_argument(self, ANSER_TYPE_CHANNEL, right, &capability);
    if (status < 0)
        return status;
    *out = (struct channel *)capability.object;
    self->badge = badge_value(capability.badge);
    return 0;
}

/* ---- Sending: send, and the first half of call. */

static status_t load_for_sending(struct thread *self, struct channel **channel)
{
    status_t status = find_channel(self, ANSER_RIGHT_SEND, channel);
    if (status == 0)
        status = message_load(self, (*channel)->element_size);
    if (status == 0 && self->info & INFO_SEND)
        status = -ANSER_EINVAL;
    return status == 0 && (*channel)->closed ? -ANSER_EPIPE : status;
}

/* To the end of the senders' queue, if it may wait. */
static status_t queue_sender(struct thread *self, struct channel *channel, uint32_t state)
{
    status_t status = thread_may_block(self, self->info, self->until);
    if (status < 0)
        return message_return(self, status);
    channel_add_sender(channel, &self->waiting);
    thread_wait_on(self, &channel->object, state, self->until);
    return (status_t)self->x[REG_A0];
}

status_t call_send(struct thread *self)
{
    struct channel *channel;
    status_t status = load_for_sending(self, &channel);
    if (status == 0)
        status = exchange_send(channel, self);
    if (status != 0)
        return message_return(self, status > 0 ? 0 : status);
    return queue_sender(self, channel, ANSER_STATE_SENDING);
}

/* The server runs next, here: the caller blocks, and gives it the rest of its time slice. */
static status_t call_taken(struct thread *self, struct thread *server)
{
    exchange_call_received(self, server);
    deadline_cancel(&server->deadline);
    sched_ready_next(server);
    thread_block(self, ANSER_STATE_CALLING, self->until);
    return (status_t)self->x[REG_A0];
}

status_t call_call(struct thread *self)
{
    struct channel *channel;
    struct thread *server;
    status_t status = load_for_sending(self, &channel);
    if (status == 0)
        status = message_check_room(self);
    if (status == 0 && thread_interrupted(self))
        status = -ANSER_EINTR;
    if (status < 0)
        return message_return(self, status);
    struct message message = message_of(self);
    message.info = ANSER_INFO_CALL;
    status = message_offer(channel, &message, &server);
    if (status > 0)
        return call_taken(self, server);
    return status < 0 ? message_return(self, status)
                      : queue_sender(self, channel, ANSER_STATE_CALLING);
}

/* ---- Receiving. */

/* Made again, reply_recv must not answer twice: it goes on as recv. */
static status_t restart(struct thread *self)
{
    self->x[REG_A7] = (uint64_t)ANSER_CALL_recv;
    self->x[REG_A1] = self->info & ~INFO_REPLY_FAILED_NOTE;
    self->progress_count = self->info & INFO_REPLY_FAILED_NOTE;
    return message_return(self, CALL_RESTART);
}

/* The receiving half of recv and reply_recv, with the room loaded. */
static status_t receive(struct channel *channel, struct thread *self)
{
    status_t status = exchange_receive(channel, self);
    channel_update_pending(channel);
    if (status > 0)
        return (status_t)self->x[REG_A0];
    if (status == CALL_RESTART)
        return restart(self);
    if (status == 0)
        status =
            channel->closed ? ANSER_INFO_CLOSED : thread_may_block(self, self->info, self->until);
    if (status != 0)
        return message_return(self, status);
    thread_wait_on(self, &channel->object, ANSER_STATE_RECEIVING, self->until);
    channel_add_receiver(channel, &self->waiting);
    return (status_t)self->x[REG_A0];
}

status_t call_recv(struct thread *self)
{
    struct channel *channel;
    uint64_t reply_failed = self->progress_count; /* of a reply_recv that goes on as recv */
    self->progress_count = 0;
    status_t status = find_channel(self, ANSER_RIGHT_RECV, &channel);
    if (status == 0)
        status = message_load_room(self);
    if (status == 0 &&
        self->info & (ANSER_INFO_EXPLICIT_REPLY | ANSER_INFO_HANDLES | ANSER_INFO_BYTES))
        status = -ANSER_EINVAL;
    if (status < 0)
        return message_return(self, status);
    self->info |= reply_failed;
    return receive(channel, self);
}

/* ---- Replying. */

/* Who is to be answered; the right is spent with this. */
static status_t find_caller(struct thread *self, struct thread **out)
{
    if (!(self->info & ANSER_INFO_EXPLICIT_REPLY)) {
        *out = reply_take_implicit(self);
        return *out ? 0 : -ANSER_EPIPE;
    }
    struct capability capability;
    status_t status =
        handle_lookup(self->process, self->explicit_reply, ANSER_TYPE_REPLY, 0, &capability);
    if (status < 0)
        return status;
    if (message_carries(self, self->explicit_reply))
        return -ANSER_EINVAL; /* used and given away at once */
    struct reply *reply = (struct reply *)capability.object;
    *out = reply->caller;
    if (*out)
        reply_revoke(*out);
    handle_take(self->process, self->explicit_reply, &capability);
    capability_release(&capability);
    return *out ? 0 : -ANSER_EPIPE;
}

/*
 * Never blocks. An error of the message itself is the server's, and spends nothing; what fails at
 * the caller's side is told to both.
 */
static status_t answer(struct thread *self)
{
    struct thread *caller;
    enum blame blame;
    status_t status = find_caller(self, &caller);
    if (status < 0)
        return status;
    struct message message = message_of(self);
    message.badge = 0;
    status = message_deliver(&message, caller, &blame);
    deadline_cancel(&caller->deadline);
    if (status < 0)
        message_return(caller, blame == BLAME_RECEIVER ? status : -ANSER_EPIPE);
    sched_ready_next(caller);
    return status;
}

status_t call_reply(struct thread *self)
{
    self->info = self->x[REG_A1] & ANSER_INFO_MEM;
    status_t status = message_load(self, ANSER_ELEMENT_MAX);
    if (status == 0)
        status = answer(self);
    return message_return(self, status);
}

status_t call_reply_recv(struct thread *self)
{
    struct channel *channel;
    status_t status = find_channel(self, ANSER_RIGHT_RECV, &channel);
    if (status == 0)
        status = message_load(self, ANSER_ELEMENT_MAX);
    if (status == 0)
        status = message_check_room(self);
    if (status < 0)
        return message_return(self, status);
    if (answer(self) < 0)
        self->info |= INFO_REPLY_FAILED_NOTE;
    const struct handle_record *record =
        handle_find(&self->process->handles, (anser_handle)self->x[REG_A0]);
    if (!record || record->object != &channel->object)
        return message_return(self, -ANSER_EBADF); /* it went away with the reply */
    self->info &= ANSER_INFO_MEM | ANSER_INFO_DEADLINE | ANSER_INFO_NB | ANSER_INFO_WANT_REPLY |
                  INFO_REPLY_FAILED_NOTE;
    return receive(channel, self);
}
