/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests to the clock server. */
#include "realtime.h"

#include <errno.h>
#include "channel.h"

/* `handle`: for the one that comes along; NULL: none is wanted. */
static int ask(anser_handle clock, const void *request, size_t length,
               struct realtime_answer *answer, anser_handle *handle)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = sizeof(*answer)};
    int error = channel_call_uninterrupted(clock, &out, &in);
    if (error < 0)
        return error;
    if (handle && in.handle_count > 0)
        *handle = in.handles[0];
    return in.length >= sizeof(answer->status) ? (int)answer->status : -EIO;
}

int realtime_get(anser_handle clock, struct realtime_answer *answer)
{
    uint64_t type = REALTIME_GET;
    return ask(clock, &type, sizeof(type), answer, NULL);
}

anser_handle realtime_page(anser_handle clock)
{
    uint64_t type = REALTIME_PAGE;
    struct realtime_answer answer;
    anser_handle page = 0;
    int error = ask(clock, &type, sizeof(type), &answer, &page);
    if (error < 0)
        return error;
    return page > 0 ? page : -EIO;
}

int realtime_set(anser_handle clock, uint64_t nanoseconds, uint64_t ticks)
{
    struct realtime_set request = {
        .type = REALTIME_SET, .nanoseconds = nanoseconds, .ticks = ticks};
    struct realtime_answer answer;
    return ask(clock, &request, sizeof(request), &answer, NULL);
}
