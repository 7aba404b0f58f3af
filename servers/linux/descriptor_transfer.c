/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that move bytes: read and write in all their forms, lseek. */
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "layout.h"
#include "poll_watch.h"
#include "user.h"

/* Longer requests are cut, as Linux does. */
#define TRANSFER_MAX 0x7ffff000ul

typedef int64_t transfer(struct task *self, struct file *file, uint64_t address, uint64_t length);

/* Is it in the program's space at all? Then cuts it. */
static int64_t check_range(uint64_t address, uint64_t *length)
{
    if (address > LINUX_OWN_BEGIN || *length > LINUX_OWN_BEGIN - address)
        return -LINUX_EFAULT;
    if (*length > TRANSFER_MAX)
        *length = TRANSFER_MAX;
    return 0;
}

/* The order of checks is Linux's: the descriptor, the range, then what the kind of file says. */
static int64_t check_read(const struct file *file, uint64_t to, uint64_t *length)
{
    bool readable = (file->flags & LINUX_O_ACCMODE) != LINUX_O_WRONLY;
    if (file->flags & LINUX_O_PATH || !readable)
        return -LINUX_EBADF;
    if (file->operations->list)
        return -LINUX_EISDIR;
    return check_range(to, length);
}

static int64_t check_write(const struct file *file, uint64_t from, uint64_t *length)
{
    bool writable = (file->flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
    if (file->flags & LINUX_O_PATH || !writable)
        return -LINUX_EBADF;
    if (!file->operations->write)
        return -LINUX_EINVAL;
    return check_range(from, length);
}

static int64_t read_file(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    int64_t status = check_read(file, to, &length);
    if (status == 0 && !file->operations->read)
        status = -LINUX_EINVAL;
    return status < 0 ? status : file->operations->read(self, file, to, length);
}

static int64_t write_file(struct task *self, struct file *file, uint64_t from, uint64_t length)
{
    int64_t status = check_write(file, from, &length);
    return status < 0 ? status : file->operations->write(self, file, from, length);
}

/* The call on the file of the first argument, with address and length behind it. */
static int64_t transfer_simple(struct task *self, transfer *move)
{
    uint64_t address = task_argument(self, 1), length = task_argument(self, 2);
    struct file *file = descriptor_get((uint32_t)task_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t result = move(self, file, address, length);
    file_drop(file);
    return result;
}

int64_t linux_read(struct task *self)
{
    return transfer_simple(self, read_file);
}

int64_t linux_write(struct task *self)
{
    return transfer_simple(self, write_file);
}

/* ---- At an offset. --------------------------------------------------------------------------- */

static int64_t read_at(struct task *self, struct file *file, uint64_t to, uint64_t length,
                       uint64_t offset)
{
    if ((int64_t)offset < 0)
        return -LINUX_EINVAL;
    if (!file->operations->read_at && !file->operations->list)
        return -LINUX_ESPIPE;
    int64_t status = check_read(file, to, &length);
    return status < 0 ? status : file->operations->read_at(self, file, to, length, offset);
}

/* No kind of file can be written at an offset: all that have positions are read-only. Those that
 * were opened for writing without one (/dev/null) take it as a write. */
static int64_t write_at(struct task *self, struct file *file, uint64_t from, uint64_t length,
                        uint64_t offset)
{
    if ((int64_t)offset < 0)
        return -LINUX_EINVAL;
    if (!file->operations->read_at)
        return -LINUX_ESPIPE;
    return write_file(self, file, from, length);
}

typedef int64_t transfer_at(struct task *self, struct file *file, uint64_t address, uint64_t length,
                            uint64_t offset);

static int64_t transfer_simple_at(struct task *self, transfer_at *move)
{
    uint64_t address = task_argument(self, 1), length = task_argument(self, 2);
    struct file *file = descriptor_get((uint32_t)task_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t result = move(self, file, address, length, task_argument(self, 3));
    file_drop(file);
    return result;
}

int64_t linux_pread64(struct task *self)
{
    return transfer_simple_at(self, read_at);
}

int64_t linux_pwrite64(struct task *self)
{
    return transfer_simple_at(self, write_at);
}

/* ---- Vectors. -------------------------------------------------------------------------------- */

/* What one of the four calls does with a piece; offset NULL: at the file's position. */
struct vector_call {
    transfer *move;
    transfer_at *move_at;
    bool gathers; /* writes: goes on after a whole piece, also where the next may have to wait */
};

/* After a whole piece was read: what a pipe or terminal does not have yet is for the next call. */
static bool may_go_on(struct file *file)
{
    if (file->operations->seek || !file->operations->poll)
        return true;
    mutex_lock(&poll_lock);
    uint32_t events = watch_poll(file);
    mutex_unlock(&poll_lock);
    return events & LINUX_POLLIN;
}

typedef int64_t vector(struct task *self, struct file *file, const struct linux_iovec *pieces,
                       uint64_t count);

/* Moves piece by piece until one comes back short. */
static int64_t transfer_pieces(struct task *self, struct file *file, const struct vector_call *call,
                               const struct linux_iovec *pieces, uint64_t count, uint64_t *offset)
{
    int64_t total = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t length = pieces[i].length;
        if (length == 0)
            continue;
        int64_t status = offset ? call->move_at(self, file, pieces[i].base, length, *offset)
                                : call->move(self, file, pieces[i].base, length);
        if (status < 0)
            return total ? total : status;
        total += status;
        if (offset)
            *offset += (uint64_t)status;
        if ((uint64_t)status < length || (!call->gathers && !may_go_on(file)))
            break;
    }
    return total;
}

/* Copies and judges the list of pieces. Returns it (heap_free), or NULL with -errno in *error. */
static struct linux_iovec *read_pieces(uint64_t address, uint64_t count, int64_t *error)
{
    uint64_t total = 0;
    *error = -LINUX_EINVAL;
    if (count > LINUX_IOV_MAX)
        return NULL;
    *error = -LINUX_ENOMEM;
    struct linux_iovec *pieces = heap_alloc((count ? count : 1) * sizeof(*pieces));
    if (!pieces)
        return NULL;
    *error = 0;
    if (user_read(pieces, address, count * sizeof(*pieces)) < 0)
        *error = -LINUX_EFAULT;
    for (uint64_t i = 0; *error == 0 && i < count; i++)
        if ((int64_t)pieces[i].length < 0 || (int64_t)(total += pieces[i].length) < 0)
            *error = -LINUX_EINVAL;
    if (*error == 0)
        return pieces;
    heap_free(pieces);
    return NULL;
}

static int64_t transfer_vector(struct task *self, const struct vector_call *call, uint64_t *offset)
{
    uint64_t count = task_argument(self, 2);
    int64_t result;
    struct file *file = descriptor_get((uint32_t)task_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    struct linux_iovec *pieces = read_pieces(task_argument(self, 1), count, &result);
    if (pieces) {
        vector *whole =
            call->gathers ? file->operations->write_vector : file->operations->read_vector;
        /* Without a piece the descriptor is judged all the same. */
        if (count == 0 && !offset)
            result = call->move(self, file, 0, 0);
        else if (whole && !offset)
            result = whole(self, file, pieces, count);
        else
            result = transfer_pieces(self, file, call, pieces, count, offset);
        heap_free(pieces);
    }
    file_drop(file);
    return result;
}

int64_t linux_readv(struct task *self)
{
    return transfer_vector(self, &(struct vector_call){.move = read_file}, NULL);
}

int64_t linux_writev(struct task *self)
{
    return transfer_vector(self, &(struct vector_call){.move = write_file, .gathers = true}, NULL);
}

int64_t linux_preadv(struct task *self)
{
    uint64_t offset = task_argument(self, 3);
    return transfer_vector(self, &(struct vector_call){.move_at = read_at}, &offset);
}

int64_t linux_pwritev(struct task *self)
{
    uint64_t offset = task_argument(self, 3);
    return transfer_vector(self, &(struct vector_call){.move_at = write_at, .gathers = true},
                           &offset);
}

/* ---- lseek, splice. ---------------------------------------------------------------- */

int64_t linux_lseek(struct task *self)
{
    struct file *file = descriptor_get((uint32_t)task_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t result = -LINUX_ESPIPE;
    if (file->flags & LINUX_O_PATH)
        result = -LINUX_EBADF;
    else if (file->operations->seek)
        result = file->operations->seek(self, file, (int64_t)task_argument(self, 1),
                                        (int)task_argument(self, 2));
    file_drop(file);
    return result;
}

/* All who call these take -EINVAL as "copy yourself"; -ENOSYS made some lose bytes. */
int64_t linux_splice(struct task *self)
{
    (void)self;
    return -LINUX_EINVAL;
}

int64_t linux_vmsplice(struct task *self)
{
    (void)self;
    return -LINUX_EINVAL;
}

int64_t linux_tee(struct task *self)
{
    (void)self;
    return -LINUX_EINVAL;
}
