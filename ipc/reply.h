/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The right to answer a call, once. Usually it is implicit: the server thread that received the
 * call holds it (thread.caller). Asked for (WANT_REPLY), it is an object behind a handle, which may
 * answer later and from any thread. Dropped, the caller gets -EPIPE.
 */
#pragma once

#include "kern/thread.h"

struct reply {
    struct object object;
    struct thread *caller; /* NULL: spent, or the caller has gone */
};

/* The reply object of a call that is being received -> handle in the receiver's table, where a slot
 * is reserved. */
anser_handle reply_publish(struct reply *reply, struct thread *to);

/* The server has received the caller's message (delivery done): the caller now waits for it. */
void reply_link(struct thread *caller, struct thread *server, bool plain);
/* The caller that a server thread may answer implicitly, or NULL; forgets it. */
struct thread *reply_take_implicit(struct thread *server);
/* The caller goes (killed, timed out, interrupted): nobody may answer any more. */
void reply_revoke(struct thread *caller);
/* The server thread ends: its implicit callers get -EPIPE. */
void reply_drop_callers(struct thread *server);
