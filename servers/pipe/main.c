/* SPDX-License-Identifier: BSD-2-Clause */
/* The pipe server: <anser/pipe.h>. */
#include <errno.h>
#include "channel.h"
#include "serve.h"
#include "start.h"
#include <anser/init.h>
#include "ends.h"

#define LINUX_ENOTTY 25 /* the C library's number is another one */

static int64_t handle_make(struct server *server, struct serve_request *request)
{
    int64_t error;
    if (pipe_is_end(request->badge) || !request->call)
        return -EINVAL;
    struct pipe *pipe = pipe_make(request->badge, &error);
    if (!pipe)
        return error;
    anser_handle reader = channel_mint(server->receive, pipe->badge + READER);
    anser_handle writer = channel_mint(server->receive, pipe->badge + WRITER);
    request->answer_handles[0] = reader;
    request->answer_handles[1] = writer;
    request->answer_handle_count = 2;
    if (reader > 0 && writer > 0)
        return 0;
    /* An end that exists goes with its handle; its GONE finds no pipe any more. */
    request->answer_handle_count = 0;
    if (reader > 0)
        handle_close(reader);
    if (writer > 0)
        handle_close(writer);
    pipe_close(pipe, READER);
    pipe_close(pipe, WRITER);
    return reader < 0 ? reader : writer;
}

/* A request at the end where it belongs. */
static int64_t queue(struct server *server, const struct serve_request *request, enum end wanted,
                     const void *bytes, size_t length)
{
    enum end end;
    struct pipe *pipe = pipe_find(request->badge, &end);
    if (!pipe)
        return pipe_is_end(request->badge) ? -EPIPE : -EINVAL;
    if (end != wanted)
        return -EBADF;
    if (!request->call)
        return -EINVAL;
    if (length == 0)
        return wanted == READER ? -EINVAL : 0;
    anser_handle reply = serve_keep(server);
    int64_t status = pipe_request(pipe, end, reply, bytes, length);
    if (status < 0)
        serve_answer(reply, status, NULL, 0);
    return SERVE_KEPT;
}

static int64_t handle_write(struct server *server, struct serve_request *request)
{
    return queue(server, request, WRITER, (const uint64_t *)request->data + 1,
                 request->length - sizeof(uint64_t));
}

static int64_t handle_read(struct server *server, struct serve_request *request)
{
    uint64_t most = ((const uint64_t *)request->data)[1];
    return queue(server, request, READER, NULL, most < CONSOLE_READ_MAX ? most : CONSOLE_READ_MAX);
}

static int64_t handle_mode(struct server *server, struct serve_request *request)
{
    (void)server;
    (void)request;
    return -LINUX_ENOTTY;
}

/* An end, or a client that made pipes: those stay with whoever has their handles. */
static void gone(struct server *server, uint64_t badge)
{
    enum end end;
    struct pipe *pipe = pipe_find(badge, &end);
    (void)server;
    if (pipe)
        pipe_close(pipe, end);
}

static const struct serve_handler handlers[] = {
    {PIPE_MAKE, 8, handle_make},
    {CONSOLE_WRITE, 8, handle_write},
    {CONSOLE_READ, 16, handle_read},
    {CONSOLE_MODE, 16, handle_mode},
};

int main(void)
{
    struct server server = {
        .receive = start_handle(START_RECEIVE),
        .element_size = PIPE_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .gone = gone,
    };
    return serve_run(&server) < 0;
}
