/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that were opened by a path, and remember it: for calls relative to a descriptor, for
 * /proc/self/fd, and to find the file again after its server was restarted.
 */
#ifndef ANSER_SERVERS_LINUX_NAMED_FILE_H
#define ANSER_SERVERS_LINUX_NAMED_FILE_H

#include "file.h"

struct named_file {
    struct file file;
    char *path; /* absolute, normalized; the file's own memory */
};

/* The `kind` of such files begins with this: that is how they are told from others. */
#define NAMED_KIND '/'

/* The path of an open file, or NULL for one without. Valid as long as the file. */
static inline const char *file_path(const struct file *file)
{
    return file->operations->kind[0] == NAMED_KIND ? ((const struct named_file *)file)->path : NULL;
}

/* Moves the position as lseek does, for files of a known size. Returns it, or -EINVAL. */
int64_t named_file_seek(struct file *file, int64_t offset, int whence, uint64_t size);

#endif
