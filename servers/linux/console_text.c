/* SPDX-License-Identifier: BSD-2-Clause */
/* The personality's own lines: traces, and why a program ended. */
#include <string.h>
#include <anser/console.h>
#include "console_text.h"
#include "lib/channel.h"

#define PIECE 512

/* A server that died is started again behind the same channel. */
#define TRIES 5

size_t console_text_send(anser_handle stream, const char *text, size_t length)
{
    struct {
        uint64_t type;
        char bytes[PIECE];
    } request = {.type = CONSOLE_WRITE};
    size_t sent = 0;
    int left = TRIES;
    while (sent < length && left > 0) {
        int64_t answer[2] = {-1};
        size_t piece = length - sent < PIECE ? length - sent : PIECE;
        memcpy(request.bytes, text + sent, piece);
        struct channel_out out = {.data = &request, .length = sizeof(request.type) + piece};
        struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
        if (channel_call_uninterrupted(stream, &out, &in) < 0 || answer[0] <= 0)
            left--;
        else
            sent += (size_t)answer[0];
    }
    return sent;
}
