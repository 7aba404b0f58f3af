/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's pipes: who waits at which end, and what moves when. */
#ifndef ANSER_SERVERS_PIPE_ENDS_H
#define ANSER_SERVERS_PIPE_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include <anser/pipe.h>
#include "lib/byte_ring.h"

#define PIPES_MAX 1024

enum end { READER, WRITER };

/* A request that waits. */
struct waiting {
    struct waiting *next;
    anser_handle reply;
    size_t length;   /* to write, or most to read */
    uint8_t bytes[]; /* to write */
};

struct pipe {
    uint64_t badge; /* of the reading end; the writing end's is one more */
    uint64_t maker; /* badge of the client */
    bool closed[2];
    struct byte_ring ring;
    struct {
        struct waiting *first;
        struct waiting **last;
        unsigned count;
    } queues[2];
};

/* A new pipe for this client; its ends have the badges pipe->badge and pipe->badge + 1. Returns
 * NULL with -EMFILE or -ENOMEM in *error. */
struct pipe *pipe_make(uint64_t maker, int64_t *error);

/* The pipe of an end's badge, and which end; NULL: none of this server's life. */
struct pipe *pipe_find(uint64_t badge, enum end *end);

/* Is this badge one of an end, of whatever life? */
bool pipe_is_end(uint64_t badge);

/*
 * Puts a request into the end's queue and moves what can be moved. Takes the reply handle if it
 * returns 0; -EAGAIN, -ENOMEM leave it to the caller. `bytes` is NULL at the reading end.
 */
int64_t pipe_request(struct pipe *pipe, enum end end, anser_handle reply, const void *bytes,
                     size_t length);

/* The end's last handle has gone. With the second end the pipe goes. */
void pipe_close(struct pipe *pipe, enum end end);

#endif
