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
#include "ethernet.h"
#include "network.h"
#include "options.h"
#include "resolve.h"
#include "seed.h"
#include "serve.h"
#include "session.h"
#include "endpoint.h"
#include "stack.h"
#include "start.h"
#include "stream.h"

/* Every answer fills the registers, which the kernel's fast path likes best. */
static int64_t answer(struct serve_request *request, int64_t status, uint64_t value,
                      const struct socket_address *address)
{
    struct socket_answer full = {.value = value};
    if (address != NULL)
        full.address = *address;
    memset(request->answer, 0, ANSER_REGISTER_BYTES - sizeof(int64_t));
    memcpy(request->answer, (const char *)&full + sizeof(full.status),
           sizeof(full) - sizeof(full.status));
    request->answer_length = ANSER_REGISTER_BYTES - sizeof(int64_t);
    return status;
}

static int64_t attach(struct server *server, struct serve_request *request)
{
    (void)server;
    if (request->handle_count != 1)
        return -EINVAL;
    anser_handle notify = request->handles[0];
    request->handles[0] = 0;
    return session_attach(request->badge, notify);
}

static int64_t area(struct server *server, struct serve_request *request)
{
    (void)server;
    struct session *session = session_find(request->badge);
    if (session == NULL)
        return -ESTALE;
    return request->handle_count == 1 ? session_add_area(session, request->handles[0]) : -EINVAL;
}

static int64_t open_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    struct session *session = session_find(request->badge);
    return session == NULL ? -ESTALE : endpoint_open(session, request->data);
}

static int64_t accept_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    struct session *session = session_find(request->badge);
    struct socket_address peer = {0};
    if (session == NULL)
        return -ESTALE;
    int64_t status = endpoint_accept(session, request->data, &peer);
    stack_work();
    return answer(request, status, 0, &peer);
}

/* The socket that a request names. NULL: *status says why. */
static struct endpoint *named(const struct serve_request *request, uint64_t number, int64_t *status)
{
    struct session *session = session_find(request->badge);
    struct endpoint *socket = session == NULL ? NULL : endpoint_find(session, number);
    *status = session == NULL ? -ESTALE : -EBADF;
    return socket;
}

static int64_t kick(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_value *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return answer(request, status, 0, NULL);
    endpoint_kick(socket);
    stack_work();
    return answer(request, 0, 0, NULL);
}

static int64_t bind_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_name *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    return socket == NULL ? status : endpoint_bind(socket, &asked->address);
}

static int64_t connect_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_name *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_connect(socket, &asked->address);
    stack_work();
    return status;
}

static int64_t listen_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_value *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    return socket->kind == SOCKET_STREAM ? stream_listen(socket, asked->value) : -EOPNOTSUPP;
}

static int64_t shutdown_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_value *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_shutdown(socket, asked->value);
    stack_work();
    return status;
}

static int64_t close_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_value *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_close(socket);
    stack_work();
    return answer(request, status, 0, NULL);
}

static int64_t name_socket(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_value *asked = request->data;
    struct socket_address name = {0};
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = endpoint_name(socket, asked->value != 0, &name);
    return answer(request, status, 0, &name);
}

static int64_t set_option(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_option *asked = request->data;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    return socket == NULL ? status : options_set(socket, asked);
}

static int64_t get_option(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct socket_option *asked = request->data;
    uint64_t value = 0;
    int64_t status;
    struct endpoint *socket = named(request, asked->socket, &status);
    if (socket == NULL)
        return status;
    status = options_get(socket, asked->option, &value);
    return answer(request, status, value, NULL);
}

static int64_t resolve(struct server *server, struct serve_request *request)
{
    struct session *session = session_find(request->badge);
    if (session == NULL)
        return -ESTALE;
    int64_t status = resolve_begin(server, session, request->data);
    stack_work();
    return status;
}

/* An interface tells that there is something; clients cannot, their badges are others. */
static int64_t notice(struct server *server, struct serve_request *request)
{
    (void)server;
    if (!(request->badge & STACK_BADGE_NET))
        return -EPERM;
    ethernet_noticed((unsigned)(request->badge & ~STACK_BADGE_NET));
    stack_work();
    return 0;
}

static void timer(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    stack_work();
}

static void gone(struct server *server, uint64_t badge)
{
    (void)server;
    session_end(badge);
    stack_work();
}

static const struct serve_handler handlers[] = {
    {SOCKET_KICK, sizeof(struct socket_value), kick},
    {NETIF_NOTICE, sizeof(uint64_t), notice},
    {SOCKET_ATTACH, sizeof(uint64_t), attach},
    {SOCKET_AREA, sizeof(uint64_t), area},
    {SOCKET_OPEN, sizeof(struct socket_open), open_socket},
    {SOCKET_BIND, sizeof(struct socket_name), bind_socket},
    {SOCKET_CONNECT, sizeof(struct socket_name), connect_socket},
    {SOCKET_LISTEN, sizeof(struct socket_value), listen_socket},
    {SOCKET_ACCEPT, sizeof(struct socket_open), accept_socket},
    {SOCKET_SHUTDOWN, sizeof(struct socket_value), shutdown_socket},
    {SOCKET_CLOSE, sizeof(struct socket_value), close_socket},
    {SOCKET_NAME, sizeof(struct socket_value), name_socket},
    {SOCKET_SET, sizeof(struct socket_option), set_option},
    {SOCKET_GET, sizeof(struct socket_option), get_option},
    {SOCKET_RESOLVE, sizeof(struct socket_resolve), resolve},
    {NETWORK_INTERFACE, sizeof(struct network_query), network_interface},
    {NETWORK_ADDRESS, sizeof(struct network_query), network_address},
    {NETWORK_ROUTE, sizeof(struct network_query), network_route},
    {NETWORK_RESOLVER, sizeof(struct network_query), network_resolver},
    {NETWORK_COUNTER, sizeof(struct network_query), network_counter},
    {NETWORK_CONNECTION, sizeof(struct network_query), network_connection},
    {NETWORK_CONFIGURE, sizeof(struct network_configure), network_configure},
};

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_TIMER, STACK_BADGE_TIMER, timer},
};

static int fail(const char *what, int status)
{
    fprintf(stderr, "tcpip: %s: %s\n", what, strerror(-status));
    return 1;
}

int main(int argc, char **argv)
{
    struct server server = {
        .receive = start_handle(START_RECEIVE),
        .element_size = SOCKET_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = sizeof(events) / sizeof(events[0]),
        .gone = gone,
        .keeps_replies = true,
    };
    seed_begin();
    int status = stack_begin(server.receive);
    if (status < 0)
        return fail("cannot begin", status);
    ethernet_begin(server.receive);
    status = network_begin(argc - 1, argv + 1);
    if (status < 0)
        return fail("arguments", status);
    session_begin();
    stack_work();
    status = serve_run(&server);
    return status < 0 ? fail("cannot receive", status) : 0;
}
