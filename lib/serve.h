/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive loop of a server. A server is a table of handlers by message type and by event, and a
 * call of serve_run; everything else about receiving, answering and cleaning up is done here.
 *
 * A request begins with a 64-bit message type. An answer begins with a 64-bit status, >= 0 or
 * -errno, and its data follows. Requests that no table entry takes are answered with -ENOSYS
 * (unknown type) or -EINVAL (shorter than the entry's minimum).
 */
#ifndef ANSER_LIB_SERVE_H
#define ANSER_LIB_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

struct server;

/* A request, and room for its answer. Valid until the handler returns. */
struct serve_request {
    uint64_t badge;   /* of the handle it was sent on; 0: an unbadged one */
    bool call;        /* the sender waits for an answer; else it was only sent */
    const void *data; /* the whole message, 8-byte aligned, type word included */
    size_t length;
    /* Handles that came along. One that the handler keeps must be replaced by 0 here; the loop
     * closes the others. */
    unsigned handle_count;
    anser_handle handles[ANSER_MESSAGE_HANDLES];

    /* The answer, filled in by the handler: bytes behind the status word, and handles. Handles move
     * to the client, or are closed if it cannot take them. */
    void *answer; /* room for the element size less 8, at least 56 */
    size_t answer_length;
    bool answer_with_error; /* the bytes go out with an error status as well; handles never do */
    unsigned answer_handle_count;
    anser_handle answer_handles[ANSER_MESSAGE_HANDLES];
};

/* A handler returns the answer's status, >= 0 or -errno, or this: serve_keep took the reply. */
#define SERVE_KEPT INT64_MIN

struct serve_handler {
    uint64_t type;
    size_t length_min; /* bytes, type word included */
    int64_t (*handle)(struct server *server, struct serve_request *request);
};

/* An event from the kernel; words[0] is the kind, the others as at ANSER_EVENT_*. */
struct serve_event {
    uint64_t badge;
    uint64_t words[8];
};

struct serve_event_handler {
    uint64_t kind;  /* ANSER_EVENT_* */
    uint64_t badge; /* of the handle that the source was bound to; 0: any */
    void (*handle)(struct server *server, const struct serve_event *event);
};

struct server {
    anser_handle receive;
    /* Largest message, in or out. Up to 64 bytes travel in registers, and only then does the
     * kernel's fast path serve this server. */
    size_t element_size;
    const struct serve_handler *handlers;
    size_t handler_count;
    const struct serve_event_handler *events;
    size_t event_count;
    /* The last handle with this badge has gone, and with it all that its client may still want. */
    void (*gone)(struct server *server, uint64_t badge);
    void *context; /* for the handlers */

    /* Of the loop. */
    bool stop;
};

/*
 * Serves until serve_stop or until the channel is closed and drained: returns 0. Returns -errno if
 * receiving fails (-ENOMEM, -EBADF, ...). Does not close the receive handle.
 */
int serve_run(struct server *server);

/* Makes serve_run return after the handler that calls this. */
void serve_stop(struct server *server);

/*
 * Takes the right to answer the request that is being handled: the caller owns the reply handle,
 * and the handler returns SERVE_KEPT. 0 if the request was no call, or its client has gone, or
 * there is no memory for the handle: then the client gets -EPIPE.
 */
anser_handle serve_keep(struct server *server);

/*
 * Answers a kept reply with a status and `length` bytes (up to 4088) of data. Spends the reply
 * handle, whatever comes back: 0, or -EPIPE if the client has gone.
 */
int serve_answer(anser_handle reply, int64_t status, const void *data, size_t length);

#endif
