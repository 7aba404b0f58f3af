/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select: waits for one of several sends and receives, as Go's statement does. Exactly one case
 * takes place, chosen at random among those that are ready.
 *
 *     struct select_case cases[] = {select_receive(a, &in), select_send(b, &out),
 * select_signal(s)}; switch (select_wait(cases, 3, CLOCK_NEVER)) { case 0: use(in.data, in.length);
 * break;
 *
 * Deadlines as in channel.h: CLOCK_NEVER waits for ever, 0 does not wait at all. A case without a
 * handle (0) is never ready.
 */
#ifndef ANSER_LIB_SELECT_H
#define ANSER_LIB_SELECT_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>
#include "channel.h"

/* Made by the functions below; valid for one select after the other. */
struct select_case {
    anser_handle handle;
    const struct channel_out *out; /* a send */
    struct channel_in *in;         /* a receive */
    bool want_reply;
    uint64_t word; /* of a signal, once its case has fired */
    int error;     /* 0, or the -errno that ended the select, if this case was at fault */
};

/* Sends *out, whose handles are the receiver's if this case fires, and no other's. */
static inline struct select_case select_send(anser_handle send, const struct channel_out *out)
{
    return (struct select_case){.handle = send, .out = out};
}

/* Receives into *in, as channel_receive does. */
static inline struct select_case select_receive(anser_handle receive, struct channel_in *in)
{
    return (struct select_case){.handle = receive, .in = in};
}

/* The same; a caller's right to an answer comes as in->reply. */
static inline struct select_case select_receive_call(anser_handle receive, struct channel_in *in)
{
    return (struct select_case){.handle = receive, .in = in, .want_reply = true};
}

/* Waits for a signal, whose word is in the case's `word` then. */
static inline struct select_case select_signal(anser_handle receive)
{
    return (struct select_case){.handle = receive};
}

/*
 * Waits until one of up to ANSER_SELECT_MAX cases has taken place; its index. Or -errno: -EAGAIN
 * (deadline 0, nothing ready), -ETIMEDOUT, -EINTR, -EINVAL (too many), -ENOMEM: no case is to
 * blame; and what channel_send, channel_receive and channel_wait return, then also in the `error`
 * of the case that failed. On an error no case has taken place.
 */
int select_wait(struct select_case *cases, unsigned count, uint64_t deadline);

/* Does not wait: -EAGAIN if no case is ready; Go's default. */
static inline int select_try(struct select_case *cases, unsigned count)
{
    return select_wait(cases, count, 0);
}

#endif
