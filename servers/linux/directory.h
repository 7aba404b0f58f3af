/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of a directory as getdents64 gives them, written to the program one by one. */
#ifndef ANSER_SERVERS_LINUX_DIRECTORY_H
#define ANSER_SERVERS_LINUX_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "file.h"

/* d_type. */
#define DIRECTORY_CHARACTER 2
#define DIRECTORY_DIRECTORY 4
#define DIRECTORY_REGULAR   8
#define DIRECTORY_LINK      10

/* Zero what is not set. */
struct directory_list {
    uint64_t to;   /* the program's buffer */
    uint64_t room; /* bytes of it */
    uint64_t used;
    int64_t error; /* -EFAULT; -EINVAL: not even the first entry fits */
};

struct directory_entry {
    uint64_t inode;
    uint64_t next; /* the position behind the entry */
    uint8_t type;
    const char *name; /* need not be NUL-terminated */
    size_t length;    /* of the name, at most 255 */
};

/* Appends an entry. False: no room, or an error; the entry is not there, and none may follow. */
bool directory_add(struct directory_list *list, const struct directory_entry *entry);

/* The read and seek operations of directories: -EISDIR; to any position that is not negative. */
int64_t directory_read(struct task *self, struct file *file, uint64_t to, uint64_t length);
int64_t directory_seek(struct task *self, struct file *file, int64_t offset, int whence);

/* What getdents64 returns: bytes used, or the error if nothing was. */
int64_t directory_result(const struct directory_list *list);

#endif
