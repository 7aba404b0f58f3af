/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of the console protocol. */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "console.h"

/* Requests and answers are assembled on the stack, so long ones go in pieces of this many bytes. */
#define PIECE 1024

struct piece {
    uint64_t word; /* type, or status */
    char bytes[PIECE];
};

/* A console server that dies is started again behind the same channel: whoever it was serving gets
 * -EPIPE once and asks its successor. If there is none, every try fails at once. */
#define TRIES 5

static int call_server(anser_handle session, const struct channel_out *out, struct channel_in *in)
{
    int error = -EPIPE;
    for (int i = 0; i < TRIES && error == -EPIPE; i++)
        error = channel_call(session, out, in, CLOCK_NEVER);
    return error;
}

static int64_t write_piece(anser_handle session, const char *text, size_t length)
{
    struct piece request = {.word = CONSOLE_WRITE};
    int64_t status;
    memcpy(request.bytes, text, length);
    struct channel_out out = {.data = &request, .length = 8 + length};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    int error = call_server(session, &out, &in);
    if (error < 0)
        return error;
    return in.length == sizeof(status) ? status : -EIO;
}

int64_t console_write(anser_handle session, const void *text, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t left = length - done;
        int64_t taken =
            write_piece(session, (const char *)text + done, left < PIECE ? left : PIECE);
        if (taken == -EINTR)
            continue;
        if (taken <= 0)
            return taken < 0 ? taken : -EIO;
        done += (size_t)taken;
    }
    return (int64_t)length;
}

int64_t console_read(anser_handle session, void *buffer, size_t capacity)
{
    uint64_t request[2] = {CONSOLE_READ, capacity < PIECE ? capacity : PIECE};
    struct piece answer;
    struct channel_out out = {.data = request, .length = sizeof(request)};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = call_server(session, &out, &in);
    if (error < 0)
        return error;
    int64_t count = (int64_t)answer.word;
    if (in.length < 8 ||
        (count > 0 && ((size_t)count > request[1] || in.length != 8 + (size_t)count)))
        return -EIO;
    if (count > 0)
        memcpy(buffer, answer.bytes, (size_t)count);
    return count;
}

/* A request of two words; the answer's words are stored in answer[]. Returns its status. */
static int64_t ask(anser_handle session, uint64_t type, uint64_t value, int64_t answer[2])
{
    uint64_t request[2] = {type, value};
    struct channel_out out = {.data = request, .length = sizeof(request)};
    struct channel_in in = {.data = answer, .capacity = 2 * sizeof(*answer)};
    int error = call_server(session, &out, &in);
    if (error < 0)
        return error;
    return in.length >= sizeof(*answer) ? answer[0] : -EIO;
}

int64_t console_set_mode(anser_handle session, uint64_t mode)
{
    int64_t answer[2];
    return ask(session, CONSOLE_MODE, mode, answer);
}

anser_handle console_open(anser_handle session, anser_handle interrupt, uint64_t *number)
{
    uint64_t request = CONSOLE_OPEN;
    int64_t answer[2];
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    if (interrupt > 0) {
        out.handle_count = 1;
        out.handles[0] = interrupt;
    }
    int error = channel_call(session, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    if (in.length >= 8 && answer[0] < 0)
        return answer[0];
    if (in.length != sizeof(answer) || in.handle_count != 1) {
        for (unsigned i = 0; i < in.handle_count; i++)
            handle_close(in.handles[i]);
        return -EIO;
    }
    *number = (uint64_t)answer[1];
    return in.handles[0];
}

int console_foreground(anser_handle session, uint64_t number)
{
    int64_t answer[2];
    return (int)ask(session, CONSOLE_FOREGROUND, number, answer);
}
