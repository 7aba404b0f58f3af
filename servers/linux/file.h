/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and descriptors. A file is what an open call made: descriptors that dup() made share
 * it. Each kind of file brings a table of operations; calls_descriptor.h and calls_path.h are
 * served through it.
 */
#ifndef ANSER_SERVERS_LINUX_FILE_H
#define ANSER_SERVERS_LINUX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include "linux_abi.h"
#include "task.h"
#include "wait.h"

struct file;

/*
 * An operation that is NULL makes the call fail with the errno named there. Addresses are the
 * program's (user.h); results are >= 0 or -errno. Operations may block (unless the file has
 * O_NONBLOCK), and then end with -EINTR for a signal.
 */
struct file_operations {
    const char *kind; /* as /proc/self/fd shows it: "pipe", "eventfd", ... */
    /* At the file's position, which they move if the kind has one. NULL: -EBADF. */
    int64_t (*read)(struct task *self, struct file *file, uint64_t to, uint64_t length);
    int64_t (*write)(struct task *self, struct file *file, uint64_t from, uint64_t length);
    /* The same with pieces of memory, as one. NULL: piece by piece. */
    int64_t (*read_vector)(struct task *self, struct file *file, const struct linux_iovec *pieces,
                           uint64_t count);
    int64_t (*write_vector)(struct task *self, struct file *file, const struct linux_iovec *pieces,
                            uint64_t count);
    /* At an offset; the position stays. NULL: -ESPIPE. */
    int64_t (*read_at)(struct task *self, struct file *file, uint64_t to, uint64_t length,
                       uint64_t offset);
    /* Sets the position. NULL: -ESPIPE. */
    int64_t (*seek)(struct task *self, struct file *file, int64_t offset, int whence);
    /* EPOLL* that hold now. NULL: cannot be polled, epoll_ctl says -EPERM, poll that all holds. */
    uint32_t (*poll)(struct file *file);
    /* Somebody polls from now on: what only comes when asked for (a server's input) must be asked
     * for. NULL: nothing to do. */
    void (*watch)(struct task *self, struct file *file);
    int64_t (*stat)(struct task *self, struct file *file, struct linux_stat *stat); /* needed */
    int64_t (*list)(struct task *self, struct file *file, uint64_t to,
                    uint64_t length); /* -ENOTDIR */
    int64_t (*ioctl)(struct task *self, struct file *file, uint64_t request,
                     uint64_t argument); /* -ENOTTY */
    /* The frozen pages that hold its bytes, for mmap: the handle stays the file's. NULL: -ENODEV.
     */
    int64_t (*pages)(struct task *self, struct file *file, anser_handle *pages, uint64_t *offset,
                     uint64_t *size);
    void (*release)(struct file *file); /* frees it; the last descriptor has gone */
};

/* Begins each kind's own structure. */
struct file {
    const struct file_operations *operations;
    uint32_t references;
    uint32_t flags; /* O_ACCMODE, O_NONBLOCK, O_APPEND, O_DIRECTORY, O_PATH */
    uint64_t position;
    struct watch *watches; /* of epolls: epoll.c */
};

/* Puts a file at the lowest free descriptor >= lowest; the reference becomes the table's. Returns
 * the descriptor, or -EMFILE, and then the reference is still the caller's. flags: O_CLOEXEC. */
int64_t descriptor_install(struct file *file, int lowest, uint32_t flags);

/* The file of a descriptor, with a reference that the caller drops; NULL: -EBADF. */
struct file *descriptor_get(uint64_t descriptor);
void file_drop(struct file *file);

/* What poll() returns of the file may have changed: wakes pollers and epolls. */
void file_changed(struct file *file);

#endif
