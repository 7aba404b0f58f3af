/* SPDX-License-Identifier: BSD-2-Clause */
/* The pipe server, through the handle that the manifest gives: bytes, ends, order, calls called
 * off. */
/* timeout: 90 */
/* services: all */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <anser/pipe.h>
#include "channel.h"
#include "start.h"
#include "tap.h"
#include "thread.h"

#define LINUX_ENOTTY 25
#define SECONDS(n)   clock_after((n)*1000)

struct ends {
    anser_handle reader;
    anser_handle writer;
};

struct message {
    uint64_t word;
    uint8_t bytes[CONSOLE_WRITE_MAX];
};

/* ---- Requests. ------------------------------------------------------------------------------- */

static int64_t make(struct ends *ends)
{
    uint64_t request = PIPE_MAKE;
    int64_t status = -EIO;
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    int error = channel_call(start_handle(PIPE_SERVICE), &out, &in, SECONDS(10));
    *ends = (struct ends){in.handles[0], in.handles[1]};
    if (error == 0 && status == 0 && in.handle_count != 2)
        return -EIO;
    return error < 0 ? error : status;
}

static void close_both(const struct ends *ends)
{
    handle_close(ends->reader);
    handle_close(ends->writer);
}

/* The answer's status, or the error of the call less 1000. */
static int64_t write_until(anser_handle end, const void *bytes, size_t length, uint64_t deadline)
{
    struct message request = {.word = CONSOLE_WRITE};
    int64_t answer[2] = {0};
    memcpy(request.bytes, bytes, length);
    struct channel_out out = {.data = &request, .length = 8 + length};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    int error = channel_call(end, &out, &in, deadline);
    return error < 0 ? error - 1000 : answer[0];
}

static int64_t read_until(anser_handle end, void *bytes, size_t most, uint64_t deadline)
{
    uint64_t request[2] = {CONSOLE_READ, most};
    struct message answer = {.word = 0};
    struct channel_out out = {.data = request, .length = sizeof(request)};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = channel_call(end, &out, &in, deadline);
    if (error < 0)
        return error - 1000;
    int64_t count = (int64_t)answer.word;
    if (count > 0 && (size_t)count <= most && in.length == 8 + (size_t)count)
        memcpy(bytes, answer.bytes, (size_t)count);
    return count;
}

static int64_t ask(anser_handle end, uint64_t type, uint64_t word, size_t length)
{
    uint64_t request[2] = {type, word};
    int64_t answer[2] = {0};
    struct channel_out out = {.data = request, .length = length};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    int error = channel_call(end, &out, &in, SECONDS(10));
    return error < 0 ? error - 1000 : answer[0];
}

static bool reads(anser_handle end, const char *expected)
{
    char bytes[64];
    int64_t count = read_until(end, bytes, sizeof(bytes), SECONDS(10));
    return count == (int64_t)strlen(expected) && memcmp(bytes, expected, (size_t)count) == 0;
}

static bool writes(anser_handle end, const char *text)
{
    return write_until(end, text, strlen(text), SECONDS(10)) == (int64_t)strlen(text);
}

/* ---- What a pipe promises. ------------------------------------------------------------------- */

static void test_bytes(void)
{
    struct ends pipe;
    char byte;
    if (!TEST(make(&pipe) == 0, "a pipe is made"))
        return;
    TEST(writes(pipe.writer, "hello, ") && writes(pipe.writer, "pipe"), "two writes");
    TEST(read_until(pipe.reader, &byte, 1, SECONDS(10)) == 1 && byte == 'h', "a read of one byte");
    TEST(reads(pipe.reader, "ello, pipe"), "the rest comes in one piece");
    TEST(write_until(pipe.writer, "", 0, SECONDS(10)) == 0, "nothing can be written");
    TEST(ask(pipe.writer, CONSOLE_MODE, CONSOLE_MODE_ASK, 16) == -LINUX_ENOTTY, "no terminal");
    TEST(ask(pipe.reader, CONSOLE_WRITE, 0, 16) == -EBADF, "the reading end is not written");
    TEST(ask(pipe.writer, CONSOLE_READ, 1, 16) == -EBADF, "the writing end is not read");
    TEST(ask(pipe.reader, CONSOLE_READ, 0, 16) == -EINVAL, "no read of nothing");
    TEST(ask(pipe.reader, CONSOLE_READ, 0, 8) == -EINVAL, "a read that is too short");
    TEST(ask(pipe.reader, PIPE_MAKE, 0, 8) == -EINVAL, "an end makes no pipes");
    TEST(ask(pipe.reader, 0x999, 0, 8) == -ENOSYS, "no such request");
    TEST(ask(start_handle(PIPE_SERVICE), CONSOLE_READ, 1, 16) == -EINVAL, "the service is no end");
    close_both(&pipe);
}

static void test_ends(void)
{
    struct ends pipe;
    if (!TEST(make(&pipe) == 0, "a pipe is made"))
        return;
    anser_handle second = handle_duplicate(pipe.writer);
    TEST(writes(pipe.writer, "last words"), "a write");
    handle_close(pipe.writer);
    TEST(reads(pipe.reader, "last words"), "what was written is read after the close");
    TEST(writes(second, "more"), "a duplicate of the writing end keeps it open");
    handle_close(second);
    TEST(reads(pipe.reader, "more") && reads(pipe.reader, "") && reads(pipe.reader, ""),
         "then comes the end, again and again");
    handle_close(pipe.reader);
    TEST(make(&pipe) == 0, "another pipe");
    handle_close(pipe.reader);
    TEST(write_until(pipe.writer, "x", 1, SECONDS(10)) == -EPIPE, "nobody reads: EPIPE");
    handle_close(pipe.writer);
}

/* Fills the pipe; returns how many bytes it took. */
static size_t fill(anser_handle writer)
{
    static uint8_t page[1024];
    size_t total = 0;
    while (total <= PIPE_BYTES &&
           write_until(writer, page, sizeof(page), clock_after(200)) == sizeof(page))
        total += sizeof(page);
    return total;
}

static void test_called_off(void)
{
    struct ends pipe;
    char bytes[CONSOLE_READ_MAX];
    int64_t count;
    size_t total = 0;
    if (!TEST(make(&pipe) == 0, "a pipe is made"))
        return;
    TEST(read_until(pipe.reader, bytes, 1, clock_after(50)) == -ETIMEDOUT - 1000,
         "a read waits until its deadline");
    TEST(writes(pipe.writer, "kept") && reads(pipe.reader, "kept"), "and took nothing with it");
    TEST(fill(pipe.writer) == PIPE_BYTES, "a pipe holds %d bytes, then a write waits", PIPE_BYTES);
    while ((count = read_until(pipe.reader, bytes, sizeof(bytes), clock_after(200))) > 0)
        total += (size_t)count;
    TEST(total == PIPE_BYTES, "a write that was called off left nothing: %zu", total);
    close_both(&pipe);
}

static void test_limit(void)
{
    static struct ends pipes[PIPE_CLIENT_MAX + 1];
    int made = 0;
    int64_t status = 0;
    while (made <= PIPE_CLIENT_MAX && (status = make(&pipes[made])) == 0)
        made++;
    TEST(made == PIPE_CLIENT_MAX && status == -EMFILE, "a client has %d pipes at most: %d", made,
         PIPE_CLIENT_MAX);
    for (int i = 0; i < made; i++)
        close_both(&pipes[i]);
    TEST(make(&pipes[0]) == 0, "and more when those are closed");
    close_both(&pipes[0]);
}

/* ---- Two threads. ---------------------------------------------------------------------------- */

#define STREAM_BYTES 500000

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

static void write_stream(void *argument)
{
    static uint8_t piece[CONSOLE_WRITE_MAX];
    const anser_handle *writer = argument;
    size_t done = 0, length = 1;
    while (done < STREAM_BYTES) {
        length = length * 5 % 4001 + 1; /* all sizes, in no order */
        if (length > STREAM_BYTES - done)
            length = STREAM_BYTES - done;
        for (size_t i = 0; i < length; i++)
            piece[i] = pattern(done + i);
        if (write_until(*writer, piece, length, CLOCK_NEVER) != (int64_t)length)
            break;
        done += length;
    }
    handle_close(*writer);
}

static void test_stream(void)
{
    static uint8_t bytes[CONSOLE_READ_MAX];
    struct ends pipe;
    struct thread *thread;
    size_t done = 0, wrong = 0, most = 1;
    int64_t count;
    if (make(&pipe) < 0 || thread_create(&thread, write_stream, &pipe.writer, NULL) < 0) {
        TEST(false, "a pipe and a thread");
        return;
    }
    while ((count = read_until(pipe.reader, bytes, most, SECONDS(30))) > 0) {
        for (int64_t i = 0; i < count; i++)
            wrong += bytes[i] != pattern(done + (size_t)i);
        done += (size_t)count;
        most = most * 3 % CONSOLE_READ_MAX + 1;
    }
    thread_join(thread);
    TEST(count == 0 && done == STREAM_BYTES && wrong == 0, "%d bytes come through: %zu, %zu wrong",
         STREAM_BYTES, done, wrong);
    handle_close(pipe.reader);
}

struct reader {
    anser_handle end;
    int64_t count;
    char byte;
};

static void read_byte(void *argument)
{
    struct reader *reader = argument;
    reader->count = read_until(reader->end, &reader->byte, 1, SECONDS(30));
}

static void test_order(void)
{
    struct ends pipe;
    struct reader readers[3];
    struct thread *threads[3];
    if (!TEST(make(&pipe) == 0, "a pipe is made"))
        return;
    for (int i = 0; i < 3; i++) {
        readers[i] = (struct reader){.end = pipe.reader};
        thread_create(&threads[i], read_byte, &readers[i], NULL);
        clock_sleep(20);
    }
    TEST(writes(pipe.writer, "abc"), "one write for three readers");
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    TEST(readers[0].byte == 'a' && readers[1].byte == 'b' && readers[2].byte == 'c',
         "readers are served in their order");
    readers[0] = (struct reader){.end = pipe.reader, .count = -1};
    thread_create(&threads[0], read_byte, &readers[0], NULL);
    clock_sleep(20);
    handle_close(pipe.writer);
    thread_join(threads[0]);
    TEST(readers[0].count == 0, "a waiting reader hears the end: %d", (int)readers[0].count);
    handle_close(pipe.reader);
}

int main(void)
{
    if (!TEST(start_handle(PIPE_SERVICE) > 0, "the handle is there"))
        return tap_done();
    test_bytes();
    test_ends();
    test_called_off();
    test_limit();
    test_stream();
    test_order();
    return tap_done();
}
