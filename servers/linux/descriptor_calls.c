/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on descriptors themselves: close, dup, fcntl, ioctl. */
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "user.h"

/* What F_SETFL may change, of what files know. */
#define SETTABLE (LINUX_O_APPEND | LINUX_O_NONBLOCK)

/* On 64-bit Linux the kernel takes descriptors as 32-bit numbers. */
static uint32_t descriptor_argument(const struct task *self, unsigned n)
{
    return (uint32_t)task_argument(self, n);
}

int64_t linux_close(struct task *self)
{
    return descriptor_close(descriptor_argument(self, 0));
}

int64_t linux_close_range(struct task *self)
{
    uint64_t first = descriptor_argument(self, 0), last = descriptor_argument(self, 1);
    uint64_t flags = task_argument(self, 2);
    if (first > last || flags & ~(uint64_t)(LINUX_CLOSE_RANGE_CLOEXEC | LINUX_CLOSE_RANGE_UNSHARE))
        return -LINUX_EINVAL;
    for (uint64_t at = descriptor_next(first); at <= last && at < DESCRIPTORS_MAX;
         at = descriptor_next(at + 1)) {
        if (flags & LINUX_CLOSE_RANGE_CLOEXEC)
            descriptor_set_close_on_exec(at, true);
        else
            descriptor_close(at);
    }
    return 0;
}

/* A second descriptor >= lowest for the file of the first argument. */
static int64_t duplicate(struct task *self, uint64_t lowest, uint32_t flags)
{
    struct file *file = descriptor_get(descriptor_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t result =
        lowest < DESCRIPTORS_MAX ? descriptor_install(file, (int)lowest, flags) : -LINUX_EINVAL;
    if (result < 0)
        file_drop(file);
    return result;
}

int64_t linux_dup(struct task *self)
{
    return duplicate(self, 0, 0);
}

int64_t linux_dup3(struct task *self)
{
    uint32_t to = descriptor_argument(self, 1), flags = (uint32_t)task_argument(self, 2);
    if (flags & ~(uint32_t)LINUX_O_CLOEXEC || to == descriptor_argument(self, 0))
        return -LINUX_EINVAL;
    struct file *file = descriptor_get(descriptor_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    int64_t result = descriptor_replace(file, to, flags);
    if (result < 0)
        file_drop(file);
    return result;
}

/* ---- fcntl. ---------------------------------------------------------------------------------- */

static void set_flags(struct file *file, uint32_t mask, uint32_t flags)
{
    uint32_t before = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&file->flags, &before, (before & ~mask) | (flags & mask),
                                        false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

/* Locks are the process's alone, and files read-only: nobody is ever in the way. Pipes have the one
 * size that they have. */
static int64_t control_file(struct file *file, uint64_t command, uint64_t argument)
{
    bool is_pipe = file->operations->kind[0] == 'p' && !file->operations->seek;
    switch (command) {
    case LINUX_F_GETFL:
        return __atomic_load_n(&file->flags, __ATOMIC_RELAXED) & ~LINUX_O_CLOEXEC;
    case LINUX_F_SETFL:
        set_flags(file, SETTABLE, (uint32_t)argument);
        return 0;
    case LINUX_F_SETPIPE_SZ:
        if (!is_pipe)
            return -LINUX_EBADF;
        return argument <= PIPE_SIZE ? PIPE_SIZE : -LINUX_EPERM;
    case LINUX_F_GETPIPE_SZ:
        return is_pipe ? PIPE_SIZE : -LINUX_EBADF;
    default:
        return -LINUX_EINVAL;
    }
}

int64_t linux_fcntl(struct task *self)
{
    uint64_t command = (uint32_t)task_argument(self, 1), argument = task_argument(self, 2);
    uint32_t descriptor = descriptor_argument(self, 0);
    switch (command) {
    case LINUX_F_DUPFD:
        return duplicate(self, argument, 0);
    case LINUX_F_DUPFD_CLOEXEC:
        return duplicate(self, argument, LINUX_O_CLOEXEC);
    case LINUX_F_GETFD:
        return descriptor_close_on_exec(descriptor);
    case LINUX_F_SETFD:
        return descriptor_set_close_on_exec(descriptor, argument & LINUX_FD_CLOEXEC);
    default:
        break;
    }
    struct file *file = descriptor_get(descriptor);
    if (!file)
        return -LINUX_EBADF;
    int64_t result = control_file(file, command, argument);
    file_drop(file);
    return result;
}

/* ---- ioctl. ---------------------------------------------------------------------------------- */

static int64_t set_nonblocking(struct file *file, uint64_t argument)
{
    int32_t on;
    if (user_read(&on, argument, sizeof(on)) < 0)
        return -LINUX_EFAULT;
    set_flags(file, LINUX_O_NONBLOCK, on ? LINUX_O_NONBLOCK : 0);
    return 0;
}

int64_t linux_ioctl(struct task *self)
{
    uint64_t request = (uint32_t)task_argument(self, 1), argument = task_argument(self, 2);
    uint32_t descriptor = descriptor_argument(self, 0);
    struct file *file = descriptor_get(descriptor);
    if (!file)
        return -LINUX_EBADF;
    int64_t result = -LINUX_ENOTTY;
    if (request == LINUX_FIONBIO)
        result = set_nonblocking(file, argument);
    else if (request == LINUX_FIOCLEX || request == LINUX_FIONCLEX)
        result = descriptor_set_close_on_exec(descriptor, request == LINUX_FIOCLEX);
    else if (file->operations->ioctl)
        result = file->operations->ioctl(self, file, request, argument);
    file_drop(file);
    return result;
}

/* What a program writes is with its server when the call has ended. */
int64_t linux_fsync(struct task *self)
{
    struct file *file = descriptor_get(descriptor_argument(self, 0));
    if (!file)
        return -LINUX_EBADF;
    bool has_position = file->operations->seek != NULL;
    file_drop(file);
    return has_position ? 0 : -LINUX_EINVAL;
}

int64_t linux_fdatasync(struct task *self)
{
    return linux_fsync(self);
}
