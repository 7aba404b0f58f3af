/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes between programs and the rings of sockets: one copy, and a call only if the server sleeps.
 */
#include "descriptor_abi.h"
#include "signal.h"
#include "socket_file.h"
#include "user.h"
#include "wait.h"

/* ---- A program's pieces. --------------------------------------------------------------------- */

/* The next bytes of the program that stand together, at most `length`. */
static uint64_t next_piece(struct socket_pieces *at, uint64_t length, uint64_t *address)
{
    while (at->count > 0 && at->skip == at->pieces->length) {
        at->pieces++;
        at->count--;
        at->skip = 0;
    }
    if (at->count == 0)
        return 0;
    uint64_t left = at->pieces->length - at->skip;
    *address = at->pieces->base + at->skip;
    return left < length ? left : length;
}

static int64_t move_pieces(struct socket_pieces *at, void *bytes, uint64_t length, bool write)
{
    uint64_t done = 0, address;
    while (done < length) {
        uint64_t piece = next_piece(at, length - done, &address);
        if (piece == 0)
            break;
        void *mine = (char *)bytes + done;
        int64_t copied =
            write ? user_write_some(address, mine, piece) : user_read_some(mine, address, piece);
        if (copied < 0)
            return done ? (int64_t)done : copied;
        at->skip += (uint64_t)copied;
        at->left -= (uint64_t)copied;
        done += (uint64_t)copied;
        if ((uint64_t)copied < piece)
            break;
    }
    return (int64_t)done;
}

int64_t socket_pieces_write(struct socket_pieces *to, const void *bytes, uint64_t length)
{
    return move_pieces(to, (void *)(uintptr_t)bytes, length, true);
}

int64_t socket_pieces_read(struct socket_pieces *from, void *bytes, uint64_t length)
{
    return move_pieces(from, bytes, length, false);
}

/* `length` bytes of a ring from the i-th on, in either direction; they are ready. Returns how many
 * were moved, or -EFAULT for none. */
static int64_t move_ring(struct ring *ring, uint32_t i, uint64_t length, struct socket_pieces *at)
{
    uint64_t done = 0;
    while (done < length) {
        uint32_t piece;
        uint8_t *bytes = ring_span(ring, i + (uint32_t)done, &piece);
        if (piece > length - done)
            piece = (uint32_t)(length - done);
        int64_t moved = move_pieces(at, bytes, piece, !ring->puts);
        if (moved < 0)
            return done ? (int64_t)done : moved;
        done += (uint64_t)moved;
        if ((uint64_t)moved < piece)
            break;
    }
    return (int64_t)done;
}

/* ---- Streams. -------------------------------------------------------------------------------- */

/* Waits until there is something: bytes > 0, 0: the end, or -errno. socket.lock is held. */
static int64_t await_bytes(struct task *self, struct socket_file *file, uint32_t flags)
{
    for (;;) {
        int64_t ready = socket_readable(&file->socket);
        if (ready != -LINUX_EAGAIN || !socket_may_wait(file, flags))
            return ready;
        int64_t status = socket_wait_change(self, file, file->receive_time);
        if (status < 0)
            return status;
    }
}

/* Throws bytes away that the program does not want to see. */
static int64_t skip_pieces(struct socket_pieces *to, uint64_t length)
{
    uint64_t address, done = 0, piece;
    while (done < length && (piece = next_piece(to, length - done, &address)) > 0) {
        to->skip += piece;
        to->left -= piece;
        done += piece;
    }
    return (int64_t)done;
}

/* Who is told of edges may take a read that fell short for an end of what there is. True: more came
 * before that could be said. */
static bool missed_more(struct socket_file *file)
{
    return __atomic_load_n(&file->file.watches, __ATOMIC_SEQ_CST) &&
           !socket_await_more(&file->socket);
}

/* To who is told of edges, and to threads that wait: what they were to be told by is not set. */
static void tell_more(struct socket_file *file)
{
    wait_wake(&file->queue);
    file_changed(&file->file);
}

/* One portion. Returns bytes, 0: the end, or -errno. */
static int64_t receive_portion(struct task *self, struct socket_file *file,
                               struct socket_pieces *to, uint32_t flags)
{
    struct socket *socket = &file->socket;
    bool kick = false, more = false;
    mutex_lock(&socket->lock);
    int64_t ready = await_bytes(self, file, flags);
    if (ready > 0) {
        uint64_t length = (uint64_t)ready < to->left ? (uint64_t)ready : to->left;
        ready = flags & LINUX_MSG_TRUNC ? skip_pieces(to, length)
                                        : move_ring(&socket->receive, 0, length, to);
        if (ready > 0 && !(flags & LINUX_MSG_PEEK)) {
            kick = socket_took(socket, (uint32_t)ready);
            more = missed_more(file);
        }
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    if (more)
        tell_more(file);
    return ready;
}

/* An error behind bytes that are told is for the next call. */
static int64_t bytes_or_error(struct socket_file *file, int64_t done, int64_t error)
{
    if (done == 0 || error >= 0)
        return done ? done : error;
    if (error != -LINUX_EAGAIN && error != -LINUX_EINTR && error != -LINUX_EFAULT) {
        mutex_lock(&file->socket.lock);
        socket_keep_error(&file->socket);
        mutex_unlock(&file->socket.lock);
    }
    return done;
}

static int64_t receive_stream(struct task *self, struct socket_file *file, struct socket_pieces *to,
                              uint32_t flags)
{
    bool all = flags & LINUX_MSG_WAITALL && !(flags & LINUX_MSG_PEEK);
    int64_t done = 0, moved;
    do {
        moved = receive_portion(self, file, to, flags);
        if (moved > 0)
            done += moved;
    } while (all && moved > 0 && to->left > 0);
    return bytes_or_error(file, done, moved);
}

static int64_t await_room(struct task *self, struct socket_file *file, uint32_t flags)
{
    for (;;) {
        int64_t room = socket_writable(&file->socket);
        if (room != -LINUX_EAGAIN || !socket_may_wait(file, flags))
            return room;
        int64_t status = socket_wait_change(self, file, file->send_time);
        if (status < 0)
            return status;
    }
}

static int64_t send_portion(struct task *self, struct socket_file *file, struct socket_pieces *from,
                            uint32_t flags)
{
    struct socket *socket = &file->socket;
    bool kick = false;
    mutex_lock(&socket->lock);
    /* Without bytes, a full ring is not waited for. */
    int64_t room = await_room(self, file, from->left ? flags : flags | LINUX_MSG_DONTWAIT);
    if (room == -LINUX_EAGAIN && from->left == 0)
        room = 0;
    if (room > 0) {
        uint64_t length = (uint64_t)room < from->left ? (uint64_t)room : from->left;
        room = move_ring(&socket->send, 0, length, from);
        if (room > 0)
            kick = socket_put(socket, (uint32_t)room);
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return room;
}

static int64_t send_stream(struct task *self, struct socket_file *file, struct socket_pieces *from,
                           uint32_t flags)
{
    int64_t done = 0, moved;
    do {
        moved = send_portion(self, file, from, flags);
        if (moved > 0)
            done += moved;
    } while (from->left > 0 && moved >= 0);
    if (moved == -LINUX_EPIPE && done == 0 && !(flags & LINUX_MSG_NOSIGNAL))
        signal_send_self(self, LINUX_SIGPIPE);
    return bytes_or_error(file, done, moved);
}

/* ---- Datagrams. ------------------------------------------------------------------------------ */

/* 0: there is one; 1: none will come. */
static int64_t await_datagram(struct task *self, struct socket_file *file, uint32_t flags,
                              struct socket_datagram *head)
{
    for (;;) {
        int64_t status = socket_datagram_next(&file->socket, head);
        if (status != -LINUX_EAGAIN || !socket_may_wait(file, flags))
            return status;
        /* What nobody listens to is the end, to who would wait for it. */
        if (file->socket.deaf)
            return 1;
        status = socket_wait_change(self, file, file->receive_time);
        if (status < 0)
            return status;
    }
}

/* Out of the ring to the program, as much as it has room for; the rest of it is lost. */
static int64_t take_datagram(struct socket_file *file, const struct socket_datagram *head,
                             struct socket_pieces *to, struct socket_message *message)
{
    uint64_t length = head->length < to->left ? head->length : to->left;
    int64_t moved = move_ring(&file->socket.receive, sizeof(*head), length, to);
    if (moved < 0)
        return moved;
    message->peer = head->peer;
    if (length < head->length)
        message->told |= LINUX_MSG_TRUNC;
    return message->flags & LINUX_MSG_TRUNC ? head->length : (int64_t)length;
}

static int64_t receive_datagram(struct task *self, struct socket_file *file,
                                struct socket_pieces *to, struct socket_message *message)
{
    struct socket *socket = &file->socket;
    struct socket_datagram head;
    bool kick = false, more = false;
    mutex_lock(&socket->lock);
    int64_t result = await_datagram(self, file, message->flags, &head);
    if (result == 0) {
        result = take_datagram(file, &head, to, message);
        if (!(message->flags & LINUX_MSG_PEEK)) {
            kick = socket_took(socket, socket_datagram_bytes(head.length));
            more = missed_more(file);
        }
    } else if (result > 0) {
        result = 0;
    }
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    if (more)
        tell_more(file);
    return result;
}

static int64_t await_datagram_room(struct task *self, struct socket_file *file, uint32_t flags,
                                   uint32_t length)
{
    for (;;) {
        int64_t status = socket_datagram_room(&file->socket, length);
        if (status != -LINUX_EAGAIN || !socket_may_wait(file, flags))
            return status;
        status = socket_wait_change(self, file, file->send_time);
        if (status < 0)
            return status;
    }
}

/* Whole, or not at all: what stands in the ring behind its head counts only when it is put. */
static int64_t put_datagram(struct socket_file *file, struct socket_pieces *from,
                            const struct socket_message *message)
{
    struct ring *ring = &file->socket.send;
    struct socket_datagram head = {.length = (uint32_t)from->left, .peer = message->peer};
    ring_copy_in(ring, 0, &head, sizeof(head));
    int64_t moved = head.length ? move_ring(ring, sizeof(head), head.length, from) : 0;
    return moved == (int64_t)head.length ? moved : -LINUX_EFAULT;
}

static int64_t send_datagram(struct task *self, struct socket_file *file,
                             struct socket_pieces *from, const struct socket_message *message)
{
    struct socket *socket = &file->socket;
    bool kick = false, has_peer = message->peer.family != SOCKET_FAMILY_NONE;
    if (from->left > UINT16_MAX)
        return -LINUX_EMSGSIZE;
    if (has_peer && message->peer.port == 0 && socket->kind == SOCKET_DATAGRAM)
        return -LINUX_EINVAL;
    mutex_lock(&socket->lock);
    int64_t result = -LINUX_EDESTADDRREQ;
    if (has_peer || socket->peer.family != SOCKET_FAMILY_NONE)
        result = await_datagram_room(self, file, message->flags, (uint32_t)from->left);
    if (result == 0)
        result = put_datagram(file, from, message);
    if (result >= 0)
        kick = socket_put(socket, socket_datagram_bytes((uint32_t)result));
    mutex_unlock(&socket->lock);
    if (kick)
        socket_kick(socket);
    return result;
}

/* ---- Both. ----------------------------------------------------------------------------------- */

int64_t socket_receive(struct task *self, struct socket_file *file, struct socket_pieces *to,
                       struct socket_message *message)
{
    if (message->flags & LINUX_MSG_OOB && file->socket.kind == SOCKET_STREAM)
        return -LINUX_EINVAL;
    if (message->flags & LINUX_MSG_ERRQUEUE)
        return -LINUX_EAGAIN;
    if (file->socket.kind == SOCKET_STREAM)
        return receive_stream(self, file, to, message->flags);
    return receive_datagram(self, file, to, message);
}

int64_t socket_send(struct task *self, struct socket_file *file, struct socket_pieces *from,
                    struct socket_message *message)
{
    if (message->flags & LINUX_MSG_OOB)
        return -LINUX_EOPNOTSUPP;
    if (file->socket.kind == SOCKET_STREAM)
        return send_stream(self, file, from, message->flags);
    return send_datagram(self, file, from, message);
}
