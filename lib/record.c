/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that a service leaves with init. */
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "record.h"
#include "start.h"

/* Asks init; a handle that it did not get is closed. */
static int64_t ask(const struct keep_request *request, anser_handle handle,
                   struct keep_answer *answer, anser_handle *came)
{
    struct channel_out out = {.data = request, .length = sizeof(*request)};
    struct channel_in in = {.data = answer, .capacity = sizeof(*answer)};
    if (handle > 0) {
        out.handle_count = 1;
        out.handles[0] = handle;
    }
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0) {
        if (handle > 0)
            handle_close(handle);
        return error;
    }
    *came = in.handle_count ? in.handles[0] : 0;
    return answer->status;
}

int64_t record_store(uint64_t key, const uint64_t words[KEEP_WORDS], anser_handle handle)
{
    struct keep_request request = {.type = KEEP_STORE, .key = key};
    struct keep_answer answer;
    anser_handle none;
    memcpy(request.words, words, sizeof(request.words));
    return ask(&request, handle, &answer, &none);
}

int64_t record_drop(uint64_t key)
{
    struct keep_request request = {.type = KEEP_DROP, .key = key};
    struct keep_answer answer;
    anser_handle none;
    return ask(&request, 0, &answer, &none);
}

int64_t record_next(uint64_t key, struct keep_answer *record, anser_handle *handle)
{
    struct keep_request request = {.type = KEEP_NEXT, .key = key};
    *handle = 0;
    return ask(&request, 0, record, handle);
}
