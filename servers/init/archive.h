/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot archive's table of contents, made once: a walk through all of it for each program that
 * starts would cost more than to load the program. */
#ifndef ANSER_SERVERS_INIT_ARCHIVE_H
#define ANSER_SERVERS_INIT_ARCHIVE_H

#include <stddef.h>
#include "loader/cpio.h"

/* Walks the whole archive (boot.archive), so that damage is told at boot and not when somebody
 * needs a file behind it. Files before it can be used. */
void archive_open(void);

/* The regular file with this name: CPIO_OK, CPIO_NOT_FOUND, or the damage that may hide it. */
enum cpio_code archive_find(const char *name, struct cpio_entry *file);

/* The regular file at this place, counted from 0; NULL: there are no more. */
const struct cpio_entry *archive_at(size_t index);

#endif
