/* SPDX-License-Identifier: BSD-2-Clause */
/* What init is asked, and what comes back. */
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "start.h"
#include "bench_start.h"

anser_handle bench_start(const char *name, anser_handle exit)
{
    union {
        struct init_start head;
        char bytes[128];
    } request = {.head = {.type = INIT_START,
                          .flags = INIT_START_CONSOLE | (exit ? INIT_START_EXIT : 0),
                          .argument_count = 1,
                          .argument_length = strlen(name) + 1}};
    struct init_started answer;
    strcpy(request.head.arguments, name);
    struct channel_out out = {
        .data = &request,
        .length = sizeof(request.head) + request.head.argument_length,
        .handle_count = exit ? 2 : 1,
        .handles = {handle_duplicate(start_handle(START_STDOUT)), exit},
    };
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    for (unsigned i = 1; i < in.handle_count; i++)
        handle_close(in.handles[i]);
    return answer.status < 0 ? answer.status : in.handles[0];
}
