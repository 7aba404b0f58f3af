/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting one process from a file of the archive. */
#ifndef ANSER_SERVERS_INIT_LAUNCH_H
#define ANSER_SERVERS_INIT_LAUNCH_H

#include <anser/abi.h>
#include "clients.h"
#include "grants.h"

#define LAUNCH_ARGUMENTS_MAX 32

struct launch {
    const char *path; /* in the archive */
    unsigned argument_count;
    const char *arguments[LAUNCH_ARGUMENTS_MAX + 1]; /* NULL-terminated, [0] is the name */
    anser_handle exit; /* stays the caller's; 0: nobody wants to know */
};

/*
 * Starts the program with the handles in *granted, which are given away, and records its process in
 * `client`. Returns 0 or -errno; then the log says why and the client has no process.
 */
int launch_process(struct client *client, struct granted *granted, const struct launch *start);

#endif
