/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a program's bytes come from: a disk ("disk0"), a file of the file server ("/etc/motd", the
 * slash may be left out), stdin ("-"), nowhere ("/dev/null"), or zeros without end ("/dev/zero").
 * Errors are -errno.
 */
#ifndef ANSER_LIB_SOURCE_H
#define ANSER_LIB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "block.h"

#define SOURCE_UNKNOWN UINT64_MAX /* size of what ends when it ends */

struct source {
    uint64_t size;       /* bytes, or SOURCE_UNKNOWN */
    uint64_t position;   /* of the next byte */
    struct block *block; /* a disk */
    bool zeros;
    const uint8_t *file; /* a file, in the pages that hold it */
    void *mapping;
    size_t mapping_size;
};

/* Whether this is the name of a disk: "disk" and a number. */
bool source_is_disk(const char *name);

/*
 * Opens it. Returns 0, or -errno: -ENOENT no such file, -ESRCH no such disk, -EISDIR. What
 * is open ends with source_close.
 */
int source_open(struct source *source, const char *name);

/* Reads until `length` bytes are there, or the end. Returns how many, or -errno. */
int64_t source_read(struct source *source, void *buffer, size_t length);

/* Moves on by `length` bytes; on stdin they are read. Returns 0, -errno, or -EINVAL: there are not
 * as many. */
int source_skip(struct source *source, uint64_t length);

void source_close(struct source *source);

/* What an -errno of a disk or a source means, for the user. */
const char *source_reason(int status);

#endif
