/* SPDX-License-Identifier: BSD-2-Clause */
/* socket, bind, listen, accept, connect, shutdown, and the names of both ends. */
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "socket_begin.h"
#include "socket_file.h"
#include "user.h"

#define FLAGS                                                                                      \
    (LINUX_O_NONBLOCK | LINUX_O_CLOEXEC) /* SOCK_NONBLOCK, SOCK_CLOEXEC: the same bits             \
                                          */
#define BACKLOG_MAX 255                  /* /proc/sys/net/core/somaxconn */

/* ---- socket. --------------------------------------------------------------------------------- */

/* SOCKET_STREAM and so on, or -errno. */
static int64_t kind_of(uint32_t family, uint32_t type, uint32_t protocol)
{
    uint32_t echo = family == LINUX_AF_INET ? LINUX_IPPROTO_ICMP : LINUX_IPPROTO_ICMPV6;
    if (type == LINUX_SOCK_STREAM)
        return protocol == 0 || protocol == LINUX_IPPROTO_TCP ? SOCKET_STREAM
                                                              : -LINUX_EPROTONOSUPPORT;
    if (type != LINUX_SOCK_DGRAM)
        return -LINUX_ESOCKTNOSUPPORT;
    if (protocol == 0 || protocol == LINUX_IPPROTO_UDP)
        return SOCKET_DATAGRAM;
    return protocol == echo ? SOCKET_ECHO : -LINUX_EPROTONOSUPPORT;
}

static int64_t install(struct socket_file *file, uint32_t flags)
{
    int64_t descriptor = descriptor_install(&file->file, 0, flags);
    if (descriptor < 0)
        file_drop(&file->file);
    return descriptor;
}

int64_t linux_socket(struct task *self)
{
    uint32_t family = (uint32_t)task_argument(self, 0), type = (uint32_t)task_argument(self, 1);
    uint32_t protocol = (uint32_t)task_argument(self, 2), flags = type & FLAGS;
    if (type & ~(uint32_t)(FLAGS | LINUX_SOCK_TYPE_MASK))
        return -LINUX_EINVAL;
    if (family != LINUX_AF_INET && family != LINUX_AF_INET6)
        return -LINUX_EAFNOSUPPORT;
    if (protocol >= LINUX_IPPROTO_MAX)
        return -LINUX_EINVAL;
    int64_t kind = kind_of(family, type & LINUX_SOCK_TYPE_MASK, protocol);
    int64_t status = kind < 0 ? kind : socket_begin_session();
    if (status < 0)
        return status;
    struct socket_file *file = socket_file_make((uint16_t)family, (uint16_t)protocol, flags);
    if (!file)
        return -LINUX_ENOMEM;
    status = socket_open(&file->socket, family == LINUX_AF_INET ? SOCKET_FAMILY_4 : SOCKET_FAMILY_6,
                         (uint8_t)kind);
    if (status < 0) {
        socket_file_free(file);
        return status;
    }
    return install(file, flags);
}

/* Sockets between processes of one machine: pipes and channels are for that. */
int64_t linux_socketpair(struct task *self)
{
    (void)self;
    return -LINUX_EAFNOSUPPORT;
}

/* ---- What needs nothing but the socket and an address or a number. --------------------------- */

typedef int64_t socket_call(struct task *self, struct socket_file *file);

static int64_t with_socket(struct task *self, socket_call *call)
{
    int64_t status;
    struct socket_file *file = socket_lookup(task_argument(self, 0), &status);
    if (!file)
        return status;
    status = call(self, file);
    file_drop(&file->file);
    return status;
}

static int64_t do_bind(struct task *self, struct socket_file *file)
{
    struct socket_address address;
    int64_t status =
        socket_read_address(file, task_argument(self, 1), task_argument(self, 2), &address);
    if (status < 0)
        return status == -LINUX_ENETUNREACH ? -LINUX_EINVAL : status;
    if (address.family == SOCKET_FAMILY_NONE)
        return -LINUX_EAFNOSUPPORT;
    return socket_bind(&file->socket, &address);
}

static int64_t do_listen(struct task *self, struct socket_file *file)
{
    uint32_t backlog = (uint32_t)task_argument(self, 1);
    if (file->socket.kind != SOCKET_STREAM)
        return -LINUX_EOPNOTSUPP;
    return socket_listen(&file->socket, backlog < BACKLOG_MAX ? backlog : BACKLOG_MAX);
}

/* Who waits waits for what does not come any more. */
static void tell_all(struct socket_file *file)
{
    wait_wake(&file->queue);
    file_changed(&file->file);
}

/* What there was is undone, and whoever waited for it is told. */
static int64_t begin_anew(struct socket_file *file)
{
    int64_t status = socket_renew(&file->socket);
    file->connecting = false;
    tell_all(file);
    return status;
}

static int64_t do_shutdown(struct task *self, struct socket_file *file)
{
    uint32_t how = (uint32_t)task_argument(self, 1);
    if (how > LINUX_SHUT_RDWR)
        return -LINUX_EINVAL;
    /* A listener sends nothing; one that does not receive listens no more. */
    if (file->socket.role == SOCKET_LISTENER)
        return how == LINUX_SHUT_WR ? 0 : begin_anew(file);
    int64_t status = socket_shutdown(&file->socket, how);
    if (status == 0)
        tell_all(file);
    return status;
}

static int64_t tell_name(struct task *self, struct socket_file *file, bool of_peer)
{
    struct socket_address address;
    int64_t status = socket_name(&file->socket, of_peer, &address);
    if (status < 0)
        return status;
    return socket_write_address(file, &address, task_argument(self, 1), task_argument(self, 2));
}

static int64_t do_getsockname(struct task *self, struct socket_file *file)
{
    return tell_name(self, file, false);
}

static int64_t do_getpeername(struct task *self, struct socket_file *file)
{
    return tell_name(self, file, true);
}

int64_t linux_bind(struct task *self)
{
    return with_socket(self, do_bind);
}

int64_t linux_listen(struct task *self)
{
    return with_socket(self, do_listen);
}

int64_t linux_shutdown(struct task *self)
{
    return with_socket(self, do_shutdown);
}

int64_t linux_getsockname(struct task *self)
{
    return with_socket(self, do_getsockname);
}

int64_t linux_getpeername(struct task *self)
{
    return with_socket(self, do_getpeername);
}

/* ---- connect. -------------------------------------------------------------------------------- */

/* How far it is: 0, an error that it ended with, or -EINPROGRESS. socket.lock is held. */
static int64_t connect_status(struct socket_file *file)
{
    uint32_t state = socket_state(&file->socket);
    if (state & SOCKET_FAILED) {
        uint32_t error = socket_take_error(&file->socket);
        return error ? -(int64_t)error : -LINUX_ECONNABORTED;
    }
    return state & SOCKET_CONNECTED ? 0 : -LINUX_EINPROGRESS;
}

/* The program is told how it went; after a failure it may try again. */
static int64_t connect_told(struct socket_file *file, int64_t result)
{
    if (result == -LINUX_EINPROGRESS)
        return result;
    file->connecting = false;
    if (result < 0)
        (void)begin_anew(file);
    return result;
}

static int64_t await_connection(struct task *self, struct socket_file *file)
{
    int64_t status = 0;
    mutex_lock(&file->socket.lock);
    int64_t result = connect_status(file);
    while (result == -LINUX_EINPROGRESS && status == 0) {
        status = socket_wait_change(self, file, file->send_time);
        result = connect_status(file);
    }
    mutex_unlock(&file->socket.lock);
    result = connect_told(file, result);
    /* With a time limit, Linux says that it goes on. */
    return result == -LINUX_EINPROGRESS && status == -LINUX_EINTR ? status : result;
}

/* A call on a socket that is connecting asks how it goes: so does one that a signal ended. */
static int64_t connect_again(struct task *self, struct socket_file *file)
{
    if (socket_may_wait(file, 0))
        return await_connection(self, file);
    mutex_lock(&file->socket.lock);
    int64_t status = connect_status(file);
    mutex_unlock(&file->socket.lock);
    status = connect_told(file, status);
    return status == -LINUX_EINPROGRESS ? -LINUX_EALREADY : status;
}

static int64_t do_connect(struct task *self, struct socket_file *file)
{
    struct socket_address address;
    int64_t status =
        socket_read_address(file, task_argument(self, 1), task_argument(self, 2), &address);
    if (status < 0)
        return status;
    if (address.family == SOCKET_FAMILY_NONE && file->socket.kind == SOCKET_STREAM)
        return file->socket.role == SOCKET_FRESH ? 0 : begin_anew(file);
    if (file->socket.role == SOCKET_LISTENER)
        return -LINUX_EISCONN;
    if (file->connecting)
        return connect_again(self, file);
    status = socket_connect(&file->socket, &address);
    if (status != -LINUX_EINPROGRESS)
        return status;
    file->connecting = true;
    return socket_may_wait(file, 0) ? await_connection(self, file) : status;
}

int64_t linux_connect(struct task *self)
{
    return with_socket(self, do_connect);
}

/* ---- accept. --------------------------------------------------------------------------------- */

static int64_t await_waiting(struct task *self, struct socket_file *file)
{
    int64_t status = 0;
    mutex_lock(&file->socket.lock);
    /* Not any more, if another thread shuts it. */
    while (status == 0 && file->socket.role == SOCKET_LISTENER &&
           !(socket_ready(&file->socket) & SOCKET_READY_IN))
        status = socket_wait_change(self, file, file->receive_time);
    mutex_unlock(&file->socket.lock);
    return status;
}

static int64_t take_connection(struct task *self, struct socket_file *file,
                               struct socket_file *fresh, struct socket_address *peer)
{
    for (;;) {
        int64_t status = socket_accept(&file->socket, &fresh->socket, peer);
        if (status != -LINUX_EAGAIN || !socket_may_wait(file, 0))
            return status;
        status = await_waiting(self, file);
        if (status < 0)
            return status;
    }
}

static int64_t accept_with(struct task *self, struct socket_file *file, uint32_t flags)
{
    struct socket_address peer;
    struct socket_file *fresh = socket_file_make(file->family, file->protocol, flags);
    if (!fresh)
        return -LINUX_ENOMEM;
    int64_t status = take_connection(self, file, fresh, &peer);
    if (status < 0) {
        socket_file_free(fresh);
        return status;
    }
    socket_inherit(fresh, file);
    status = socket_write_address(fresh, &peer, task_argument(self, 1), task_argument(self, 2));
    if (status < 0) {
        file_drop(&fresh->file);
        return status;
    }
    return install(fresh, flags);
}

static int64_t do_accept(struct task *self, struct socket_file *file)
{
    return accept_with(self, file, 0);
}

static int64_t do_accept4(struct task *self, struct socket_file *file)
{
    uint32_t flags = (uint32_t)task_argument(self, 3);
    return flags & ~(uint32_t)FLAGS ? -LINUX_EINVAL : accept_with(self, file, flags);
}

int64_t linux_accept(struct task *self)
{
    return with_socket(self, do_accept);
}

int64_t linux_accept4(struct task *self)
{
    return with_socket(self, do_accept4);
}
