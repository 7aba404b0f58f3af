/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of descriptors, for the calls on it. Others need only file.h. */
#ifndef ANSER_SERVERS_LINUX_DESCRIPTOR_H
#define ANSER_SERVERS_LINUX_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include "file.h"

/* What RLIMIT_NOFILE says, soft and hard. Go raises the soft limit to the hard one at its start. */
#define DESCRIPTORS_SOFT 1024
#define DESCRIPTORS_MAX  4096

#define PIPE_SIZE 65536 /* bytes that a pipe within the process holds */

/* Begins a file: one reference, the caller's. */
static inline void file_init(struct file *file, const struct file_operations *operations,
                             uint32_t flags)
{
    file->operations = operations;
    file->references = 1;
    file->flags = flags;
}

/* A further reference. */
struct file *file_reference(struct file *file);

/* Opens 0, 1 and 2 on what the process was started with. Once, before the program runs. */
void descriptor_open_standard(void);

/* Makes `descriptor` lead to the file, closing what it led to; the reference becomes the table's.
 * Returns the descriptor, or -EBADF if it is out of range, and then the reference is still the
 * caller's. */
int64_t descriptor_replace(struct file *file, uint64_t descriptor, uint32_t flags);

/* Takes the descriptor out of the table and drops its reference. Returns 0 or -EBADF. */
int64_t descriptor_close(uint64_t descriptor);

/* O_CLOEXEC of an open descriptor, as FD_CLOEXEC. -EBADF. */
int64_t descriptor_close_on_exec(uint64_t descriptor);
int64_t descriptor_set_close_on_exec(uint64_t descriptor, bool on);

/* The first open descriptor >= `from`, or DESCRIPTORS_MAX. */
uint64_t descriptor_next(uint64_t from);

#endif
