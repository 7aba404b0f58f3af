/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as files, and how they hear of changes. */
#include "socket_file.h"

#include <string.h>
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "layout.h"
#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "process.h"
#include "socket_begin.h"
#include "socket_lead.h"
#include "user.h"

static const struct file_operations operations;

static struct socket_file *file_of(struct socket *socket)
{
    return (struct socket_file *)((char *)socket - offsetof(struct socket_file, socket));
}

/* ---- The session. ---------------------------------------------------------------------------- */

/* Who waits has looked under the socket's lock, and goes to sleep with it: so it is taken once. */
static void socket_changed(struct socket *socket)
{
    struct socket_file *file = file_of(socket);
    mutex_lock(&socket->lock);
    mutex_unlock(&socket->lock);
    wait_wake(&file->queue);
    file_changed(&file->file);
}

int64_t socket_begin_session(void)
{
    static struct mutex lock;
    static bool runs;
    struct socket_session_options options = {
        .server = process_handle(SOCKET_SERVICE),
        .areas = LINUX_SOCKETS,
        .changed = socket_changed,
    };
    if (options.server == 0)
        return -LINUX_EAFNOSUPPORT;
    mutex_lock(&lock);
    int64_t status = socket_session_begin(&options);
    if (status == 0 && !runs) {
        status = socket_lead_begin();
        runs = status == 0;
    }
    mutex_unlock(&lock);
    return status;
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

bool socket_may_wait(const struct socket_file *file, uint32_t flags)
{
    uint32_t own = __atomic_load_n(&file->file.flags, __ATOMIC_RELAXED);
    return !(own & LINUX_O_NONBLOCK) && !(flags & LINUX_MSG_DONTWAIT);
}

int64_t socket_wait_change(struct task *self, struct socket_file *file, uint64_t ticks)
{
    uint64_t deadline = ticks ? task_deadline(self, ticks) : CLOCK_NEVER;
    int64_t status = socket_wait_for(self, &file->queue, &file->socket.lock, deadline);
    return status == -LINUX_ETIMEDOUT ? -LINUX_EAGAIN : status;
}

/* ---- The file. ------------------------------------------------------------------------------- */

struct socket_file *socket_file_make(uint16_t family, uint16_t protocol, uint32_t flags)
{
    struct socket_file *file = heap_alloc(sizeof(*file));
    if (!file)
        return NULL;
    file_init(&file->file, &operations, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK));
    file->family = family;
    file->protocol = protocol;
    return file;
}

void socket_file_free(struct socket_file *file)
{
    heap_free(file);
}

struct socket_file *socket_lookup(uint64_t descriptor, int64_t *error)
{
    struct file *file = descriptor_get((uint32_t)descriptor);
    if (file && file->operations == &operations)
        return (struct socket_file *)file;
    *error = file ? -LINUX_ENOTSOCK : -LINUX_EBADF;
    if (file)
        file_drop(file);
    return NULL;
}

void socket_inherit(struct socket_file *fresh, const struct socket_file *listener)
{
    static const uint8_t asked[] = {SOCKET_OPTION_NO_DELAY,      SOCKET_OPTION_KEEP_IDLE,
                                    SOCKET_OPTION_KEEP_INTERVAL, SOCKET_OPTION_KEEP_COUNT,
                                    SOCKET_OPTION_HOPS,          SOCKET_OPTION_SERVICE_TYPE,
                                    SOCKET_OPTION_LINGER};
    const struct socket *from = &listener->socket;
    struct socket *to = &fresh->socket;
    fresh->kept = listener->kept;
    fresh->receive_time = listener->receive_time;
    fresh->send_time = listener->send_time;
    fresh->numbers_set = listener->numbers_set;
    memcpy(fresh->numbers, listener->numbers, sizeof(fresh->numbers));
    memcpy(fresh->buffers, listener->buffers, sizeof(fresh->buffers));
    /* What else was set, as SO_KEEPALIVE, the server has taken over itself. */
    to->options |= from->options;
    memcpy(to->values, from->values, sizeof(to->values));
    for (unsigned i = 0; i < sizeof(asked); i++)
        if (from->options >> asked[i] & 1)
            (void)socket_set(to, asked[i], from->values[asked[i]], NULL);
}

static int64_t read_vector(struct task *self, struct file *file, const struct linux_iovec *pieces,
                           uint64_t count)
{
    struct socket_message message = {.flags = 0};
    struct socket_pieces to = {.pieces = pieces, .count = count};
    for (uint64_t i = 0; i < count; i++)
        to.left += pieces[i].length;
    /* read(2) with no room looks at nothing; recv(2) does. */
    if (to.left == 0)
        return 0;
    return socket_receive(self, (struct socket_file *)file, &to, &message);
}

static int64_t write_vector(struct task *self, struct file *file, const struct linux_iovec *pieces,
                            uint64_t count)
{
    struct socket_message message = {.flags = 0};
    struct socket_pieces from = {.pieces = pieces, .count = count};
    for (uint64_t i = 0; i < count; i++)
        from.left += pieces[i].length;
    return socket_send(self, (struct socket_file *)file, &from, &message);
}

static int64_t read_one(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    struct linux_iovec piece = {.base = to, .length = length};
    return read_vector(self, file, &piece, 1);
}

static int64_t write_one(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    struct linux_iovec piece = {.base = from, .length = length};
    return write_vector(self, file, &piece, 1);
}

static uint32_t socket_poll(struct file *file)
{
    static const struct {
        uint32_t ready;
        uint32_t events;
    } rows[] = {
        {SOCKET_READY_IN, LINUX_POLL_READABLE}, {SOCKET_READY_OUT, LINUX_POLL_WRITABLE},
        {SOCKET_READY_ENDED, LINUX_POLLRDHUP},  {SOCKET_READY_OVER, LINUX_POLLHUP},
        {SOCKET_READY_FAILED, LINUX_POLLERR},
    };
    struct socket *socket = &((struct socket_file *)file)->socket;
    uint32_t events = 0;
    mutex_lock(&socket->lock);
    uint32_t ready = socket_ready(socket);
    mutex_unlock(&socket->lock);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (ready & rows[i].ready)
            events |= rows[i].events;
    return events;
}

static int64_t socket_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    const struct socket_file *socket = (const struct socket_file *)file;
    (void)self;
    *stat = (struct linux_stat){.mode = LINUX_S_IFSOCK | 0777,
                                .inode = (uint64_t)(uintptr_t)socket >> 5,
                                .links = 1,
                                .block_size = 4096};
    return 0;
}

/* Bytes that can be read, or wait to be sent. */
static int64_t count_bytes(struct socket *socket, uint64_t request)
{
    struct socket_datagram head;
    if (socket->role == SOCKET_LISTENER)
        return -LINUX_EINVAL;
    if (request == LINUX_SIOCOUTQ)
        return socket->send.size - ring_ready(&socket->send);
    if (socket->kind == SOCKET_STREAM)
        return ring_ready(&socket->receive);
    return socket_datagram_next(socket, &head) == 0 ? head.length : 0;
}

static int64_t socket_ioctl(struct task *self, struct file *file, uint64_t request,
                            uint64_t argument)
{
    struct socket *socket = &((struct socket_file *)file)->socket;
    (void)self;
    if (request != LINUX_FIONREAD && request != LINUX_SIOCOUTQ)
        return -LINUX_ENOTTY;
    mutex_lock(&socket->lock);
    int64_t bytes = count_bytes(socket, request);
    mutex_unlock(&socket->lock);
    int32_t count = (int32_t)bytes;
    return bytes < 0 ? bytes : user_write(argument, &count, sizeof(count));
}

static void socket_release(struct file *file)
{
    struct socket_file *socket = (struct socket_file *)file;
    socket_close(&socket->socket);
    heap_free(socket);
}

static const struct file_operations operations = {
    .kind = "socket",
    .read = read_one,
    .write = write_one,
    .read_vector = read_vector,
    .write_vector = write_vector,
    .poll = socket_poll,
    .stat = socket_stat,
    .ioctl = socket_ioctl,
    .release = socket_release,
};
