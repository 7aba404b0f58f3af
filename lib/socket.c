/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on sockets. What a successor of the server has to know is kept in the socket. */
#include "socket.h"

#include <errno.h>
#include <string.h>
#include "ipc.h"
#include "socket_session.h"

#define TRIES 5

/* ---- Opening and closing. -------------------------------------------------------------------- */

/* OPEN or ACCEPT with the socket's slot. With the session's lock held. */
static int64_t ask_open(struct socket *socket, union socket_exchange *exchange)
{
    mutex_lock(&socket->lock);
    socket_session_begin_slot(socket, &exchange->open);
    mutex_unlock(&socket->lock);
    int64_t number = socket_session_ask(exchange, 0);
    return number < 0 ? number : socket_session_insert(socket, number);
}

static int open_slot(struct socket *socket)
{
    int64_t status = -ESTALE;
    for (int i = 0; i < TRIES && status == -ESTALE; i++) {
        union socket_exchange exchange = {.open = {.type = SOCKET_OPEN}};
        status = ask_open(socket, &exchange);
        if (status == -ESTALE && socket_session_attach() < 0)
            return -ENETDOWN;
    }
    return (int)status;
}

int socket_open(struct socket *socket, uint8_t family, uint8_t kind)
{
    *socket = (struct socket){.family = family, .kind = kind};
    mutex_lock(&socket_session_lock);
    int status = socket_session_take_slot(socket, kind);
    if (status == 0) {
        status = open_slot(socket);
        if (status < 0)
            socket_session_free_slot(socket->area, socket->index);
    }
    socket->open = status == 0;
    mutex_unlock(&socket_session_lock);
    return status;
}

void socket_close(struct socket *socket)
{
    union socket_exchange exchange = {.value = {.type = SOCKET_CLOSE}};
    int64_t status = 0;
    mutex_lock(&socket_session_lock);
    if (socket->open) {
        exchange.value.socket = socket->number;
        status = socket_session_ask(&exchange, 0);
    }
    socket_session_remove(socket, status == 1);
    socket->open = false;
    if (status == -ESTALE)
        (void)socket_session_attach();
    mutex_unlock(&socket_session_lock);
}

/* ---- Calls on an open socket. ---------------------------------------------------------------- */

/* Its number; -ECONNRESET or the like when it is lost, -ENETDOWN while it waits for its revival. */
static int64_t number_of(struct socket *socket)
{
    mutex_lock(&socket->lock);
    int64_t number = socket->number;
    if (socket->lost)
        number = -(int64_t)socket->lost_error;
    else if (!socket->open)
        number = -ENETDOWN;
    mutex_unlock(&socket->lock);
    return number;
}

static void recover(uint32_t life)
{
    mutex_lock(&socket_session_lock);
    /* Not if somebody else has done so meanwhile. */
    if (socket_session_life() == life)
        (void)socket_session_attach();
    mutex_unlock(&socket_session_lock);
}

/* A request that names a socket behind its type; *exchange holds the answer afterwards. */
static int64_t ask(struct socket *socket, union socket_exchange *exchange)
{
    union socket_exchange request = *exchange;
    for (int i = 0; i < TRIES; i++) {
        uint32_t life = socket_session_life();
        int64_t number = number_of(socket);
        if (number < 0)
            return number;
        *exchange = request;
        if (request.words[0] == SOCKET_SET || request.words[0] == SOCKET_GET)
            exchange->option.socket = (uint32_t)number;
        else
            exchange->value.socket = (uint64_t)number;
        int64_t status = socket_session_ask(exchange, 0);
        if (status != -ESTALE)
            return status;
        recover(life);
    }
    return -ENETDOWN;
}

static int64_t ask_value(struct socket *socket, uint64_t type, uint64_t value,
                         struct socket_answer *answer)
{
    union socket_exchange exchange = {.value = {.type = type, .value = value}};
    int64_t status = ask(socket, &exchange);
    if (answer)
        *answer = exchange.answer;
    return status;
}

static int64_t ask_name(struct socket *socket, uint64_t type, const struct socket_address *address)
{
    union socket_exchange exchange = {.name = {.type = type, .address = *address}};
    return ask(socket, &exchange);
}

int socket_name(struct socket *socket, bool of_peer, struct socket_address *address)
{
    struct socket_answer answer;
    int64_t status = ask_value(socket, SOCKET_NAME, of_peer, &answer);
    if (status == 0)
        *address = answer.address;
    return (int)status;
}

int socket_bind(struct socket *socket, const struct socket_address *address)
{
    int64_t status = ask_name(socket, SOCKET_BIND, address);
    if (status < 0)
        return (int)status;
    /* The port that was chosen is the one that a successor is asked for. */
    struct socket_address own = *address;
    if (own.port == 0)
        (void)socket_name(socket, false, &own);
    mutex_lock(&socket->lock);
    socket->own = own;
    socket->bound = true;
    mutex_unlock(&socket->lock);
    return 0;
}

static void set_role(struct socket *socket, enum socket_role role)
{
    mutex_lock(&socket->lock);
    socket->role = (uint8_t)role;
    mutex_unlock(&socket->lock);
}

int socket_connect(struct socket *socket, const struct socket_address *address)
{
    uint8_t role = socket->role;
    if (role == SOCKET_FRESH)
        set_role(socket, SOCKET_CONNECTION);
    int64_t status = ask_name(socket, SOCKET_CONNECT, address);
    if (status < 0 && status != -EINPROGRESS)
        set_role(socket, role);
    if (status == 0 && socket->kind != SOCKET_STREAM) {
        mutex_lock(&socket->lock);
        socket->peer = *address;
        mutex_unlock(&socket->lock);
    }
    return (int)status;
}

int socket_listen(struct socket *socket, uint32_t backlog)
{
    int64_t status = ask_value(socket, SOCKET_LISTEN, backlog, NULL);
    if (status < 0)
        return (int)status;
    struct socket_address own;
    bool named = !socket->bound && socket_name(socket, false, &own) == 0;
    mutex_lock(&socket->lock);
    socket->role = SOCKET_LISTENER;
    socket->backlog = backlog;
    if (named) {
        socket->own = own;
        socket->bound = true;
    }
    mutex_unlock(&socket->lock);
    return 0;
}

int socket_shutdown(struct socket *socket, unsigned how)
{
    int64_t status = 0;
    if (socket->kind == SOCKET_STREAM)
        status = ask_value(socket, SOCKET_SHUTDOWN, how, NULL);
    else if (socket->peer.family == SOCKET_FAMILY_NONE)
        status = -ENOTCONN;
    if (status < 0)
        return (int)status;
    mutex_lock(&socket->lock);
    socket->deaf |= how != 1;
    socket->ended |= how != 0;
    mutex_unlock(&socket->lock);
    return 0;
}

/* ---- Accepting. ------------------------------------------------------------------------------ */

/* With the session's lock held: the listener cannot change its number. */
static int accept_slot(struct socket *socket, struct socket *fresh, struct socket_address *peer)
{
    union socket_exchange exchange = {.open = {.type = SOCKET_ACCEPT, .listener = socket->number}};
    int64_t status = socket_session_take_slot(fresh, SOCKET_STREAM);
    if (status < 0)
        return (int)status;
    /* Making an area may have found a successor: then this number is the listener's new one. */
    exchange.open.listener = socket->number;
    status = socket->open ? ask_open(fresh, &exchange) : -EAGAIN;
    if (status == 0)
        *peer = exchange.answer.address;
    else
        socket_session_free_slot(fresh->area, fresh->index);
    if (status == -ESTALE) {
        (void)socket_session_attach();
        status = -EAGAIN;
    }
    return (int)status;
}

int socket_accept(struct socket *socket, struct socket *fresh, struct socket_address *peer)
{
    int status = -EAGAIN;
    if (socket->lost)
        return -(int)socket->lost_error;
    if (socket->role != SOCKET_LISTENER)
        return socket->kind == SOCKET_STREAM ? -EINVAL : -EOPNOTSUPP;
    if (__atomic_load_n(&socket->slot->waiting, __ATOMIC_ACQUIRE) == 0)
        return -EAGAIN;
    *fresh =
        (struct socket){.family = socket->family, .kind = socket->kind, .role = SOCKET_CONNECTION};
    mutex_lock(&socket_session_lock);
    if (socket->open)
        status = accept_slot(socket, fresh, peer);
    fresh->open = status == 0;
    mutex_unlock(&socket_session_lock);
    return status;
}

/* ---- Options. -------------------------------------------------------------------------------- */

int socket_set(struct socket *socket, uint32_t option, uint64_t value,
               const struct socket_address *address)
{
    union socket_exchange exchange = {
        .option = {.type = SOCKET_SET, .option = option, .value = value}};
    if (address)
        exchange.option.address = *address;
    int64_t status = ask(socket, &exchange);
    if (status == 0 && option < SOCKET_OPTIONS && !address) {
        mutex_lock(&socket->lock);
        socket->options |= 1u << option;
        socket->values[option] = value;
        mutex_unlock(&socket->lock);
    }
    return (int)status;
}

int socket_get(struct socket *socket, uint32_t option, uint64_t *value)
{
    union socket_exchange exchange = {.option = {.type = SOCKET_GET, .option = option}};
    int64_t status = ask(socket, &exchange);
    if (status == 0)
        *value = exchange.answer.value;
    return (int)status;
}

void socket_kick(struct socket *socket)
{
    uint32_t life = socket_session_life();
    uint64_t words[IPC_WORDS] = {SOCKET_KICK, socket->number};
    int64_t status = ipc_call_words(socket_session_server(), words);
    /* A signal came in between; whether the server has seen the request or not, once more. */
    if (status == -EINTR) {
        union socket_exchange exchange = {.value = {.type = SOCKET_KICK, .socket = socket->number}};
        status = socket_session_ask(&exchange, 0);
    } else if (status >= 0) {
        status = (int64_t)words[0];
    }
    if (status == -ESTALE || status == -EPIPE)
        recover(life);
}

/* ---- After a restart. ------------------------------------------------------------------------ */

static int64_t ask_again(struct socket *socket, union socket_exchange exchange)
{
    if (exchange.words[0] == SOCKET_SET)
        exchange.option.socket = socket->number;
    else
        exchange.value.socket = socket->number;
    return socket_session_ask(&exchange, 0);
}

static int64_t set_again(struct socket *socket)
{
    int64_t status = 0;
    for (uint32_t i = 0; i < SOCKET_OPTIONS && status == 0; i++)
        if (socket->options >> i & 1)
            status =
                ask_again(socket, (union socket_exchange){.option = {.type = SOCKET_SET,
                                                                     .option = i,
                                                                     .value = socket->values[i]}});
    if (status == 0 && socket->bound)
        status = ask_again(
            socket, (union socket_exchange){.name = {.type = SOCKET_BIND, .address = socket->own}});
    if (status == 0 && socket->role == SOCKET_LISTENER)
        status = ask_again(socket, (union socket_exchange){
                                       .value = {.type = SOCKET_LISTEN, .value = socket->backlog}});
    if (status == 0 && socket->peer.family != SOCKET_FAMILY_NONE)
        status = ask_again(socket, (union socket_exchange){
                                       .name = {.type = SOCKET_CONNECT, .address = socket->peer}});
    return status;
}

/* With the session's lock held. Its slot is free at once, for nothing is sent any more. */
static void abandon(struct socket *socket)
{
    union socket_exchange exchange = {
        .option = {.type = SOCKET_SET, .option = SOCKET_OPTION_LINGER, .value = 1}};
    if (socket->open) {
        (void)ask_again(socket, exchange);
        socket_session_forget(socket);
    }
    mutex_lock(&socket->lock);
    socket->open = false;
    socket->lost = false;
    socket->error_told = false;
    socket->ended = false;
    socket->deaf = false;
    socket->role = SOCKET_FRESH;
    mutex_unlock(&socket->lock);
}

int socket_renew(struct socket *socket)
{
    mutex_lock(&socket_session_lock);
    abandon(socket);
    int status = socket_reopen(socket);
    if (status == -ESTALE) {
        status = socket_session_attach();
    } else if (status < 0) {
        mutex_lock(&socket->lock);
        socket->lost_error = (uint32_t)-status;
        socket->lost = true;
        mutex_unlock(&socket->lock);
    }
    mutex_unlock(&socket_session_lock);
    return status;
}

int socket_reopen(struct socket *socket)
{
    union socket_exchange exchange = {.open = {.type = SOCKET_OPEN}};
    int64_t status = ask_open(socket, &exchange);
    if (status < 0)
        return (int)status;
    status = set_again(socket);
    if (status < 0) {
        socket_session_forget(socket);
        return (int)status;
    }
    mutex_lock(&socket->lock);
    socket->open = true;
    mutex_unlock(&socket->lock);
    return 0;
}
