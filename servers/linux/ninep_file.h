/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and directories of the file server, as open files. */
#ifndef ANSER_SERVERS_LINUX_NINEP_FILE_H
#define ANSER_SERVERS_LINUX_NINEP_FILE_H

#include "file.h"
#include "path.h"

/* What stat says of the server's files: st_dev. */
#define NINEP_DEVICE 1

/* Opens what lies there, for reading or as O_PATH, whatever it is. Takes the path's text over if it
 * succeeds. Returns 0 with the file in *file, the caller's, or -errno. */
int64_t ninep_file_open(struct path *path, uint32_t flags, struct file **file);

/* What stat says of a path. */
int64_t ninep_file_stat(const char *path, struct linux_stat *stat);

#endif
