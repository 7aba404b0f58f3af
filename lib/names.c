/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of the name service. */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "names.h"
#include "start.h"

/* One request with at most one handle each way. Returns the answer's status or -errno; a handle
 * that came with it is in *received, or closed if received is NULL. */
static int ask(struct names_request *request, const char *name, anser_handle given,
               struct names_answer *answer, anser_handle *received)
{
    size_t length = strlen(name);
    if (length >= NAMES_NAME_MAX)
        return -EINVAL;
    memcpy(request->name, name, length);
    struct channel_out out = {.data = request, .length = sizeof(*request)};
    if (given != 0) {
        out.handle_count = 1;
        out.handles[0] = given;
    }
    memset(answer, 0, sizeof(*answer));
    struct channel_in in = {.data = answer, .capacity = sizeof(*answer)};
    int status = channel_call_uninterrupted(start_handle(START_NAMES), &out, &in);
    if (status < 0)
        return status;
    unsigned kept = received != NULL && in.handle_count > 0 ? 1 : 0;
    for (unsigned i = kept; i < in.handle_count; i++)
        handle_close(in.handles[i]);
    if (kept)
        *received = in.handles[0];
    return in.length >= sizeof(answer->status) ? (int)answer->status : -EIO;
}

int names_publish(const char *name, anser_handle send)
{
    struct names_request request = {.type = NAMES_PUBLISH};
    struct names_answer answer;
    return ask(&request, name, send, &answer, NULL);
}

int names_withdraw(const char *name)
{
    struct names_request request = {.type = NAMES_WITHDRAW};
    struct names_answer answer;
    return ask(&request, name, 0, &answer, NULL);
}

anser_handle names_lookup(const char *name)
{
    struct names_request request = {.type = NAMES_LOOKUP};
    struct names_answer answer;
    anser_handle handle = 0;
    int status = ask(&request, name, 0, &answer, &handle);
    if (status >= 0 && handle != 0)
        return handle;
    handle_close(handle);
    return status < 0 ? status : -EIO;
}

int names_watch(const char *name, anser_handle send)
{
    struct names_request request = {.type = NAMES_WATCH};
    struct names_answer answer;
    return ask(&request, name, send, &answer, NULL);
}

/* Waits on a watch that was set up before the look-up, so no publication is missed. */
static anser_handle wait_watched(const char *name, anser_handle receive, uint64_t deadline)
{
    for (;;) {
        anser_handle handle = names_lookup(name);
        if (handle != -ESRCH)
            return handle;
        struct names_request news;
        struct channel_in in = {.data = &news, .capacity = sizeof(news)};
        int status = channel_receive(receive, &in, 0, deadline);
        if (status < 0)
            return status;
        if (in.flags & ANSER_INFO_CLOSED)
            return -EPIPE;
    }
}

anser_handle names_wait(const char *name, uint64_t deadline)
{
    struct channel watch;
    int status = channel_create(&watch, sizeof(struct names_request), 1);
    if (status < 0)
        return status;
    status = names_watch(name, watch.send);
    if (status < 0)
        handle_close(watch.send);
    anser_handle handle = status < 0 ? status : wait_watched(name, watch.receive, deadline);
    handle_close(watch.receive);
    return handle;
}

int names_list(uint64_t index, struct names_answer *answer)
{
    struct names_request request = {.type = NAMES_LIST, .index = index};
    return ask(&request, "", 0, answer, NULL);
}
