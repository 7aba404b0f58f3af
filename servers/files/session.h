/* SPDX-License-Identifier: BSD-2-Clause */
/* Who asks, and what its fids stand for. A session is a client's badge; nothing is shared. */
#ifndef ANSER_SERVERS_FILES_SESSION_H
#define ANSER_SERVERS_FILES_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#define SESSION_FIDS_MAX                                                                           \
    1280 /* of one session: a Linux program's descriptors, and some in between */
#define SESSION_BUCKETS 32

struct fid {
    struct fid *next; /* in its bucket */
    uint32_t number;
    uint32_t node; /* of the tree */
    bool open;
};

struct session {
    struct session *next;
    uint64_t badge;
    uint32_t message_size; /* what both sides agreed on */
    uint32_t fid_count;
    struct fid *buckets[SESSION_BUCKETS];
};

/* The session with this badge, made if there is none yet. NULL: no memory. */
struct session *session_of(uint64_t badge);

/* Ends it, if there is one: its fids go. */
void session_end(uint64_t badge);

/* Forgets its fids. */
void session_reset(struct session *session);

/* The fid with this number, or NULL. */
struct fid *session_fid(struct session *session, uint32_t number);

/* Makes a fid. Returns 0, or -NINEP_EEXIST, -NINEP_EMFILE, -NINEP_ENOMEM. */
int session_add(struct session *session, uint32_t number, uint32_t node);

/* Forgets a fid that is there. */
void session_remove(struct session *session, uint32_t number);

#endif
