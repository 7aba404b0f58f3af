/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive loop of servers: answer the last request and wait for the next one in one call, hand
 * what came to the table's handler, clean up after it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "ipc.h"
#include "serve.h"
#include "syscall.h"

/* What the loop carries from one round to the next. */
struct loop {
    struct server *server;
    bool in_memory; /* elements do not fit into registers */
    bool answering; /* the next receive also answers */
    struct serve_request request;
    uint64_t *in;                   /* the message */
    uint64_t *out;                  /* the answer, status word first */
    size_t size;                    /* of either */
    struct ipc_registers registers; /* `out` is in here, if elements fit */
};

static void close_handles(anser_handle *handles, unsigned *count)
{
    for (unsigned i = 0; i < *count; i++)
        handle_close(handles[i]);
    *count = 0;
}

/* The info word of the next receive, and the answer's lengths in it. */
static uint64_t next_info(const struct loop *loop)
{
    const struct serve_request *request = &loop->request;
    uint64_t info = loop->in_memory ? ANSER_INFO_MEM : 0;
    if (!loop->answering)
        return info;
    return info |
           IPC_INFO(loop->in_memory ? 0 : 8 + request->answer_length, request->answer_handle_count);
}

/* Words, which are aligned: the compiler, told so, copies them without a call. */
static inline void copy_words(void *to, const void *from, size_t count)
{
    memcpy(__builtin_assume_aligned(to, 8), __builtin_assume_aligned(from, 8),
           count * sizeof(uint64_t));
}

static int64_t receive_registers(struct loop *loop, uint64_t info)
{
    struct serve_request *request = &loop->request;
    struct ipc_registers *registers = &loop->registers;
    registers->info = (int64_t)info;
    if (request->answer_handle_count > 0)
        copy_words(registers->handles, request->answer_handles, ANSER_MESSAGE_HANDLES);
    int64_t number = loop->answering ? ANSER_CALL_reply_recv : ANSER_CALL_recv;
    int64_t status = ipc_exchange(number, loop->server->receive, registers);
    if (status < 0)
        return status;
    copy_words(loop->in, registers->words, IPC_WORDS);
    if (ipc_handles(status) > 0)
        copy_words(request->handles, registers->handles, ANSER_MESSAGE_HANDLES);
    request->badge = registers->badge;
    request->length = ipc_bytes(status);
    return status;
}

static int64_t receive_memory(struct loop *loop, uint64_t info)
{
    struct serve_request *request = &loop->request;
    struct anser_message message = {
        .send_data = (uint64_t)loop->out,
        .send_length = 8 + request->answer_length,
        .recv_data = (uint64_t)loop->in,
        .recv_capacity = loop->size,
    };
    memcpy(message.handles, request->answer_handles, sizeof(message.handles));
    struct sys_result result =
        (loop->answering ? sys_reply_recv : sys_recv)(loop->server->receive, info, &message);
    if (result.status < 0)
        return result.status;
    memcpy(request->handles, message.handles, sizeof(request->handles));
    request->badge = result.value;
    request->length = message.recv_length;
    return result.status;
}

/* Answers, if there is an answer, and receives. Returns the info word or -errno. */
static int64_t receive(struct loop *loop)
{
    uint64_t info = next_info(loop);
    int64_t status = (loop->in_memory ? receive_memory : receive_registers)(loop, info);
    /* Handles of an answer that did not arrive are still ours; those that did are stale by now. */
    if (status < 0 || (status & ANSER_INFO_REPLY_FAILED))
        close_handles(loop->request.answer_handles, &loop->request.answer_handle_count);
    loop->request.answer_handle_count = 0;
    loop->answering = false;
    if (status >= 0) {
        loop->request.handle_count = ipc_handles(status);
        loop->request.call = (status & ANSER_INFO_CALL) != 0;
    }
    return status;
}

static int64_t handle_request(struct loop *loop)
{
    struct server *server = loop->server;
    struct serve_request *request = &loop->request;
    if (request->length < sizeof(uint64_t))
        return -EINVAL;
    for (size_t i = 0; i < server->handler_count; i++) {
        const struct serve_handler *handler = &server->handlers[i];
        if (handler->type == loop->in[0])
            return request->length < handler->length_min ? -EINVAL
                                                         : handler->handle(server, request);
    }
    return -ENOSYS;
}

/* One request: the handler, what it left open, and the answer for the next receive. */
static void serve_request(struct loop *loop)
{
    struct serve_request *request = &loop->request;
    request->data = loop->in;
    request->answer = loop->out + 1;
    request->answer_length = 0;
    request->answer_with_error = false;
    request->answer_handle_count = 0;
    int64_t status = handle_request(loop);
    close_handles(request->handles, &request->handle_count);
    loop->answering = request->call && status != SERVE_KEPT;
    if (!loop->answering) {
        close_handles(request->answer_handles, &request->answer_handle_count);
        return;
    }
    loop->out[0] = (uint64_t)status;
    if (status < 0) {
        close_handles(request->answer_handles, &request->answer_handle_count);
        if (!request->answer_with_error)
            request->answer_length = 0;
    }
}

static void serve_event(struct loop *loop)
{
    struct server *server = loop->server;
    struct serve_event event = {.badge = loop->request.badge};
    size_t length = loop->request.length;
    memcpy(event.words, loop->in, length < sizeof(event.words) ? length : sizeof(event.words));
    for (size_t i = 0; i < server->event_count; i++) {
        const struct serve_event_handler *handler = &server->events[i];
        if (handler->kind == event.words[0] &&
            (handler->badge == 0 || handler->badge == event.badge)) {
            handler->handle(server, &event);
            return;
        }
    }
}

static void dispatch(struct loop *loop, int64_t info)
{
    if (info & ANSER_INFO_EVENT) {
        serve_event(loop);
    } else if (info & ANSER_INFO_GONE) {
        if (loop->server->gone != NULL)
            loop->server->gone(loop->server, loop->request.badge);
    } else {
        serve_request(loop);
    }
}

static int loop_run(struct loop *loop)
{
    struct server *server = loop->server;
    while (!server->stop) {
        int64_t info = receive(loop);
        if (info == -EINTR)
            continue;
        if (info < 0)
            return (int)info;
        if (info & ANSER_INFO_CLOSED)
            return 0;
        dispatch(loop, info);
    }
    /* The handler that stopped us has a caller, too. */
    if (loop->answering) {
        struct channel_out out = {.data = loop->out, .length = 8 + loop->request.answer_length};
        out.handle_count = loop->request.answer_handle_count;
        memcpy(out.handles, loop->request.answer_handles, sizeof(out.handles));
        if (channel_reply(0, &out) < 0)
            close_handles(loop->request.answer_handles, &loop->request.answer_handle_count);
    }
    return 0;
}

int serve_run(struct server *server)
{
    uint64_t words[IPC_WORDS];
    struct loop loop = {.server = server, .in_memory = server->element_size > ANSER_REGISTER_BYTES};
    if (server->element_size > ANSER_ELEMENT_MAX)
        return -EINVAL;
    server->stop = false;
    if (!loop.in_memory) {
        loop.in = words;
        loop.out = loop.registers.words;
        return loop_run(&loop);
    }
    loop.size = server->element_size;
    uint64_t *buffers = calloc(2, ANSER_ELEMENT_MAX);
    if (buffers == NULL)
        return -ENOMEM;
    loop.in = buffers;
    loop.out = buffers + ANSER_ELEMENT_MAX / sizeof(uint64_t);
    int status = loop_run(&loop);
    free(buffers);
    return status;
}

void serve_stop(struct server *server)
{
    server->stop = true;
}

anser_handle serve_keep(struct server *server)
{
    (void)server;
    int64_t reply = sys_reply_keep();
    return reply < 0 ? 0 : reply;
}

int serve_answer(anser_handle reply, int64_t status, const void *data, size_t length)
{
    uint64_t answer[ANSER_ELEMENT_MAX / sizeof(uint64_t)];
    if (length > sizeof(answer) - sizeof(uint64_t))
        return -EINVAL;
    answer[0] = (uint64_t)status;
    if (length > 0)
        memcpy(&answer[1], data, length);
    struct channel_out out = {.data = answer, .length = length + sizeof(uint64_t)};
    return channel_reply(reply, &out);
}
