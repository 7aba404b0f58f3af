/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: their opening, writing, and what all of them have. */
#include "lib/channel.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "process.h"
#include "signal.h"
#include "stream.h"
#include "user.h"

/* A server that died is started again behind the same channel; who asks too often is alone. */
#define TRIES 5

#define TERMINAL_DEVICE 0x8800 /* 136:0, a pseudo-terminal */

/*
 * A terminal takes what is written at once or a little later, and may have shown it when a signal
 * would call the request off: so a signal waits for the answer. A pipe may be full for ever; what
 * it has not answered has had no effect.
 */
static int ask_once(const struct stream *stream, const struct channel_out *out,
                    struct channel_in *in)
{
    bool shown = __atomic_load_n(&stream->kind, __ATOMIC_RELAXED) == STREAM_TERMINAL &&
                 *(const uint64_t *)out->data == CONSOLE_WRITE;
    return shown ? channel_call_uninterrupted(stream->handle, out, in)
                 : channel_call(stream->handle, out, in, CLOCK_NEVER);
}

int64_t stream_ask(const struct stream *stream, const void *request, size_t length, void *answer,
                   size_t capacity)
{
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = capacity};
    int error = -LINUX_EPIPE;
    for (int i = 0; i < TRIES && error == -LINUX_EPIPE; i++)
        error = ask_once(stream, &out, &in);
    for (unsigned i = 0; error == 0 && i < in.handle_count; i++)
        handle_close(in.handles[i]);
    if (error == -LINUX_EINTR)
        return -LINUX_ERESTARTNOINTR;
    if (error < 0)
        return error;
    int64_t status = *(const int64_t *)answer;
    bool sound = in.length >= sizeof(int64_t) && status <= (int64_t)CONSOLE_WRITE_MAX;
    return sound ? status : -LINUX_EIO;
}

enum stream_kind stream_kind(struct stream *stream)
{
    uint64_t request[2] = {CONSOLE_MODE, CONSOLE_MODE_ASK};
    int64_t answer[2];
    uint32_t kind = __atomic_load_n(&stream->kind, __ATOMIC_RELAXED);
    if (kind == STREAM_UNKNOWN) {
        int64_t status = stream_ask(stream, request, sizeof(request), answer, sizeof(answer));
        if (status == -LINUX_ERESTARTNOINTR)
            return STREAM_UNKNOWN;
        kind = status >= 0 ? STREAM_TERMINAL : STREAM_PIPE;
        __atomic_store_n(&stream->kind, kind, __ATOMIC_RELAXED);
    }
    return (enum stream_kind)kind;
}

/* ---- Writing. -------------------------------------------------------------------------------- */

struct write_request {
    uint64_t type;
    uint8_t bytes[CONSOLE_WRITE_MAX];
};

/* One message. Returns the bytes taken, > 0, or -errno. */
static int64_t write_piece(const struct stream *stream, uint64_t from, uint64_t left)
{
    struct write_request request = {.type = CONSOLE_WRITE};
    size_t length = left < sizeof(request.bytes) ? (size_t)left : sizeof(request.bytes);
    int64_t answer[2];
    int64_t copied = user_read_some(request.bytes, from, length);
    if (copied <= 0)
        return copied;
    int64_t taken =
        stream_ask(stream, &request, sizeof(request.type) + (size_t)copied, answer, sizeof(answer));
    return taken == 0 || taken > copied ? -LINUX_EIO : taken;
}

static int64_t stream_write(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    struct stream *stream = (struct stream *)file;
    uint64_t done = 0;
    if (stream_kind(stream) == STREAM_UNKNOWN)
        return -LINUX_ERESTARTNOINTR;
    while (done < length) {
        int64_t taken = write_piece(stream, from + done, length - done);
        if (taken == -LINUX_EPIPE)
            signal_send_self(self, LINUX_SIGPIPE);
        if (taken < 0)
            return done ? (int64_t)done : taken;
        done += (uint64_t)taken;
    }
    return (int64_t)done;
}

/* ---- The file. ------------------------------------------------------------------------------- */

static int64_t stream_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    struct stream *stream = (struct stream *)file;
    enum stream_kind kind = stream_kind(stream);
    (void)self;
    if (kind == STREAM_UNKNOWN)
        return -LINUX_ERESTARTNOINTR;
    *stat = (struct linux_stat){.inode = (uint64_t)stream->handle >> ANSER_HANDLE_SHIFT,
                                .links = 1,
                                .mode = LINUX_S_IFIFO | 0600,
                                .block_size = 4096};
    if (kind == STREAM_TERMINAL) {
        stat->mode = LINUX_S_IFCHR | 0620;
        stat->special_device = TERMINAL_DEVICE;
        stat->block_size = 1024;
    }
    return 0;
}

/* The handle stays: it is the process's, and a pump may be asking through it. */
static void stream_release(struct file *file)
{
    struct stream *stream = (struct stream *)file;
    mutex_lock(&stream->lock);
    bool pump_runs = stream->pump_runs;
    mutex_unlock(&stream->lock);
    if (pump_runs)
        return;
    handle_close(stream->handle);
    heap_free(stream);
}

static const struct file_operations operations = {
    .kind = "stream",
    .read = stream_read,
    .write = stream_write,
    .poll = stream_poll,
    .watch = stream_watch,
    .stat = stream_stat,
    .ioctl = stream_ioctl,
    .release = stream_release,
};

struct file *stream_open(const char *name)
{
    anser_handle handle = process_handle(name);
    struct stream *stream = handle > 0 ? heap_alloc(sizeof(*stream)) : NULL;
    if (!stream)
        return NULL;
    file_init(&stream->file, &operations, LINUX_O_RDWR);
    stream->handle = handle;
    return &stream->file;
}
