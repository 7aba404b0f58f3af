/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights to answer. */
#include "ipc/reply.h"
#include "ipc/message.h"
#include "kern/calls.h"
#include "kern/panic.h"
#include "kern/process.h"

anser_handle reply_publish(struct reply *reply, struct thread *to)
{
    struct capability capability = {.object = &reply->object, .rights = ANSER_RIGHT_TRANSFER};
    status_t handle = handle_insert(&to->process->handles, &capability);
    kassert(handle >= 0); /* reserved */
    to->last_reply = reply;
    return handle;
}

void reply_link(struct thread *caller, struct thread *server, bool plain)
{
    struct reply *reply = server->last_reply;
    caller->wait_object = NULL;
    caller->wait_handle = 0;
    server->last_reply = NULL;
    if (reply) {
        reply->caller = caller;
        caller->reply = reply;
        return;
    }
    reply_drop_callers(server); /* it did not answer the one before */
    caller->server = server;
    if (plain)
        server->caller = caller;
    else
        server->odd_caller = caller;
}

struct thread *reply_take_implicit(struct thread *server)
{
    struct thread *caller = server->caller ? server->caller : server->odd_caller;
    server->caller = NULL;
    server->odd_caller = NULL;
    if (caller)
        caller->server = NULL;
    return caller;
}

void reply_revoke(struct thread *caller)
{
    if (caller->server)
        reply_take_implicit(caller->server);
    if (caller->reply)
        caller->reply->caller = NULL;
    caller->reply = NULL;
}

void reply_drop_callers(struct thread *server)
{
    struct thread *caller = reply_take_implicit(server);
    if (caller)
        message_finish(caller, -ANSER_EPIPE);
}

/*
 * reply_keep(): the right to answer that the thread has had since it received becomes a handle. So
 * a server that mostly answers at once need not ask for one with each call. -EPIPE (it has none, or
 * the caller has gone), -ENOMEM, -EMFILE: then it still has it.
 */
status_t call_reply_keep(struct thread *self)
{
    if (!self->caller && !self->odd_caller)
        return -ANSER_EPIPE;
    struct reply *reply =
        object_create(self->process->account, ANSER_TYPE_REPLY, sizeof(struct reply));
    if (!reply)
        return -ANSER_ENOMEM;
    status_t handle = handle_publish(self->process, &reply->object, ANSER_RIGHT_TRANSFER);
    if (handle < 0)
        return handle;
    reply->caller = reply_take_implicit(self);
    reply->caller->reply = reply;
    return handle;
}

bool reply_reclaim(struct object *object)
{
    struct thread *caller = ((struct reply *)object)->caller;
    if (caller) {
        reply_revoke(caller);
        message_finish(caller, -ANSER_EPIPE);
    }
    return true;
}
