/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights to answer. */
#include "ipc/reply.h"
#include "ipc/message.h"
#include "kern/panic.h"
#include "kern/process.h"

#define REPLY_RIGHTS ANSER_RIGHT_TRANSFER

struct reply *reply_make(struct account *payer)
{
    return object_create(payer, ANSER_TYPE_REPLY, sizeof(struct reply));
}

anser_handle reply_publish(struct reply *reply, struct thread *to)
{
    anser_handle handle;
    struct capability capability = {.object = &reply->object, .rights = REPLY_RIGHTS};
    status_t status = handle_insert(&to->process->handles, &capability, &handle);
    kassert(status == 0); /* reserved */
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

bool reply_reclaim(struct object *object)
{
    struct reply *reply = (struct reply *)object;
    struct thread *caller = reply->caller;
    if (caller) {
        reply_revoke(caller);
        message_finish(caller, -ANSER_EPIPE);
    }
    return true;
}
