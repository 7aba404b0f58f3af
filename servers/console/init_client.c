/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of init's protocol. */
#include <string.h>
#include "lib/channel.h"
#include "init_client.h"
#include "shell.h"

/* One request; returns the status in the answer's first word, or the call's error. */
static int64_t ask(const void *request, size_t length, void *answer, size_t size)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = size};
    int error = channel_call(shell.init, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    for (unsigned i = 0; i < in.handle_count; i++)
        handle_close(in.handles[i]);
    int64_t status;
    memcpy(&status, answer, sizeof(status));
    return status;
}

static int64_t query(uint64_t type, uint64_t index, const char *name, void *answer, size_t size)
{
    struct init_query request = {.type = type, .index = index};
    strncpy(request.name, name, sizeof(request.name) - 1);
    return ask(&request, sizeof(request), answer, size);
}

int64_t init_next_program(uint64_t index, struct init_program *program)
{
    return query(INIT_PROGRAM, index, "", program, sizeof(*program));
}

int64_t init_next_service(uint64_t index, struct init_service *service)
{
    return query(INIT_SERVICE, index, "", service, sizeof(*service));
}

int64_t init_next_device(uint64_t index, struct init_device *device)
{
    return query(INIT_DEVICE, index, "", device, sizeof(*device));
}

int64_t init_restart(const char *service)
{
    int64_t status;
    if (strlen(service) >= ANSER_NAME_MAX)
        return -ANSER_ESRCH;
    return query(INIT_RESTART, 0, service, &status, sizeof(status));
}

/* Sends the request and takes what was started out of the answer. */
static int64_t start(const struct channel_out *out, struct started *program)
{
    struct init_started answer = {.text = ""};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = channel_call(shell.init, out, &in, CLOCK_NEVER);
    *program = (struct started){.id = answer.process};
    if (error < 0) {
        handle_close(out->handles[0]);
        handle_close(out->handles[1]);
        return error;
    }
    memcpy(program->text, answer.text, sizeof(program->text));
    if (answer.status < 0)
        return answer.status;
    if (in.handle_count < 2)
        return -ANSER_EMFILE;
    program->process = in.handles[0];
    program->foreign = answer.flags & INIT_STARTED_FOREIGN;
    if (answer.flags & (INIT_STARTED_FOREIGN | INIT_STARTED_SIGNALS))
        program->signals = in.handles[1];
    else
        handle_close(in.handles[1]);
    return 0;
}

int64_t init_start(unsigned count, char **words, anser_handle session, anser_handle exit,
                   struct started *program)
{
    union {
        struct init_start head;
        char bytes[1024];
    } request = {.head = {.type = INIT_START,
                          .flags = INIT_START_CONSOLE | INIT_START_EXIT,
                          .argument_count = count}};
    char *at = request.head.arguments;
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(words[i]) + 1;
        memcpy(at, words[i], length); /* a command line is far shorter than the request */
        at += length;
    }
    request.head.argument_length = (uint64_t)(at - request.head.arguments);
    struct channel_out out = {.data = &request,
                              .length = (size_t)(at - request.bytes),
                              .handle_count = 2,
                              .handles = {session, exit}};
    return start(&out, program);
}
