/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process's session with the file server: messages, fids, and what to do when the server was
 * restarted. Errors are -errno of Linux; -ERESTARTNOINTR: an interruption
 * is pending, nothing was done.
 */
#ifndef ANSER_SERVERS_LINUX_NINEP_CLIENT_H
#define ANSER_SERVERS_LINUX_NINEP_CLIENT_H

#include <stdint.h>
#include "lib/ninep.h"

/* A fid, and in which life of the server it was made: dead when that is over. */
struct ninep_fid {
    uint32_t number; /* 0: none */
    uint32_t life;
};

/* Room for one message, which the decoded answer points into. */
struct ninep_buffer {
    uint8_t bytes[NINEP_MESSAGE_MAX];
};

/*
 * Sends the request and waits for its answer. A handle that comes with it goes to *pages, which is
 * NULL if none is expected. -ESTALE: the server has another life, and this fid is not known to it.
 */
int64_t ninep_exchange(const struct ninep_message *request, struct ninep_message *answer,
                       struct ninep_buffer *buffer, anser_handle *pages);

/* Makes a fid for an absolute, normalized path; attaches first where that is needed. -ENOENT,
 * -ENOTDIR, -ENAMETOOLONG, -EMFILE, -EIO (the server does not come back). */
int64_t ninep_walk(const char *path, struct ninep_fid *fid);

/* Forgets a fid. Never fails: what cannot be told to the server now is told before its number is
 * used again. */
void ninep_clunk(struct ninep_fid *fid);

/* Asks for the attributes of a fid, which come as *answer. */
int64_t ninep_get_attributes(const struct ninep_fid *fid, struct ninep_message *answer);

/* Whether the fid is of an earlier life of the server. */
int ninep_is_stale(const struct ninep_fid *fid);

/* How often something is tried again that met a server's end. */
#define NINEP_ATTEMPTS 8

#endif
