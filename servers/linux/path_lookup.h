/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies at a path, whoever serves it. */
#ifndef ANSER_SERVERS_LINUX_PATH_LOOKUP_H
#define ANSER_SERVERS_LINUX_PATH_LOOKUP_H

#include <stdbool.h>
#include "file.h"
#include "path.h"

/* What stat says of a path, whose links are resolved in place, the last one if `follow` is set.
 * Returns 0, or -ENOENT, -ENOTDIR (it can only be a directory and is none), ... */
int64_t path_stat(struct path *path, bool follow, struct linux_stat *stat);

/* Likewise for a call's directory and path. The descriptor itself where the path is empty, if
 * `may_be_empty` is set. */
int64_t path_stat_at(struct task *self, int directory, uint64_t address, bool may_be_empty,
                     bool follow, struct linux_stat *stat);

/* Likewise for an open file. -EBADF. */
int64_t path_stat_descriptor(struct task *self, uint64_t descriptor, struct linux_stat *stat);

#endif
