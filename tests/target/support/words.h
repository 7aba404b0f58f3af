/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels that carry one 64-bit word, in as few characters as a test can have. */
#ifndef ANSER_TESTS_WORDS_H
#define ANSER_TESTS_WORDS_H

#include <stdint.h>
#include "channel.h"
#include "ipc.h"

#define NOTHING UINT64_MAX /* no word came */

/* Sends one word; the status. Deadlines as in channel.h. */
static inline int send_word(anser_handle send, uint64_t word, uint64_t deadline)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    return channel_send(send, &out, deadline);
}

/* Receives one word, or the error as a negative number. A closed channel gives NOTHING. */
static inline uint64_t receive_word(anser_handle receive, uint64_t deadline)
{
    uint64_t word = 0;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    int status = channel_receive(receive, &in, 0, deadline);
    if (status < 0)
        return (uint64_t)(int64_t)status;
    return in.flags & ANSER_INFO_CLOSED ? NOTHING : word;
}

/* Whether a receive says that the channel is closed and drained. */
static inline bool is_closed(anser_handle receive)
{
    return receive_word(receive, 0) == NOTHING;
}

/* Calls with one word; the word that was answered, or the error as a negative number. Handles that
 * come with it are closed. */
static inline uint64_t call_word(anser_handle send, uint64_t word, uint64_t deadline)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    uint64_t answer = 0;
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int status = channel_call(send, &out, &in, deadline);
    for (unsigned i = 0; status >= 0 && i < in.handle_count; i++)
        handle_close(in.handles[i]);
    return status < 0 ? (uint64_t)(int64_t)status : answer;
}

static inline int reply_word(anser_handle reply, uint64_t word)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    return channel_reply(reply, &out);
}

#define ERROR(number) ((uint64_t)(int64_t) - (number))

static inline struct channel make_channel(size_t element_size, size_t capacity)
{
    struct channel channel = {0, 0};
    channel_create(&channel, element_size, capacity);
    return channel;
}

static inline void drop_channel(struct channel channel)
{
    handle_close(channel.send);
    handle_close(channel.receive);
}

#endif
