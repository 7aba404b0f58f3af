/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client of a disk is made of, for lib/block*.c: the session with one server process, which
 * is renewed when that has died, and what outlives it. */
#ifndef ANSER_LIB_BLOCK_SESSION_H
#define ANSER_LIB_BLOCK_SESSION_H

#include <stddef.h>
#include <stdint.h>
#include "block.h"
#include "ring.h"

struct block_session {
    anser_handle signal; /* to wait on */
    anser_handle pages;
    char *region;
    size_t size;
    char *data;
    uint32_t data_size;
    struct ring requests;
    struct ring completions;
};

enum flight_state {
    FLIGHT_NONE,
    FLIGHT_PUT,  /* in a ring, or with the server */
    FLIGHT_DONE, /* taken out of the ring of a server that died, not reaped yet */
};

struct block_flight {
    struct block_request request; /* with the caller's cookie */
    enum flight_state state;
    int64_t status;
};

struct block {
    anser_handle handle;
    int own_handle; /* looked up, and to be closed */
    struct block_info info;
    struct block_session session;
    uint32_t depth; /* entries of each ring */
    struct block_flight *flights;
    uint32_t *free; /* places of flights */
    uint32_t free_count;
    uint32_t done; /* flights that are FLIGHT_DONE */
    int lost;      /* the -errno that ended it, or 0 */
    unsigned recoveries;
};

/* The first session, with up to `bytes` of data. Returns 0 or -errno. */
int block_session_begin(struct block *block, size_t bytes);

/* A session with the successor, of the same size at the same place, and with the same data. Its
 * rings are empty. Returns 0 or -errno; the earlier session has ended in any case. */
int block_session_renew(struct block *block);

void block_session_end(struct block_session *session);

#endif
