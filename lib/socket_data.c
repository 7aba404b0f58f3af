/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of sockets, and what holds of them: no call, as long as the server does not sleep. */
#include "socket.h"

#include <errno.h>

#define LOST (SOCKET_FAILED | SOCKET_RECEIVE_ENDED | SOCKET_SEND_ENDED)

uint32_t socket_state(const struct socket *socket)
{
    if (socket->lost)
        return LOST;
    /* In between two servers nothing is certain but what was. */
    if (!socket->open)
        return 0;
    return __atomic_load_n(&socket->slot->state, __ATOMIC_ACQUIRE);
}

static uint32_t error_of(const struct socket *socket)
{
    uint32_t error =
        socket->lost ? socket->lost_error : __atomic_load_n(&socket->slot->error, __ATOMIC_RELAXED);
    return error > 0 && error < 4096 ? error : EIO;
}

/* Of a datagram socket that has not failed: an ICMP error has come since the last one was told. */
static bool has_pending(const struct socket *socket)
{
    return socket->kind != SOCKET_STREAM && socket->open &&
           __atomic_load_n(&socket->slot->error, __ATOMIC_RELAXED) != 0;
}

static uint32_t take_pending(struct socket *socket)
{
    if (!has_pending(socket))
        return 0;
    uint32_t error = __atomic_exchange_n(&socket->slot->error, 0, __ATOMIC_RELAXED);
    return error < 4096 ? error : EIO;
}

uint32_t socket_take_error(struct socket *socket)
{
    if (!(socket_state(socket) & SOCKET_FAILED))
        return take_pending(socket);
    if (socket->error_told)
        return 0;
    socket->error_told = true;
    return error_of(socket);
}

void socket_keep_error(struct socket *socket)
{
    socket->error_told = false;
}

/* The server's count cannot be: nothing in the slot is believed any more. */
static int64_t distrust(struct socket *socket)
{
    socket->lost = true;
    socket->lost_error = EPROTO;
    socket->error_told = true;
    return -EPROTO;
}

/* How much room, or how much to take, makes it worth while to be woken. */
static uint32_t least_room(const struct socket *socket)
{
    return socket->send.size / 4;
}

/* ---- Streams. -------------------------------------------------------------------------------- */

/* Without a byte in the ring: why, or 0 to look again. */
static int64_t nothing_to_read(struct socket *socket, uint32_t state, bool *ended)
{
    *ended = true;
    uint32_t error = socket_take_error(socket);
    if (error)
        return -(int64_t)error;
    if (state & (SOCKET_FAILED | SOCKET_RECEIVE_ENDED) || socket->deaf)
        return 0;
    if (!(state & (SOCKET_CONNECTED | SOCKET_CONNECTING)) && socket->open)
        return -ENOTCONN;
    *ended = false;
    return ring_sleep(&socket->receive, 1) ? -EAGAIN : 0;
}

int64_t socket_readable(struct socket *socket)
{
    for (;;) {
        bool ended;
        /* The state first: bytes that came before an end are in the ring by then. */
        uint32_t state = socket_state(socket);
        int64_t ready = ring_ready(&socket->receive);
        if (ready < 0)
            return distrust(socket);
        if (ready > 0)
            return ready;
        int64_t status = nothing_to_read(socket, state, &ended);
        if (ended || status < 0)
            return status;
    }
}

int64_t socket_writable(struct socket *socket)
{
    for (;;) {
        uint32_t state = socket_state(socket);
        uint32_t error = socket_take_error(socket);
        if (error)
            return -(int64_t)error;
        if (socket->ended || state & (SOCKET_SEND_ENDED | SOCKET_FAILED))
            return -EPIPE;
        if (!(state & SOCKET_CONNECTED))
            return state & SOCKET_CONNECTING || !socket->open ? -EAGAIN : -EPIPE;
        int64_t ready = ring_ready(&socket->send);
        if (ready < 0)
            return distrust(socket);
        if (ready > 0)
            return ready;
        if (ring_sleep(&socket->send, least_room(socket)))
            return -EAGAIN;
    }
}

bool socket_took(struct socket *socket, uint32_t count)
{
    return ring_advance(&socket->receive, count) && !socket->lost;
}

bool socket_put(struct socket *socket, uint32_t count)
{
    return ring_advance(&socket->send, count) && !socket->lost;
}

bool socket_await_more(struct socket *socket)
{
    return ring_sleep(&socket->receive, socket->receive.ready + 1);
}

/* ---- Datagrams. ------------------------------------------------------------------------------ */

int64_t socket_datagram_next(struct socket *socket, struct socket_datagram *head)
{
    for (;;) {
        uint32_t error = socket_take_error(socket);
        int64_t ready = ring_ready(&socket->receive);
        if (error || ready < 0)
            return ready < 0 ? distrust(socket) : -(int64_t)error;
        if (ready >= (int64_t)sizeof(*head)) {
            ring_copy_out(&socket->receive, 0, head, sizeof(*head));
            uint64_t bytes = sizeof(*head) + (((uint64_t)head->length + 7) & ~7ul);
            return bytes > (uint64_t)ready ? distrust(socket) : 0;
        }
        if (ready > 0)
            return distrust(socket);
        if (ring_sleep(&socket->receive, 1))
            return -EAGAIN;
    }
}

int64_t socket_datagram_room(struct socket *socket, uint32_t length)
{
    if (length > socket->send.size - sizeof(struct socket_datagram))
        return -EMSGSIZE;
    uint32_t bytes = socket_datagram_bytes(length);
    if (socket->lost)
        return -(int64_t)socket->lost_error;
    if (socket->ended)
        return -EPIPE;
    for (;;) {
        uint32_t error = socket_take_error(socket);
        int64_t ready = ring_ready(&socket->send);
        if (error || ready < 0)
            return ready < 0 ? distrust(socket) : -(int64_t)error;
        if (ready >= bytes)
            return 0;
        if (ring_sleep(&socket->send, bytes))
            return -EAGAIN;
    }
}

/* ---- What holds. ----------------------------------------------------------------------------- */

static bool has_room(struct socket *socket)
{
    int64_t ready = ring_ready(&socket->send);
    return ready < 0 || ready >= least_room(socket) ||
           !ring_sleep(&socket->send, least_room(socket));
}

static bool has_bytes(struct socket *socket)
{
    return ring_ready(&socket->receive) != 0 || !ring_sleep(&socket->receive, 1);
}

static uint32_t listener_ready(const struct socket *socket, uint32_t state)
{
    if (state & SOCKET_FAILED)
        return SOCKET_READY_IN | SOCKET_READY_FAILED;
    return __atomic_load_n(&socket->slot->waiting, __ATOMIC_ACQUIRE) > 0 ? SOCKET_READY_IN : 0;
}

static uint32_t datagram_ready(struct socket *socket)
{
    uint32_t ready = 0;
    if (socket->lost)
        return SOCKET_READY_IN | SOCKET_READY_OUT | (socket->error_told ? 0 : SOCKET_READY_FAILED);
    if (socket->deaf)
        ready |= SOCKET_READY_IN | SOCKET_READY_ENDED;
    if (socket->deaf && socket->ended)
        ready |= SOCKET_READY_OVER;
    if (!(ready & SOCKET_READY_IN) && has_bytes(socket))
        ready |= SOCKET_READY_IN;
    if (has_pending(socket))
        ready |= SOCKET_READY_FAILED;
    return has_room(socket) ? ready | SOCKET_READY_OUT : ready;
}

static uint32_t stream_ready(struct socket *socket, uint32_t state)
{
    uint32_t ready = 0;
    bool received = state & SOCKET_RECEIVE_ENDED || socket->deaf;
    bool sent = state & SOCKET_SEND_ENDED || socket->ended;
    if (!(state & (SOCKET_CONNECTED | SOCKET_CONNECTING | SOCKET_FAILED)) && socket->open)
        return SOCKET_READY_OUT | SOCKET_READY_OVER;
    if (state & SOCKET_FAILED && !socket->error_told)
        ready |= SOCKET_READY_FAILED | SOCKET_READY_IN | SOCKET_READY_OUT;
    if (received)
        ready |= SOCKET_READY_IN | SOCKET_READY_ENDED;
    if (sent)
        ready |= SOCKET_READY_OUT;
    if (state & SOCKET_FAILED || (received && sent))
        ready |= SOCKET_READY_OVER;
    if (!(ready & SOCKET_READY_IN) && has_bytes(socket))
        ready |= SOCKET_READY_IN;
    if (!(ready & SOCKET_READY_OUT) && state & SOCKET_CONNECTED && has_room(socket))
        ready |= SOCKET_READY_OUT;
    return ready;
}

uint32_t socket_ready(struct socket *socket)
{
    uint32_t state = socket_state(socket);
    if (socket->role == SOCKET_LISTENER)
        return listener_ready(socket, state);
    return socket->kind == SOCKET_STREAM ? stream_ready(socket, state) : datagram_ready(socket);
}
