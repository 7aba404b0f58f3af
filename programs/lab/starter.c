/* SPDX-License-Identifier: BSD-2-Clause */
/* The client side of init that lab needs: handles are deposited, then the program is started. */
#include "starter.h"

#include <stdio.h>
#include <string.h>
#include <anser/lab.h>
#include "lib/channel.h"
#include "lib/start.h"

#define WORKER_C  "lab\0--worker"
#define WORKER_GO "labgo"

/* Deposits a handle for the start that follows. It is given away, also on an error. */
static int deposit(const char *name, anser_handle handle)
{
    struct init_give request = {.type = INIT_GIVE};
    int64_t status = 0;
    strcpy(request.name, name);
    struct channel_out out = {
        .data = &request, .length = sizeof(request), .handle_count = 1, .handles = {handle}};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    if (handle < 0)
        return (int)handle;
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0)
        handle_close(handle);
    return error < 0 ? error : (int)status;
}

/* A worker says what is wrong where lab does. */
static int deposit_stream(const char *name)
{
    anser_handle stream = start_handle(name);
    return stream == 0 ? 0 : deposit(name, handle_duplicate(stream));
}

static int deposit_all(anser_handle lab)
{
    int error = deposit(LAB_HANDLE, lab);
    if (error == 0)
        error = deposit_stream(START_STDOUT);
    return error < 0 ? error : deposit_stream(START_STDERR);
}

/* What init answered: the process, or why not. */
static anser_handle take_answer(const struct init_started *answer, struct channel_in *in,
                                char text[static INIT_TEXT_MAX])
{
    snprintf(text, INIT_TEXT_MAX, "%.*s", INIT_TEXT_MAX - 1, answer->text);
    for (unsigned i = 1; i < in->handle_count; i++)
        handle_close(in->handles[i]);
    if (answer->status < 0)
        return answer->status;
    return in->handle_count > 0 ? in->handles[0] : -ANSER_EMFILE;
}

anser_handle starter_run(bool go, uint64_t memory_pages, anser_handle lab, anser_handle exit,
                         char text[static INIT_TEXT_MAX])
{
    const char *words = go ? WORKER_GO : WORKER_C;
    size_t length = go ? sizeof(WORKER_GO) : sizeof(WORKER_C);
    union {
        struct init_start head;
        char bytes[128];
    } request = {.head = {.type = INIT_START,
                          .flags = INIT_START_EXIT,
                          .argument_count = go ? 1 : 2,
                          .argument_length = length,
                          .memory_pages = memory_pages}};
    struct init_started answer = {.text = ""};
    text[0] = '\0';
    int error = exit < 0 ? (int)exit : deposit_all(lab);
    if (error < 0) {
        handle_close(exit);
        return error;
    }
    memcpy(request.head.arguments, words, length);
    struct channel_out out = {.data = &request,
                              .length = sizeof(request.head) + length,
                              .handle_count = 1,
                              .handles = {exit}};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0) {
        handle_close(exit);
        return error;
    }
    return take_answer(&answer, &in, text);
}
