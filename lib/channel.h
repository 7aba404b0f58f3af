/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels for programs: bytes and handles in and out, the form of the call (registers for up to 64
 * bytes, memory above) chosen here. Errors are -errno. Deadlines are absolute ticks: CLOCK_NEVER
 * waits for ever, 0 does not wait at all (-EAGAIN).
 */
#ifndef ANSER_LIB_CHANNEL_H
#define ANSER_LIB_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include "clock.h"

struct channel {
    anser_handle send;
    anser_handle receive;
};

/*
 * What is sent. `data` may be NULL if length is 0. Handles move with the message: once the call has
 * returned >= 0 they are the receiver's, after an error they are still the caller's.
 */
struct channel_out {
    const void *data;
    size_t length; /* 0..ANSER_ELEMENT_MAX */
    unsigned handle_count;
    anser_handle handles[ANSER_MESSAGE_HANDLES];
};

/* What is received. The caller sets data and capacity; the rest comes back. */
struct channel_in {
    void *data;
    size_t capacity;
    size_t length;
    unsigned handle_count;
    anser_handle handles[ANSER_MESSAGE_HANDLES]; /* the caller's from now on */
    uint64_t badge;
    uint64_t flags;     /* ANSER_INFO_CALL, GONE, CLOSED, EVENT, REPLY_FAILED */
    anser_handle reply; /* of a received call; 0 unless channel_receive was asked for it */
};

/* Makes a channel of `capacity` elements of up to element_size bytes. Returns 0, -EINVAL, -ENOMEM,
 * -EMFILE. Both handles are the caller's. */
int channel_create(struct channel *channel, size_t element_size, size_t capacity);

/* Makes a signal, see ABI; waits with channel_wait. */
int channel_create_signal(struct channel *channel);

/* A further send handle of the channel, with a badge != 0. Returns it or -errno. */
anser_handle channel_mint(anser_handle receive, uint64_t badge);

/* Sends. Returns 0, -EAGAIN, -ETIMEDOUT, -EPIPE, -EMSGSIZE, -EBADF, -EPERM, -EINTR. */
int channel_send(anser_handle send, const struct channel_out *out, uint64_t deadline);

/*
 * Receives into *in. A closed and drained channel gives 0 with ANSER_INFO_CLOSED in in->flags. With
 * want_reply, a caller's right to be answered comes as in->reply; without, it is the one
 * that channel_reply(0) answers. Returns 0 or -errno, -EMSGSIZE if the element did not fit.
 */
int channel_receive(anser_handle receive, struct channel_in *in, int want_reply, uint64_t deadline);

/* Sends *out and waits for the answer in *in. Returns 0 or -errno; -EPIPE: nobody answers. */
int channel_call(anser_handle send, const struct channel_out *out, struct channel_in *in,
                 uint64_t deadline);

/* The same, but an interruption of the thread waits for the answer: for whoever could do nothing
 * with -EINTR. The server answers at once. */
int channel_call_uninterrupted(anser_handle send, const struct channel_out *out,
                               struct channel_in *in);

/*
 * Answers `reply`, or the caller last received by this thread if that is 0. Never blocks. Spends
 * the right, whatever comes back: 0, or -errno, and then the handles are still the caller's.
 */
int channel_reply(anser_handle reply, const struct channel_out *out);

/* Waits for a signal; its word is in *word, and zero afterwards. Returns 0, -EAGAIN, -ETIMEDOUT,
 * -EPIPE, -EINTR. */
int channel_wait(anser_handle receive, uint64_t *word, uint64_t deadline);

/* Closes a handle of any kind; 0 is no handle and ignored. */
void handle_close(anser_handle handle);

/* A second handle with the same rights, or -errno. */
anser_handle handle_duplicate(anser_handle handle);

#endif
