/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting one process, from a file of the archive or from an image that a client has. */
#ifndef ANSER_SERVERS_INIT_LAUNCH_H
#define ANSER_SERVERS_INIT_LAUNCH_H

#include <anser/abi.h>
#include "lib/spawn.h"
#include "clients.h"
#include "grants.h"

#define LAUNCH_ARGUMENTS_MAX   128
#define LAUNCH_ENVIRONMENT_MAX 128
#define LAUNCH_PATH_MAX        256

struct launch {
    const char *path; /* in the archive; of an image, what the program is told */
    unsigned argument_count;
    const char *arguments[LAUNCH_ARGUMENTS_MAX + 1]; /* NULL-terminated, [0] is the name */
    unsigned environment_count;
    const char *environment[LAUNCH_ENVIRONMENT_MAX + 1]; /* NULL-terminated */
    anser_handle exit;     /* stays the caller's; 0: nobody wants to know */
    uint64_t memory_pages; /* that the starter wants; 0: as the manifest says */

    anser_handle image; /* frozen pages, stays the caller's; 0: the archive's file */
    uint64_t image_offset;
    uint64_t image_size;

    bool foreign;             /* told by launch_process: a personality serves it */
    bool heeds_signals;       /* likewise: it does not, and heeds "signals" itself */
    struct spawn_error error; /* why it does not start */
};

/*
 * Starts the program with the handles in *granted, which are given away, and records its process in
 * `client`. Returns 0 or -errno: -ESRCH if the archive has no such file, else what spawn_program
 * says. Then start->error has the reason, the log too, and the client has no process.
 */
int launch_process(struct client *client, struct granted *granted, struct launch *start);

#endif
