/* SPDX-License-Identifier: BSD-2-Clause */
/* What sockets of all kinds have in common: their numbers, slots and states. */
#include "endpoint.h"
#include <stdlib.h>
#include "address.h"
#include "datagram.h"
#include "echo.h"
#include "errno.h"
#include "stream.h"
#include "stream_receive.h"

#define SOCKETS_MAX 2048 /* of all clients */

static unsigned count;

unsigned endpoint_count(void)
{
    return count;
}

struct endpoint *endpoint_make(struct session *session, uint8_t family, uint8_t kind)
{
    struct endpoint *socket = count < SOCKETS_MAX ? calloc(1, sizeof(*socket)) : NULL;
    if (socket == NULL)
        return NULL;
    count++;
    socket->session = session;
    socket->number = UINT32_MAX;
    socket->family = family;
    socket->kind = kind;
    return socket;
}

void endpoint_free(struct endpoint *socket)
{
    if (socket->session != NULL && socket->number != UINT32_MAX)
        socket->session->sockets[socket->number] = NULL;
    area_release(socket->area);
    stream_drop_held(socket, true);
    stream_forget_due(socket);
    free(socket);
    count--;
}

static bool is_ring(uint32_t bytes)
{
    return bytes >= SOCKET_RING_MIN && bytes <= SOCKET_RING_MAX && (bytes & (bytes - 1)) == 0;
}

/* Gives a socket its number and its slot. 0, -EINVAL, -EMFILE. */
static int64_t place(struct session *session, struct endpoint *socket,
                     const struct socket_open *asked)
{
    uint64_t bytes = SOCKET_SLOT_HEADER + (uint64_t)asked->receive_bytes + asked->send_bytes;
    uint8_t *slot = session_memory(session, asked->area, asked->offset, bytes);
    if (slot == NULL || !is_ring(asked->receive_bytes) || !is_ring(asked->send_bytes) ||
        asked->offset % SOCKET_SLOT_HEADER != 0)
        return -EINVAL;
    uint32_t number = 0;
    while (number < SOCKET_MAX && session->sockets[number] != NULL)
        number++;
    if (number == SOCKET_MAX)
        return -EMFILE;
    session->sockets[number] = socket;
    socket->number = number;
    socket->area = session->areas[asked->area];
    socket->area->references++;
    socket->slot = (struct socket_slot *)slot;
    uint8_t *rings = slot + SOCKET_SLOT_HEADER;
    ring_begin_putter(&socket->receive, &socket->slot->receive, rings, asked->receive_bytes, 1);
    ring_begin_taker(&socket->send, &socket->slot->send, rings + asked->receive_bytes,
                     asked->send_bytes, 1);
    return number;
}

static int64_t begin_kind(struct endpoint *socket)
{
    switch (socket->kind) {
    case SOCKET_STREAM:
        return stream_begin(socket);
    case SOCKET_DATAGRAM:
        return datagram_begin(socket);
    case SOCKET_ECHO:
        return echo_begin(socket);
    default:
        return -EPROTONOSUPPORT;
    }
}

int64_t endpoint_open(struct session *session, const struct socket_open *asked)
{
    if (asked->family != SOCKET_FAMILY_4 && asked->family != SOCKET_FAMILY_6)
        return -EAFNOSUPPORT;
    struct endpoint *socket = endpoint_make(session, asked->family, asked->kind);
    if (socket == NULL)
        return -ENOBUFS;
    int64_t status = place(session, socket, asked);
    if (status >= 0)
        status = begin_kind(socket);
    if (status >= 0)
        return socket->number;
    endpoint_free(socket);
    return status;
}

int64_t endpoint_accept(struct session *session, const struct socket_open *asked,
                        struct socket_address *peer)
{
    struct endpoint *listener = endpoint_find(session, asked->listener);
    if (listener == NULL)
        return -EBADF;
    if (!listener->listens)
        return -EINVAL;
    struct endpoint *socket = listener->first_waiting;
    if (socket == NULL)
        return -EAGAIN;
    int64_t status = place(session, socket, asked);
    if (status < 0)
        return status;
    listener->first_waiting = socket->next_waiting;
    listener->waiting--;
    __atomic_store_n(&listener->slot->waiting, listener->waiting, __ATOMIC_RELEASE);
    stream_accepted(socket, peer);
    return socket->number;
}

struct endpoint *endpoint_find(struct session *session, uint64_t number)
{
    if (number >= SOCKET_MAX || session->sockets[number] == NULL ||
        session->sockets[number]->closing)
        return NULL;
    return session->sockets[number];
}

/* Reads an address that a socket of this family can have. */
static int64_t read_address(const struct endpoint *socket, const struct socket_address *from,
                            ip_addr_t *to)
{
    int status = address_read(from, to);
    if (status < 0)
        return status;
    if (IP_IS_V4(to) ? socket->family == SOCKET_FAMILY_6 && socket->only_6
                     : socket->family == SOCKET_FAMILY_4)
        return -EAFNOSUPPORT;
    return 0;
}

int64_t endpoint_bind(struct endpoint *socket, const struct socket_address *address)
{
    ip_addr_t ip;
    int64_t status = read_address(socket, address, &ip);
    if (status < 0)
        return status;
    if (!address_is_ours(&ip))
        return -EADDRNOTAVAIL;
    /* An IPv6 socket at "::" is one for both, unless its client has said otherwise. */
    if (IP_IS_V6(&ip) && ip_addr_isany(&ip) && !socket->only_6)
        IP_SET_TYPE_VAL(ip, IPADDR_TYPE_ANY);
    switch (socket->kind) {
    case SOCKET_STREAM:
        return stream_bind(socket, &ip, address->port);
    case SOCKET_DATAGRAM:
        return datagram_bind(socket, &ip, address->port);
    default:
        return echo_bind(socket, &ip, address->port);
    }
}

int64_t endpoint_connect(struct endpoint *socket, const struct socket_address *address)
{
    ip_addr_t ip;
    if (address->family == SOCKET_FAMILY_NONE && socket->kind == SOCKET_DATAGRAM)
        return datagram_disconnect(socket);
    int64_t status = read_address(socket, address, &ip);
    if (status < 0)
        return status;
    switch (socket->kind) {
    case SOCKET_STREAM:
        return stream_connect(socket, &ip, address->port);
    case SOCKET_DATAGRAM:
        return datagram_connect(socket, &ip, address->port);
    default:
        return echo_connect(socket, &ip);
    }
}

int64_t endpoint_shutdown(struct endpoint *socket, uint64_t how)
{
    if (how > 2)
        return -EINVAL;
    return socket->kind == SOCKET_STREAM ? stream_shutdown(socket, how != 1, how != 0) : -ENOTCONN;
}

int64_t endpoint_close(struct endpoint *socket)
{
    switch (socket->kind) {
    case SOCKET_STREAM:
        return stream_close(socket);
    case SOCKET_DATAGRAM:
        datagram_close(socket);
        return 0;
    default:
        echo_close(socket);
        return 0;
    }
}

int64_t endpoint_name(struct endpoint *socket, bool peer, struct socket_address *name)
{
    switch (socket->kind) {
    case SOCKET_STREAM:
        return stream_name(socket, peer, name);
    case SOCKET_DATAGRAM:
        return datagram_name(socket, peer, name);
    default:
        return echo_name(socket, peer, name);
    }
}

void endpoint_kick(struct endpoint *socket)
{
    switch (socket->kind) {
    case SOCKET_STREAM:
        stream_pump(socket);
        return;
    case SOCKET_DATAGRAM:
        datagram_send_all(socket);
        return;
    default:
        echo_send_all(socket);
        return;
    }
}

void endpoint_orphan(struct endpoint *socket)
{
    /* One that is closing already goes on; it has nobody left to tell. */
    uint32_t number = socket->number;
    struct session *session = socket->session;
    if (!socket->closing && endpoint_close(socket) == 0)
        return;
    session->sockets[number] = NULL;
    socket->session = NULL;
}

void endpoint_tell(struct endpoint *socket)
{
    session_wake(socket->session, socket->number);
}

void endpoint_show(struct endpoint *socket, uint32_t state)
{
    socket->state |= state;
    if (socket->slot == NULL)
        return;
    __atomic_store_n(&socket->slot->state, socket->state, __ATOMIC_RELEASE);
    endpoint_tell(socket);
}

void endpoint_pend(struct endpoint *socket, int error)
{
    if (socket->state & SOCKET_FAILED)
        return;
    __atomic_store_n(&socket->slot->error, (uint32_t)error, __ATOMIC_RELEASE);
    endpoint_tell(socket);
}

void endpoint_fail(struct endpoint *socket, int error)
{
    if (socket->slot != NULL)
        __atomic_store_n(&socket->slot->error, (uint32_t)error, __ATOMIC_RELEASE);
    endpoint_show(socket, SOCKET_FAILED | SOCKET_RECEIVE_ENDED | SOCKET_SEND_ENDED);
}
