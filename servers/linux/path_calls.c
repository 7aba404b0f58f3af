/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening files, links, and the working directory. */
#include <string.h>
#include "calls.h"
#include "heap.h"
#include "named_file.h"
#include "ninep_file.h"
#include "path.h"
#include "path_lookup.h"
#include "pseudo.h"
#include "user.h"

#define O_TMPFILE 020000000

/* What an open file keeps of the flags. */
#define FLAGS_KEPT                                                                                 \
    (LINUX_O_ACCMODE | LINUX_O_NONBLOCK | LINUX_O_APPEND | LINUX_O_DIRECTORY | LINUX_O_PATH)

/* Whether what lies at the path may be opened so. Nothing but devices can be written to. */
static int64_t check_open(const struct path *path, uint32_t flags, const struct linux_stat *stat)
{
    bool directory = (stat->mode & LINUX_S_IFMT) == LINUX_S_IFDIR;
    bool regular = (stat->mode & LINUX_S_IFMT) == LINUX_S_IFREG;
    bool writes = (flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY || flags & LINUX_O_TRUNC;
    if (flags & LINUX_O_CREAT && flags & LINUX_O_EXCL && !(flags & LINUX_O_PATH))
        return -LINUX_EEXIST;
    if (!directory && (path->directory || flags & LINUX_O_DIRECTORY))
        return -LINUX_ENOTDIR;
    if (flags & LINUX_O_PATH)
        return 0;
    if (directory && (writes || flags & LINUX_O_CREAT))
        return -LINUX_EISDIR;
    return regular && writes ? -LINUX_EROFS : 0;
}

static int64_t open_path(struct path *path, uint32_t flags, struct file **file)
{
    struct linux_stat stat;
    bool follow = !(flags & LINUX_O_NOFOLLOW) && !(flags & LINUX_O_CREAT && flags & LINUX_O_EXCL);
    int64_t status = pseudo_resolve(path, follow);
    if (status < 0)
        return status;
    if (!pseudo_owns(path->text)) {
        status = ninep_file_open(path, flags & FLAGS_KEPT, file);
        if (status == 0)
            status = (*file)->operations->stat(NULL, *file, &stat);
    } else {
        status = pseudo_stat(path->text, &stat);
        if (status == 0)
            status = pseudo_open(path, flags & FLAGS_KEPT, file);
    }
    if (status < 0)
        return status == -LINUX_ENOENT && flags & LINUX_O_CREAT ? -LINUX_EROFS : status;
    status = check_open(path, flags, &stat);
    if (status < 0)
        file_drop(*file);
    return status;
}

int64_t linux_openat(struct task *self)
{
    struct path path;
    struct file *file;
    uint32_t flags = (uint32_t)task_argument(self, 2);
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return -LINUX_EOPNOTSUPP;
    if (flags & LINUX_O_CREAT && flags & LINUX_O_DIRECTORY)
        return -LINUX_EINVAL;
    if (flags & LINUX_O_PATH)
        flags &= LINUX_O_PATH | LINUX_O_DIRECTORY | LINUX_O_NOFOLLOW | LINUX_O_CLOEXEC;
    int64_t status = path_take(&path, (int)task_argument(self, 0), task_argument(self, 1), false);
    if (status < 0)
        return status;
    status = open_path(&path, flags, &file);
    path_free(&path);
    if (status < 0)
        return status;
    status = descriptor_install(file, 0, flags & LINUX_O_CLOEXEC);
    if (status < 0)
        file_drop(file);
    return status;
}

int64_t linux_readlinkat(struct task *self)
{
    struct path path;
    int64_t size = (int32_t)task_argument(self, 3);
    if (size <= 0)
        return -LINUX_EINVAL;
    int64_t status = path_take(&path, (int)task_argument(self, 0), task_argument(self, 1), false);
    if (status < 0)
        return status;
    char *target = heap_alloc(PATH_MAX_LINUX);
    status = target != NULL ? pseudo_resolve(&path, false) : -LINUX_ENOMEM;
    if (status == 0 && pseudo_owns(path.text)) {
        size_t room = size < PATH_MAX_LINUX ? (size_t)size : PATH_MAX_LINUX;
        status = pseudo_read_link(path.text, target, room);
    } else if (status == 0) {
        struct linux_stat stat;
        status = ninep_file_stat(path.text, &stat);
        status = status < 0 ? status : -LINUX_EINVAL; /* the file server has no links */
    }
    if (status > 0 && user_write(task_argument(self, 2), target, (size_t)status) < 0)
        status = -LINUX_EFAULT;
    heap_free(target);
    path_free(&path);
    return status;
}

/* ---- The working directory. ------------------------------------------------------------------ */

int64_t linux_getcwd(struct task *self)
{
    char *path = path_working_directory();
    if (path == NULL)
        return -LINUX_ENOMEM;
    size_t size = strlen(path) + 1;
    int64_t status = (int64_t)size;
    if (size > task_argument(self, 1))
        status = -LINUX_ERANGE;
    else if (user_write(task_argument(self, 0), path, size) < 0)
        status = -LINUX_EFAULT;
    heap_free(path);
    return status;
}

static int64_t change_directory(struct path *path)
{
    struct linux_stat stat;
    int64_t status = path_stat(path, true, &stat);
    if (status == 0 && (stat.mode & LINUX_S_IFMT) != LINUX_S_IFDIR)
        status = -LINUX_ENOTDIR;
    if (status == 0)
        path_set_working_directory(path);
    path_free(path);
    return status;
}

int64_t linux_chdir(struct task *self)
{
    struct path path;
    int64_t status = path_take(&path, LINUX_AT_FDCWD, task_argument(self, 0), false);
    return status < 0 ? status : change_directory(&path);
}

int64_t linux_fchdir(struct task *self)
{
    struct path path;
    struct file *file = descriptor_get(task_argument(self, 0));
    if (file == NULL)
        return -LINUX_EBADF;
    const char *text = file_path(file);
    int64_t status = text != NULL ? path_copy(&path, text) : -LINUX_ENOTDIR;
    file_drop(file);
    return status < 0 ? status : change_directory(&path);
}
