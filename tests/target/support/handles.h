/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages that carry handles and no data, sent and received by a test itself or by a task. */
#ifndef ANSER_TESTS_HANDLES_H
#define ANSER_TESTS_HANDLES_H

#include <string.h>
#include "channel.h"
#include "clock.h"

/* The status. Deadlines as in channel.h. */
static inline int64_t send_handles(anser_handle send, const anser_handle *handles, unsigned count,
                                   uint64_t deadline)
{
    struct channel_out out = {.handle_count = count};
    memcpy(out.handles, handles, count * sizeof(*handles));
    return channel_send(send, &out, deadline);
}

/* How many came (they are the first of all four that are written), or -errno. */
static inline int64_t receive_handles(anser_handle receive, anser_handle handles[4],
                                      uint64_t deadline)
{
    uint64_t nothing[8];
    struct channel_in in = {.data = nothing, .capacity = sizeof(nothing)};
    int status = channel_receive(receive, &in, 0, deadline);
    if (status < 0)
        return status;
    memcpy(handles, in.handles, sizeof(in.handles));
    return in.handle_count;
}

/* What a task does: the argument of the next two. */
struct transfer {
    anser_handle way;
    anser_handle handles[4];
    unsigned count;
};

static inline int64_t do_send(void *argument)
{
    struct transfer *transfer = argument;
    return send_handles(transfer->way, transfer->handles, transfer->count, CLOCK_NEVER);
}

static inline int64_t do_receive(void *argument)
{
    struct transfer *transfer = argument;
    return receive_handles(transfer->way, transfer->handles, CLOCK_NEVER);
}

#endif
