/* SPDX-License-Identifier: BSD-2-Clause */
/* stat in all its forms, and access. */
#include "calls.h"
#include "ninep_file.h"
#include "path_abi.h"
#include "path_lookup.h"
#include "pseudo.h"
#include "user.h"

int64_t path_stat(struct path *path, bool follow, struct linux_stat *stat)
{
    int64_t status = pseudo_resolve(path, follow);
    if (status < 0)
        return status;
    const char *rest = path->text;
    status = pseudo_owns(rest) ? pseudo_stat(rest, stat) : ninep_file_stat(rest, stat);
    if (status == 0 && path->directory && (stat->mode & LINUX_S_IFMT) != LINUX_S_IFDIR)
        return -LINUX_ENOTDIR;
    return status;
}

int64_t path_stat_descriptor(struct task *self, uint64_t descriptor, struct linux_stat *stat)
{
    struct file *file = descriptor_get(descriptor);
    if (file == NULL)
        return -LINUX_EBADF;
    int64_t status = file->operations->stat(self, file, stat);
    file_drop(file);
    return status;
}

/* What /proc/self/fd/N leads to when the file has no path: the open file itself. */
static int64_t stat_behind(struct task *self, const char *path, bool follow,
                           struct linux_stat *stat)
{
    const char *digits = path + sizeof("/proc/self/fd/") - 1;
    uint64_t number = 0;
    if (!follow || (stat->mode & LINUX_S_IFMT) != LINUX_S_IFLNK)
        return 0;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (uint64_t)(*digits - '0');
    return path_stat_descriptor(self, number, stat);
}

int64_t path_stat_at(struct task *self, int directory, uint64_t address, bool may_be_empty,
                     bool follow, struct linux_stat *stat)
{
    struct path path;
    char first = 1;
    if (may_be_empty && directory != LINUX_AT_FDCWD) {
        if (address != 0 && user_read(&first, address, 1) < 0)
            return -LINUX_EFAULT;
        if (address == 0 || first == 0)
            return path_stat_descriptor(self, (uint64_t)(int64_t)directory, stat);
    }
    int64_t status = path_take(&path, directory, address, may_be_empty);
    if (status < 0)
        return status;
    status = path_stat(&path, follow, stat);
    if (status == 0)
        status = stat_behind(self, path.text, follow, stat);
    path_free(&path);
    return status;
}

int64_t linux_newfstatat(struct task *self)
{
    struct linux_stat stat;
    uint32_t flags = (uint32_t)task_argument(self, 3);
    if (flags &
        ~(uint32_t)(LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH | LINUX_AT_NO_AUTOMOUNT))
        return -LINUX_EINVAL;
    int64_t status =
        path_stat_at(self, (int)task_argument(self, 0), task_argument(self, 1),
                     flags & LINUX_AT_EMPTY_PATH, !(flags & LINUX_AT_SYMLINK_NOFOLLOW), &stat);
    if (status < 0)
        return status;
    return user_write(task_argument(self, 2), &stat, sizeof(stat)) < 0 ? -LINUX_EFAULT : 0;
}

int64_t linux_fstat(struct task *self)
{
    struct linux_stat stat;
    int64_t status = path_stat_descriptor(self, task_argument(self, 0), &stat);
    if (status < 0)
        return status;
    return user_write(task_argument(self, 1), &stat, sizeof(stat)) < 0 ? -LINUX_EFAULT : 0;
}

/* ---- statx. ---------------------------------------------------------------------------------- */

static struct linux_statx_time statx_time(const struct linux_timespec *time)
{
    return (struct linux_statx_time){.seconds = time->seconds,
                                     .nanoseconds = (uint32_t)time->nanoseconds};
}

static struct linux_statx statx_of(const struct linux_stat *stat)
{
    return (struct linux_statx){
        .mask = LINUX_STATX_BASIC,
        .block_size = (uint32_t)stat->block_size,
        .links = stat->links,
        .user = stat->user,
        .group = stat->group,
        .mode = (uint16_t)stat->mode,
        .inode = stat->inode,
        .size = (uint64_t)stat->size,
        .blocks = (uint64_t)stat->blocks,
        .accessed = statx_time(&stat->accessed),
        .changed = statx_time(&stat->changed),
        .modified = statx_time(&stat->modified),
        .special_device_major = (uint32_t)stat->special_device >> 8,
        .special_device_minor = (uint32_t)stat->special_device & 0xff,
        .device_major = (uint32_t)stat->device >> 8,
        .device_minor = (uint32_t)stat->device & 0xff,
    };
}

int64_t linux_statx(struct task *self)
{
    struct linux_stat stat;
    uint32_t flags = (uint32_t)task_argument(self, 2), mask = (uint32_t)task_argument(self, 3);
    uint32_t known = LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH | LINUX_AT_NO_AUTOMOUNT |
                     LINUX_AT_STATX_SYNC_TYPE;
    if (flags & ~known || mask & LINUX_STATX_MAX)
        return -LINUX_EINVAL;
    int64_t status =
        path_stat_at(self, (int)task_argument(self, 0), task_argument(self, 1),
                     flags & LINUX_AT_EMPTY_PATH, !(flags & LINUX_AT_SYMLINK_NOFOLLOW), &stat);
    if (status < 0)
        return status;
    struct linux_statx statx = statx_of(&stat);
    return user_write(task_argument(self, 4), &statx, sizeof(statx)) < 0 ? -LINUX_EFAULT : 0;
}

/* ---- access: everybody is root, so only what nobody may do is refused. ----------------------- */

static int64_t check_access(struct task *self, uint32_t flags)
{
    struct linux_stat stat;
    uint32_t wanted = (uint32_t)task_argument(self, 2);
    if (wanted & ~(uint32_t)(LINUX_R_OK | LINUX_W_OK | LINUX_X_OK))
        return -LINUX_EINVAL;
    int64_t status =
        path_stat_at(self, (int)task_argument(self, 0), task_argument(self, 1),
                     flags & LINUX_AT_EMPTY_PATH, !(flags & LINUX_AT_SYMLINK_NOFOLLOW), &stat);
    if (status < 0)
        return status;
    uint32_t type = stat.mode & LINUX_S_IFMT;
    if (wanted & LINUX_W_OK && (type == LINUX_S_IFREG || type == LINUX_S_IFDIR))
        return -LINUX_EROFS;
    return wanted & LINUX_X_OK && !(stat.mode & 0111) ? -LINUX_EACCES : 0;
}

int64_t linux_faccessat(struct task *self)
{
    return check_access(self, 0);
}

int64_t linux_faccessat2(struct task *self)
{
    uint32_t flags = (uint32_t)task_argument(self, 3);
    if (flags & ~(uint32_t)(LINUX_AT_EACCESS | LINUX_AT_SYMLINK_NOFOLLOW | LINUX_AT_EMPTY_PATH))
        return -LINUX_EINVAL;
    return check_access(self, flags);
}
