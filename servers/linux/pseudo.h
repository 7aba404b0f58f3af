/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that the personality makes itself: /dev, /proc and /sys as far as programs look there. What
 * it does not know is not there (-ENOENT), never made up.
 */
#ifndef ANSER_SERVERS_LINUX_PSEUDO_H
#define ANSER_SERVERS_LINUX_PSEUDO_H

#include <stdbool.h>
#include "directory.h"
#include "file.h"
#include "path.h"

/* Positions in a directory from here on are those of pseudo files. */
#define PSEUDO_POSITION (1ul << 62)

/* Whether the path lies in a pseudo directory: then no server is asked for it. */
bool pseudo_owns(const char *path);

/*
 * Replaces symbolic links on the way by where they lead, also the last part if `follow` is set. A
 * descriptor without a path stays as it is. Returns 0, -ENOMEM, -ENAMETOOLONG, -ELOOP.
 */
int64_t pseudo_resolve(struct path *path, bool follow);

/* All for a path that pseudo_owns says yes to. -ENOENT. */
int64_t pseudo_stat(const char *path, struct linux_stat *stat);
int64_t pseudo_open(struct path *path, uint32_t flags, struct file **file);

/* Where a link leads, its length; -EINVAL: not a link. The text is cut off at `room`. */
int64_t pseudo_read_link(const char *path, char *target, size_t room);

/* Adds the pseudo entries of a directory, of any path, and moves the position. */
void pseudo_list(const char *directory, uint64_t *position, struct directory_list *list);

#endif
