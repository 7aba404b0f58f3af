/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls on sockets that wait. One of the threads that wait takes the session's signal and tells the
 * others; when it has what it waited for, one of them does.
 */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "socket.h"
#include "socket_session.h"
#include "start.h"

#define RETRY_MILLISECONDS 100

static struct {
    struct mutex lock;
    struct condition changed;
    bool taken;      /* a thread waits for the signal */
    bool unfinished; /* the session wants to be asked again soon */
} turn;

static void wake_waiters(struct socket *socket)
{
    (void)socket;
    mutex_lock(&turn.lock);
    condition_wake_all(&turn.changed);
    mutex_unlock(&turn.lock);
}

int socket_begin(void)
{
    struct socket_session_options options = {.server = start_handle(SOCKET_SERVICE),
                                             .changed = wake_waiters};
    return options.server ? socket_session_begin(&options) : -ENODEV;
}

/* Waits for the signal and does what it says; for one thread at a time. */
static int take_turn(uint64_t deadline)
{
    uint64_t word = 0, until = deadline;
    if (turn.unfinished && clock_after(RETRY_MILLISECONDS) < until)
        until = clock_after(RETRY_MILLISECONDS);
    int status = channel_wait(socket_session_signal(), &word, until);
    turn.unfinished = socket_session_signalled(word);
    return status == 0 || until < deadline ? 0 : -ETIMEDOUT;
}

int socket_wait(struct socket *socket, uint32_t sequence, uint64_t deadline)
{
    int status = 0;
    mutex_lock(&turn.lock);
    while (status == 0 && __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST) == sequence) {
        if (turn.taken) {
            status = condition_wait(&turn.changed, &turn.lock, deadline);
            continue;
        }
        turn.taken = true;
        mutex_unlock(&turn.lock);
        status = take_turn(deadline);
        mutex_lock(&turn.lock);
        turn.taken = false;
    }
    condition_wake_one(&turn.changed); /* somebody else's turn */
    mutex_unlock(&turn.lock);
    return __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST) == sequence ? status : 0;
}

/* ---- Connecting, accepting. ------------------------------------------------------------------ */

int socket_connect_wait(struct socket *socket, const struct socket_address *address,
                        uint64_t deadline)
{
    int status = socket_connect(socket, address);
    if (status != -EINPROGRESS)
        return status;
    for (;;) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        mutex_lock(&socket->lock);
        uint32_t state = socket_state(socket), error = socket_take_error(socket);
        mutex_unlock(&socket->lock);
        if (error || state & (SOCKET_CONNECTED | SOCKET_FAILED))
            return error ? -(int)error : state & SOCKET_CONNECTED ? 0 : -ECONNRESET;
        status = socket_wait(socket, sequence, deadline);
        if (status < 0)
            return status;
    }
}

int socket_accept_wait(struct socket *socket, struct socket *fresh, struct socket_address *peer,
                       uint64_t deadline)
{
    for (;;) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        int status = socket_accept(socket, fresh, peer);
        if (status != -EAGAIN)
            return status;
        status = socket_wait(socket, sequence, deadline);
        if (status < 0)
            return status;
    }
}

/* ---- Streams. -------------------------------------------------------------------------------- */

/* One attempt, then the server is told. Returns bytes, 0: the end, or -errno. */
static int64_t read_now(struct socket *socket, void *to, uint32_t length)
{
    mutex_lock(&socket->lock);
    int64_t ready = socket_readable(socket);
    bool kick = false;
    if (ready > length)
        ready = length;
    if (ready > 0) {
        ring_copy_out(&socket->receive, 0, to, (uint32_t)ready);
        kick = socket_took(socket, (uint32_t)ready);
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return ready;
}

static int64_t write_now(struct socket *socket, const void *from, uint32_t length)
{
    mutex_lock(&socket->lock);
    int64_t room = socket_writable(socket);
    bool kick = false;
    if (room > length)
        room = length;
    if (room > 0) {
        ring_copy_in(&socket->send, 0, from, (uint32_t)room);
        kick = socket_put(socket, (uint32_t)room);
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return room;
}

int64_t socket_read(struct socket *socket, void *to, uint32_t length, uint64_t deadline)
{
    for (;;) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        int64_t done = read_now(socket, to, length);
        if (done != -EAGAIN)
            return done;
        int status = socket_wait(socket, sequence, deadline);
        if (status < 0)
            return status;
    }
}

int64_t socket_write(struct socket *socket, const void *from, uint32_t length, uint64_t deadline)
{
    uint32_t done = 0;
    while (done < length) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        int64_t piece = write_now(socket, (const uint8_t *)from + done, length - done);
        if (piece == -EAGAIN)
            piece = socket_wait(socket, sequence, deadline);
        if (piece < 0)
            return piece;
        done += (uint32_t)piece;
    }
    return done;
}

/* ---- Datagrams. ------------------------------------------------------------------------------ */

static int64_t receive_now(struct socket *socket, void *to, uint32_t length,
                           struct socket_address *peer)
{
    struct socket_datagram head;
    bool kick = false;
    mutex_lock(&socket->lock);
    int64_t status = socket_datagram_next(socket, &head);
    if (status == 0) {
        status = head.length < length ? head.length : length;
        ring_copy_out(&socket->receive, sizeof(head), to, (uint32_t)status);
        kick = socket_took(socket, socket_datagram_bytes(head.length));
        if (peer)
            *peer = head.peer;
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return status;
}

int64_t socket_receive_from(struct socket *socket, void *to, uint32_t length,
                            struct socket_address *peer, uint64_t deadline)
{
    for (;;) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        int64_t status = receive_now(socket, to, length, peer);
        if (status != -EAGAIN)
            return status;
        status = socket_wait(socket, sequence, deadline);
        if (status < 0)
            return status;
    }
}

static int64_t send_now(struct socket *socket, const void *from, uint32_t length,
                        const struct socket_address *peer)
{
    struct socket_datagram head = {.length = length};
    bool kick = false;
    if (peer)
        head.peer = *peer;
    mutex_lock(&socket->lock);
    int64_t status = socket_datagram_room(socket, length);
    if (status == 0) {
        ring_copy_in(&socket->send, 0, &head, sizeof(head));
        ring_copy_in(&socket->send, sizeof(head), from, length);
        kick = socket_put(socket, socket_datagram_bytes(length));
        status = length;
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return status;
}

int64_t socket_send_to(struct socket *socket, const void *from, uint32_t length,
                       const struct socket_address *peer, uint64_t deadline)
{
    for (;;) {
        uint32_t sequence = __atomic_load_n(&socket->sequence, __ATOMIC_SEQ_CST);
        int64_t status = send_now(socket, from, length, peer);
        if (status != -EAGAIN)
            return status;
        status = socket_wait(socket, sequence, deadline);
        if (status < 0)
            return status;
    }
}

/* ---- Names. ---------------------------------------------------------------------------------- */

#define RESOLVE_PAUSE 5 /* ms, between two looks whether name servers have answered */

int64_t socket_resolve(const char *name, uint8_t family, struct socket_address *addresses,
                       unsigned most)
{
    struct socket block = {.kind = SOCKET_STREAM};
    union socket_exchange exchange = {.resolve = {.type = SOCKET_RESOLVE, .family = family}};
    size_t length = strlen(name);
    if (length == 0 || length > SOCKET_NAME_MAX)
        return -ENOENT;
    int64_t status = socket_session_take_block(&block, &exchange.resolve);
    if (status < 0)
        return status;
    exchange.resolve.length = (uint32_t)length;
    memcpy(block.slot, name, length);
    const union socket_exchange question = exchange;
    while ((status = socket_session_ask(&exchange, 0)) == -EINPROGRESS) {
        clock_sleep(RESOLVE_PAUSE);
        exchange = question;
    }
    if (status > SOCKET_RESOLVE_MAX)
        status = -EPROTO;
    if (status > most)
        status = most;
    if (status > 0)
        memcpy(addresses, block.slot, (size_t)status * sizeof(struct socket_address));
    socket_session_free_block(&block);
    return status == -ESTALE ? -ENETDOWN : status;
}
