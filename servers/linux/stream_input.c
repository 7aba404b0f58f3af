/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading from streams. The pump, a thread of the process that no signal reaches, asks the server
 * when somebody reads or polls, for as much as that one wants, and puts the answer where readers
 * wait for it.
 */
#include "lib/clock.h"
#include "lib/syscall.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "process.h"
#include "stream.h"
#include "user.h"

#define PUMP_STACK 8192

static size_t available(const struct stream *stream)
{
    return stream->end - stream->begin;
}

static bool is_waiting(const struct stream *stream)
{
    return available(stream) == 0 && stream->status == 0;
}

/* ---- The pump. ------------------------------------------------------------------------------- */

/* Asks once; the bytes are in stream->answer, which is the pump's as long as `asked` says so. */
static int64_t pump_ask(const struct stream *stream, uint64_t most)
{
    uint64_t request[2] = {CONSOLE_READ, most};
    int64_t count = stream_ask(stream, request, sizeof(request), stream->answer, CONSOLE_ELEMENT);
    return count > (int64_t)most ? -LINUX_EIO : count;
}

static void pump_store(struct stream *stream, int64_t count)
{
    stream->begin = 0;
    stream->end = count > 0 ? (size_t)count : 0;
    stream->status = count > 0 ? 0 : count == 0 ? 1 : count;
    stream->asked = 0;
    wait_wake(&stream->readers);
}

static _Noreturn void pump(struct stream *stream)
{
    (void)stream_kind(stream); /* take() wants to know */
    for (;;) {
        uint32_t word = __atomic_load_n(&stream->asked_word, __ATOMIC_SEQ_CST);
        mutex_lock(&stream->lock);
        uint64_t most = stream->asked;
        mutex_unlock(&stream->lock);
        if (most == 0) {
            sys_word_wait(&stream->asked_word, word, 0);
            continue;
        }
        int64_t count = pump_ask(stream, most);
        mutex_lock(&stream->lock);
        pump_store(stream, count);
        mutex_unlock(&stream->lock);
        file_changed(&stream->file);
    }
}

static int64_t pump_start(struct stream *stream)
{
    uint8_t *stack = heap_alloc(PUMP_STACK);
    stream->answer = stack ? heap_alloc(CONSOLE_ELEMENT) : NULL;
    struct anser_thread_params params = {
        .entry = (uint64_t)(uintptr_t)pump,
        .stack = (uint64_t)(uintptr_t)(stack + PUMP_STACK),
        .argument = (uint64_t)(uintptr_t)stream,
        .priority = process.priority,
    };
    int64_t thread = stream->answer ? sys_thread_create(0, &params) : -LINUX_ENOMEM;
    if (thread < 0) {
        heap_free(stream->answer);
        heap_free(stack);
        return -LINUX_ENOMEM;
    }
    sys_handle_close(thread);
    stream->pump_runs = true;
    return 0;
}

/* Has the pump ask, unless it does already. The lock is held. */
static int64_t request(struct stream *stream, uint64_t most)
{
    if (stream->asked)
        return 0;
    int64_t status = stream->pump_runs ? 0 : pump_start(stream);
    if (status < 0)
        return status;
    stream->asked = most < CONSOLE_READ_MAX ? most : CONSOLE_READ_MAX;
    __atomic_fetch_add(&stream->asked_word, 1, __ATOMIC_SEQ_CST);
    sys_word_wake(&stream->asked_word, 1);
    return 0;
}

/* ---- Readers. -------------------------------------------------------------------------------- */

static int64_t wait_input(struct task *self, struct stream *stream, uint64_t length)
{
    while (is_waiting(stream)) {
        int64_t status = request(stream, length);
        if (status == 0 &&
            __atomic_load_n(&stream->file.flags, __ATOMIC_RELAXED) & LINUX_O_NONBLOCK)
            status = -LINUX_EAGAIN;
        if (status == 0)
            status = wait_for(self, &stream->readers, &stream->lock, CLOCK_NEVER);
        if (status < 0 && is_waiting(stream))
            return status;
    }
    return 0;
}

/* Hands out what has come. A terminal may go on after the end of its input, so there it is told
 * once; a pipe has ended for good. */
static int64_t take(struct stream *stream, uint64_t to, uint64_t length)
{
    int64_t status = stream->status;
    if (available(stream) == 0) {
        if (status < 0 || stream->kind != STREAM_PIPE)
            stream->status = 0;
        return status > 0 ? 0 : status;
    }
    if (length > available(stream))
        length = available(stream);
    int64_t copied =
        user_write_some(to, (const uint8_t *)(stream->answer + 1) + stream->begin, length);
    if (copied > 0)
        stream->begin += (size_t)copied;
    return copied;
}

int64_t stream_read(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    struct stream *stream = (struct stream *)file;
    if (length == 0)
        return 0;
    mutex_lock(&stream->lock);
    int64_t result = wait_input(self, stream, length);
    if (result == 0)
        result = take(stream, to, length);
    if (result > 0 && stream->watched && is_waiting(stream))
        (void)request(stream, CONSOLE_READ_MAX); /* without memory: the next read says so */
    mutex_unlock(&stream->lock);
    return result;
}

uint32_t stream_poll(struct file *file)
{
    struct stream *stream = (struct stream *)file;
    mutex_lock(&stream->lock);
    uint32_t events = is_waiting(stream) ? 0 : LINUX_POLL_READABLE;
    if (stream->status != 0 && stream->kind == STREAM_PIPE)
        events |= LINUX_POLLHUP;
    mutex_unlock(&stream->lock);
    return events | LINUX_POLL_WRITABLE;
}

void stream_watch(struct task *self, struct file *file)
{
    struct stream *stream = (struct stream *)file;
    (void)self;
    mutex_lock(&stream->lock);
    stream->watched = true;
    if (is_waiting(stream))
        (void)request(stream, CONSOLE_READ_MAX);
    mutex_unlock(&stream->lock);
}
