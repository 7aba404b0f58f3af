/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TCP/IP server: sockets (<anser/socket.h>) and the network's state (<anser/network.h>) for
 * everybody, on the network interfaces that it is given. One thread, one channel: clients' calls,
 * notices of the interfaces and the timer arrive there, and after each the stack does all that has
 * become possible.
 */
#include <stdio.h>
#include <anser/init.h>
#include <anser/netif.h>
#include <anser/socket.h>
#include <string.h>
#include "errno.h"
#include "channel.h"
#include "ethernet.h"
#include "ipc.h"
#include "network.h"
#include "options.h"
#include "resolve.h"
#include "seed.h"
#include "session.h"
#include "endpoint.h"
#include "stack.h"
#include "start.h"
#include "stream.h"

/* A request, and the answer: 64 bytes either, as the kernel's fast path likes best. */
struct request {
    uint64_t badge;
    uint64_t words[IPC_WORDS];
    anser_handle *handles; /* that came along: one that is kept is replaced by 0 */
    unsigned handle_count;
    uint64_t answer[IPC_WORDS]; /* status first; the loop fills that in */
};

/* Fills in the answer behind the status. */
static int64_t answer(struct request *request, int64_t status, uint64_t value,
                      const struct socket_address *address)
{
    request->answer[1] = value;
    if (address != NULL)
        memcpy(&request->answer[2], address, sizeof(*address));
    return status;
}

static int64_t attach(struct request *request)
{
    if (request->handle_count != 1)
        return -EINVAL;
    anser_handle notify = request->handles[0];
    request->handles[0] = 0;
    return session_attach(request->badge, notify);
}

static int64_t area(struct request *request)
{
    struct session *session = session_find(request->badge);
    if (session == NULL)
        return -ESTALE;
    return request->handle_count == 1 ? session_add_area(session, request->handles[0]) : -EINVAL;
}

static int64_t open_socket(struct request *request)
{
    struct session *session = session_find(request->badge);
    return session == NULL ? -ESTALE : endpoint_open(session, (const void *)request->words);
}

static int64_t accept_socket(struct request *request)
{
    struct session *session = session_find(request->badge);
    struct socket_address peer = {0};
    if (session == NULL)
        return -ESTALE;
    int64_t status = endpoint_accept(session, (const void *)request->words, &peer);
    stack_work();
    return answer(request, status, 0, &peer);
}

/* The socket that a request names. NULL: *status says why. */
static struct endpoint *named(const struct request *request, uint64_t number, int64_t *status)
{
    struct session *session = session_find(request->badge);
    struct endpoint *socket = session == NULL ? NULL : endpoint_find(session, number);
    *status = session == NULL ? -ESTALE : -EBADF;
    return socket;
}

static int64_t kick(struct request *request)
{
    const struct socket_value *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return answer(request, status, 0, NULL);
    endpoint_kick(socket);
    stack_work();
    return answer(request, 0, 0, NULL);
}

static int64_t bind_socket(struct request *request)
{
    const struct socket_name *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    return socket == NULL ? status : endpoint_bind(socket, &asked->address);
}

static int64_t connect_socket(struct request *request)
{
    const struct socket_name *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_connect(socket, &asked->address);
    stack_work();
    return status;
}

static int64_t listen_socket(struct request *request)
{
    const struct socket_value *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    return socket->kind == SOCKET_STREAM ? stream_listen(socket, asked->value) : -EOPNOTSUPP;
}

static int64_t shutdown_socket(struct request *request)
{
    const struct socket_value *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_shutdown(socket, asked->value);
    stack_work();
    return status;
}

static int64_t close_socket(struct request *request)
{
    const struct socket_value *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_close(socket);
    stack_work();
    return answer(request, status, 0, NULL);
}

static int64_t name_socket(struct request *request)
{
    const struct socket_value *asked = (const void *)request->words;
    struct socket_address name = {0};
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_name(socket, asked->value != 0, &name);
    return answer(request, status, 0, &name);
}

static int64_t set_option(struct request *request)
{
    const struct socket_option *asked = (const void *)request->words;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    return socket == NULL ? status : options_set(socket, asked);
}

static int64_t get_option(struct request *request)
{
    const struct socket_option *asked = (const void *)request->words;
    uint64_t value = 0;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = options_get(socket, asked->option, &value);
    return answer(request, status, value, NULL);
}

static int64_t resolve(struct request *request)
{
    struct session *session = session_find(request->badge);
    if (session == NULL)
        return -ESTALE;
    int64_t status = resolve_ask(session, (const void *)request->words);
    stack_work();
    return status;
}

/* An interface tells that there are frames, or room (NETIF_NOTICE), or what is seldom: the link has
 * changed, or its server was started again. Clients cannot, their badges are others. */
static int64_t notice(struct request *request)
{
    if (!(request->badge & STACK_BADGE_NET))
        return -EPERM;
    if (request->words[0] == NETIF_NEWS)
        ethernet_news((unsigned)(request->badge & ~STACK_BADGE_NET));
    stack_work();
    return 0;
}

static void gone(uint64_t badge)
{
    session_end(badge);
    stack_work();
}

typedef int64_t handler(struct request *request);

static handler *const socket_handlers[] = {
    [SOCKET_ATTACH - SOCKET_ATTACH] = attach,
    [SOCKET_AREA - SOCKET_ATTACH] = area,
    [SOCKET_OPEN - SOCKET_ATTACH] = open_socket,
    [SOCKET_BIND - SOCKET_ATTACH] = bind_socket,
    [SOCKET_CONNECT - SOCKET_ATTACH] = connect_socket,
    [SOCKET_LISTEN - SOCKET_ATTACH] = listen_socket,
    [SOCKET_ACCEPT - SOCKET_ATTACH] = accept_socket,
    [SOCKET_SHUTDOWN - SOCKET_ATTACH] = shutdown_socket,
    [SOCKET_CLOSE - SOCKET_ATTACH] = close_socket,
    [SOCKET_NAME - SOCKET_ATTACH] = name_socket,
    [SOCKET_SET - SOCKET_ATTACH] = set_option,
    [SOCKET_GET - SOCKET_ATTACH] = get_option,
    [SOCKET_KICK - SOCKET_ATTACH] = kick,
    [SOCKET_RESOLVE - SOCKET_ATTACH] = resolve,
};

/* Of the network's state; NULL: it is none of these. */
static int64_t (*network_handler(uint64_t type))(const void *, uint64_t, void *)
{
    switch (type) {
    case NETWORK_INTERFACE:
        return network_interface;
    case NETWORK_ADDRESS:
        return network_address;
    case NETWORK_ROUTE:
        return network_route;
    case NETWORK_RESOLVER:
        return network_resolver;
    case NETWORK_COUNTER:
        return network_counter;
    case NETWORK_CONNECTION:
        return network_connection;
    case NETWORK_CONFIGURE:
        return network_configure;
    default:
        return NULL;
    }
}

static int64_t handle(struct request *request)
{
    uint64_t type = request->words[0];
    uint64_t number = type - SOCKET_ATTACH;
    if (number < sizeof(socket_handlers) / sizeof(socket_handlers[0]) &&
        socket_handlers[number] != NULL)
        return socket_handlers[number](request);
    if (type == NETIF_NOTICE || type == NETIF_NEWS)
        return notice(request);
    int64_t (*asked)(const void *, uint64_t, void *) = network_handler(type);
    return asked == NULL ? -ENOSYS : asked(request->words, request->badge, request->answer);
}

/* One message that is neither an event nor an end. True: `registers` holds its answer. */
static bool serve(struct ipc_registers *registers, int64_t info)
{
    struct request request;
    unsigned bytes = ipc_bytes(info);
    request.badge = registers->badge;
    request.handles = registers->handles;
    request.handle_count = ipc_handles(info);
    /* All of it, and then zeros behind what is shorter: most is not. */
    memcpy(request.words, registers->words, sizeof(request.words));
    if (bytes < sizeof(request.words))
        memset((uint8_t *)request.words + bytes, 0, sizeof(request.words) - bytes);
    memset(request.answer, 0, sizeof(request.answer));
    int64_t status = handle(&request);
    for (unsigned i = 0; i < request.handle_count; i++)
        handle_close(request.handles[i]);
    if (!(info & ANSER_INFO_CALL))
        return false;
    request.answer[0] = (uint64_t)status;
    memcpy(registers->words, request.answer, sizeof(request.answer));
    return true;
}

/* Receives and answers in plain register form, which lib/serve.h does not for servers that keep
 * replies or have long messages; this one does neither. Returns -errno. */
static int run(anser_handle receive)
{
    struct ipc_registers registers = {0};
    bool answers = false;
    for (;;) {
        registers.info = answers ? (int64_t)IPC_INFO(sizeof(registers.words), 0) : 0;
        int64_t info =
            ipc_exchange(answers ? ANSER_CALL_reply_recv : ANSER_CALL_recv, receive, &registers);
        answers = false;
        if (info == -EINTR)
            continue;
        if (info < 0)
            return (int)info;
        if (info & ANSER_INFO_CLOSED)
            return -EPIPE;
        if (info & ANSER_INFO_EVENT)
            stack_work();
        else if (info & ANSER_INFO_GONE)
            gone(registers.badge);
        else
            answers = serve(&registers, info);
    }
}

static int fail(const char *what, int status)
{
    fprintf(stderr, "tcpip: %s: %s\n", what, strerror(-status));
    return 1;
}

int main(int argc, char **argv)
{
    anser_handle receive = start_handle(START_RECEIVE);
    seed_begin();
    int status = stack_begin(receive);
    if (status < 0)
        return fail("cannot begin", status);
    ethernet_begin(receive);
    status = network_begin(argc - 1, argv + 1);
    if (status < 0)
        return fail("arguments", status);
    session_begin();
    stack_work();
    return fail("cannot receive", run(receive));
}
