/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipes within the process: pipe(7). Between programs the pipe server has them. */
#include "lib/byte_ring.h"
#include "lib/clock.h"
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "poll_watch.h"
#include "signal.h"
#include "user.h"

enum end { READER, WRITER };

struct pipe {
    struct file ends[2];
    struct mutex lock; /* all below */
    struct byte_ring ring;
    bool closed[2];
    struct wait_queue queues[2];
    uint32_t ends_left; /* atomic: the last one frees */
};

static struct pipe *pipe_of(struct file *file, enum end end)
{
    return (struct pipe *)((char *)file - offsetof(struct pipe, ends) - end * sizeof(struct file));
}

/* Wakes who waits at an end, and who polls it. Without the lock. */
static void wake(struct pipe *pipe, enum end end)
{
    wait_wake(&pipe->queues[end]);
    file_changed(&pipe->ends[end]);
}

static size_t room(const struct pipe *pipe)
{
    return PIPE_SIZE - pipe->ring.count;
}

static bool may_block(const struct file *file)
{
    return !(__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & LINUX_O_NONBLOCK);
}

/* ---- Reading. -------------------------------------------------------------------------------- */

/* Waits until there is something to read: 0, or -errno; 0 with an empty ring is the end. */
static int64_t wait_readable(struct task *self, struct pipe *pipe)
{
    while (pipe->ring.count == 0 && !pipe->closed[WRITER]) {
        if (!may_block(&pipe->ends[READER]))
            return -LINUX_EAGAIN;
        int status = wait_for(self, &pipe->queues[READER], &pipe->lock, CLOCK_NEVER);
        if (status < 0 && pipe->ring.count == 0)
            return status;
    }
    return 0;
}

/* Copies out what there is, up to length. Returns bytes, or -EFAULT for none. */
static int64_t drain(struct pipe *pipe, uint64_t to, uint64_t length)
{
    uint64_t done = 0;
    while (done < length && pipe->ring.count > 0) {
        size_t piece;
        const uint8_t *bytes = byte_ring_data(&pipe->ring, &piece);
        if (piece > length - done)
            piece = length - done;
        int64_t copied = user_write_some(to + done, bytes, piece);
        if (copied <= 0)
            return done ? (int64_t)done : copied;
        byte_ring_take(&pipe->ring, (size_t)copied);
        done += (uint64_t)copied;
    }
    return (int64_t)done;
}

static int64_t pipe_read(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    struct pipe *pipe = pipe_of(file, READER);
    if (length == 0)
        return 0;
    mutex_lock(&pipe->lock);
    int64_t result = wait_readable(self, pipe);
    size_t before = room(pipe);
    if (result == 0)
        result = drain(pipe, to, length);
    bool wanted = pipe->queues[WRITER].waiters > 0 ||
                  (before < LINUX_PIPE_BUF && room(pipe) >= LINUX_PIPE_BUF);
    mutex_unlock(&pipe->lock);
    if (wanted && result > 0)
        wake(pipe, WRITER);
    return result;
}

/* ---- Writing. -------------------------------------------------------------------------------- */

/* What is not longer than PIPE_BUF goes in at once or not at all. */
static size_t room_needed(uint64_t length)
{
    return length <= LINUX_PIPE_BUF ? (size_t)length : 1;
}

/* Memory for `more` bytes. False: there is none. */
static bool reserve(struct byte_ring *ring, size_t more)
{
    size_t capacity = byte_ring_needs(ring, more);
    void *memory = capacity ? heap_alloc(capacity) : NULL;
    if (memory)
        heap_free(byte_ring_move(ring, memory, capacity));
    return !capacity || memory;
}

/* Copies in what there is room for. Returns bytes > 0, -EAGAIN, -EPIPE, -ENOMEM, -EFAULT. */
static int64_t fill(struct pipe *pipe, uint64_t from, uint64_t left, size_t needed)
{
    size_t space = room(pipe);
    uint64_t done = 0;
    if (pipe->closed[READER])
        return -LINUX_EPIPE;
    if (space < needed)
        return -LINUX_EAGAIN;
    if (left > space)
        left = space;
    if (!reserve(&pipe->ring, left))
        return -LINUX_ENOMEM;
    while (done < left) {
        size_t piece;
        uint8_t *to = byte_ring_space(&pipe->ring, &piece);
        if (piece > left - done)
            piece = left - done;
        int64_t copied = user_read_some(to, from + done, piece);
        if (copied <= 0)
            return done ? (int64_t)done : copied;
        byte_ring_put(&pipe->ring, (size_t)copied);
        done += (uint64_t)copied;
    }
    return (int64_t)done;
}

static int64_t wait_writable(struct task *self, struct pipe *pipe, size_t needed)
{
    int status = 0;
    if (!may_block(&pipe->ends[WRITER]))
        return -LINUX_EAGAIN;
    mutex_lock(&pipe->lock);
    while (status == 0 && !pipe->closed[READER] && room(pipe) < needed)
        status = wait_for(self, &pipe->queues[WRITER], &pipe->lock, CLOCK_NEVER);
    mutex_unlock(&pipe->lock);
    return status;
}

static int64_t pipe_write(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    struct pipe *pipe = pipe_of(file, WRITER);
    size_t needed = room_needed(length);
    uint64_t done = 0;
    int64_t status = 0;
    while (done < length && status == 0) {
        mutex_lock(&pipe->lock);
        int64_t taken = fill(pipe, from + done, length - done, needed);
        mutex_unlock(&pipe->lock);
        if (taken > 0) {
            done += (uint64_t)taken;
            wake(pipe, READER);
        } else {
            status = taken == -LINUX_EAGAIN ? wait_writable(self, pipe, needed) : taken;
        }
    }
    if (status == -LINUX_EPIPE)
        signal_send_self(self, LINUX_SIGPIPE);
    return done || length == 0 ? (int64_t)done : status;
}

/* ---- The rest. ------------------------------------------------------------------------------- */

static uint32_t pipe_poll_reader(struct file *file)
{
    struct pipe *pipe = pipe_of(file, READER);
    mutex_lock(&pipe->lock);
    uint32_t events = pipe->ring.count ? LINUX_POLL_READABLE : 0;
    if (pipe->closed[WRITER])
        events |= LINUX_POLLHUP;
    mutex_unlock(&pipe->lock);
    return events;
}

static uint32_t pipe_poll_writer(struct file *file)
{
    struct pipe *pipe = pipe_of(file, WRITER);
    mutex_lock(&pipe->lock);
    uint32_t events = room(pipe) >= LINUX_PIPE_BUF ? LINUX_POLL_WRITABLE : 0;
    if (pipe->closed[READER])
        events |= LINUX_POLLERR;
    mutex_unlock(&pipe->lock);
    return events;
}

static int64_t pipe_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    *stat = (struct linux_stat){.mode = LINUX_S_IFIFO | 0600,
                                .inode = file->position,
                                .links = 1,
                                .block_size = LINUX_PIPE_BUF};
    return 0;
}

static int64_t pipe_ioctl_reader(struct task *self, struct file *file, uint64_t request,
                                 uint64_t argument)
{
    struct pipe *pipe = pipe_of(file, READER);
    (void)self;
    if (request != LINUX_FIONREAD)
        return -LINUX_ENOTTY;
    int32_t count = (int32_t)__atomic_load_n(&pipe->ring.count, __ATOMIC_RELAXED);
    return user_write(argument, &count, sizeof(count));
}

static void close_end(struct pipe *pipe, enum end end)
{
    mutex_lock(&pipe->lock);
    pipe->closed[end] = true;
    mutex_unlock(&pipe->lock);
    wake(pipe, end == READER ? WRITER : READER);
    if (__atomic_sub_fetch(&pipe->ends_left, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    heap_free(pipe->ring.bytes);
    heap_free(pipe);
}

static void pipe_release_reader(struct file *file)
{
    close_end(pipe_of(file, READER), READER);
}

static void pipe_release_writer(struct file *file)
{
    close_end(pipe_of(file, WRITER), WRITER);
}

static const struct file_operations reader_operations = {
    .kind = "pipe",
    .read = pipe_read,
    .poll = pipe_poll_reader,
    .stat = pipe_stat,
    .ioctl = pipe_ioctl_reader,
    .release = pipe_release_reader,
};

static const struct file_operations writer_operations = {
    .kind = "pipe",
    .write = pipe_write,
    .poll = pipe_poll_writer,
    .stat = pipe_stat,
    .release = pipe_release_writer,
};

/* Installs both ends, or none. */
static int64_t install_ends(struct pipe *pipe, uint32_t flags, int32_t descriptors[2])
{
    int64_t reader = descriptor_install(&pipe->ends[READER], 0, flags);
    int64_t writer = reader < 0 ? reader : descriptor_install(&pipe->ends[WRITER], 0, flags);
    if (writer < 0) {
        file_drop(&pipe->ends[WRITER]);
        if (reader < 0)
            file_drop(&pipe->ends[READER]);
        else
            descriptor_close((uint64_t)reader);
        return writer;
    }
    descriptors[0] = (int32_t)reader;
    descriptors[1] = (int32_t)writer;
    return 0;
}

int64_t linux_pipe2(struct task *self)
{
    uint64_t to = task_argument(self, 0);
    uint32_t flags = (uint32_t)task_argument(self, 1);
    int32_t descriptors[2];
    if (flags & ~(uint32_t)(LINUX_O_CLOEXEC | LINUX_O_NONBLOCK))
        return -LINUX_EINVAL;
    struct pipe *pipe = heap_alloc(sizeof(*pipe));
    if (!pipe)
        return -LINUX_ENOMEM;
    uint32_t kept = flags & LINUX_O_NONBLOCK;
    file_init(&pipe->ends[READER], &reader_operations, LINUX_O_RDONLY | kept);
    file_init(&pipe->ends[WRITER], &writer_operations, LINUX_O_WRONLY | kept);
    pipe->ends_left = 2;
    static uint64_t last_number;
    uint64_t number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
    pipe->ends[READER].position = pipe->ends[WRITER].position = number; /* the inode's */
    int64_t status = install_ends(pipe, flags, descriptors);
    if (status == 0 && user_write(to, descriptors, sizeof(descriptors)) < 0) {
        descriptor_close((uint64_t)descriptors[0]);
        descriptor_close((uint64_t)descriptors[1]);
        return -LINUX_EFAULT;
    }
    return status;
}
