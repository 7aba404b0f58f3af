/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: from what a program says to an absolute one, without "." and ".."; the working directory.
 */
#ifndef ANSER_SERVERS_LINUX_PATH_H
#define ANSER_SERVERS_LINUX_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "task.h"

#define PATH_MAX_LINUX 4096 /* with its NUL */

struct path {
    char *text;     /* absolute, normalized, heap_free'd by path_free */
    bool directory; /* it ended in '/', "." or "..": has to be a directory */
    bool empty;     /* the program's string was empty: text is that of the directory */
};

/*
 * Joins a path to the absolute `base` it is relative to, without ".", ".." and double slashes; ".."
 * of the root is the root. *directory is set if it can only be a directory. Returns the length, or
 * -ENAMETOOLONG for more than `room` bytes with the NUL. Pure.
 */
int64_t path_join(char *out, size_t room, const char *base, const char *path, bool *directory);

/*
 * Takes the path at an address of the program, relative to descriptor `directory` or, with
 * AT_FDCWD, to the working directory. Returns 0, or -EFAULT, -ENAMETOOLONG, -ENOMEM, -EBADF (no
 * such descriptor), -ENOTDIR (not a directory), -ENOENT (an empty path, unless `may_be_empty`).
 */
int64_t path_take(struct path *path, int directory, uint64_t address, bool may_be_empty);

/* Takes the path of the program's memory: a copy of an absolute, normalized one. */
int64_t path_copy(struct path *path, const char *text);
void path_free(struct path *path);

/* The working directory, a copy: heap_free. NULL: no memory. */
char *path_working_directory(void);

/* Sets it; takes over what path_free would free. */
void path_set_working_directory(struct path *path);

#endif
