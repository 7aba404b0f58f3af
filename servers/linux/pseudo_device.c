/* SPDX-License-Identifier: BSD-2-Clause */
/* The character devices that need no driver: null(4), full(4), random(4). */
#include "heap.h"
#include "named_file.h"
#include "pseudo.h"
#include "pseudo_table.h"
#include "random.h"
#include "user.h"

/* The most that one call moves, as on Linux. */
#define LENGTH_MAX 0x7ffff000ul

static uint64_t at_most(uint64_t length)
{
    return length < LENGTH_MAX ? length : LENGTH_MAX;
}

static int64_t read_nothing(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    (void)self, (void)file, (void)to, (void)length;
    return 0;
}

static int64_t write_nowhere(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    (void)self, (void)file, (void)from;
    return (int64_t)at_most(length);
}

static int64_t read_zeros(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    (void)self, (void)file;
    length = at_most(length);
    return user_clear(to, length) < 0 ? -LINUX_EFAULT : (int64_t)length;
}

static int64_t write_full(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    (void)self, (void)file, (void)from, (void)length;
    return -LINUX_ENOSPC;
}

static int64_t read_random(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    uint8_t bytes[256];
    (void)self, (void)file;
    length = at_most(length);
    for (uint64_t done = 0, piece; done < length; done += piece) {
        piece = length - done < sizeof(bytes) ? length - done : sizeof(bytes);
        random_fill(bytes, piece);
        if (user_write(to + done, bytes, piece) < 0)
            return done > 0 ? (int64_t)done : -LINUX_EFAULT;
    }
    return (int64_t)length;
}

static int64_t read_anywhere(struct task *self, struct file *file, uint64_t to, uint64_t length,
                             uint64_t offset)
{
    (void)offset;
    return file->operations->read(self, file, to, length);
}

/* Devices have no position, and seeking says so without an error. */
static int64_t seek(struct task *self, struct file *file, int64_t offset, int whence)
{
    (void)self, (void)file, (void)offset, (void)whence;
    return 0;
}

static int64_t get_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    return pseudo_stat(file_path(file), stat);
}

static void release(struct file *file)
{
    heap_free(((struct named_file *)file)->path);
    heap_free(file);
}

#define DEVICE(reader, writer)                                                                     \
    {                                                                                              \
        .kind = "/device", .read = reader, .write = writer, .read_at = read_anywhere,              \
        .seek = seek, .stat = get_stat, .release = release                                         \
    }

const struct file_operations pseudo_null = DEVICE(read_nothing, write_nowhere);
const struct file_operations pseudo_zero = DEVICE(read_zeros, write_nowhere);
const struct file_operations pseudo_full = DEVICE(read_zeros, write_full);
const struct file_operations pseudo_random = DEVICE(read_random, write_nowhere);
