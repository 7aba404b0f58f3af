/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that would change a file system. All of them are read-only, but what is wrong with the
 * arguments is said first, as Linux does; and the file systems themselves.
 */
#include "calls.h"
#include "named_file.h"
#include "ninep_client.h"
#include "path.h"
#include "path_abi.h"
#include "path_lookup.h"
#include "pseudo.h"
#include "user.h"

/* For a call on something that has to be there. */
static int64_t refuse_existing(struct task *self, unsigned directory, bool follow)
{
    struct linux_stat stat;
    int64_t status = path_stat_at(self, (int)task_argument(self, directory),
                                  task_argument(self, directory + 1), false, follow, &stat);
    return status < 0 ? status : -LINUX_EROFS;
}

/* For a call that would make something. */
static int64_t refuse_new(struct task *self, unsigned directory)
{
    struct linux_stat stat;
    int64_t status = path_stat_at(self, (int)task_argument(self, directory),
                                  task_argument(self, directory + 1), false, false, &stat);
    if (status == 0)
        return -LINUX_EEXIST;
    return status == -LINUX_ENOENT ? -LINUX_EROFS : status;
}

int64_t linux_mknodat(struct task *self)
{
    return refuse_new(self, 0);
}

int64_t linux_mkdirat(struct task *self)
{
    return refuse_new(self, 0);
}

int64_t linux_symlinkat(struct task *self)
{
    return refuse_new(self, 1);
}

int64_t linux_linkat(struct task *self)
{
    int64_t status = refuse_existing(self, 0, false);
    return status != -LINUX_EROFS ? status : refuse_new(self, 2);
}

int64_t linux_renameat2(struct task *self)
{
    return refuse_existing(self, 0, false);
}

int64_t linux_unlinkat(struct task *self)
{
    struct linux_stat stat;
    uint32_t flags = (uint32_t)task_argument(self, 2);
    if (flags & ~(uint32_t)LINUX_AT_REMOVEDIR)
        return -LINUX_EINVAL;
    int64_t status = path_stat_at(self, (int)task_argument(self, 0), task_argument(self, 1), false,
                                  false, &stat);
    if (status < 0)
        return status;
    bool directory = (stat.mode & LINUX_S_IFMT) == LINUX_S_IFDIR;
    if (flags & LINUX_AT_REMOVEDIR)
        return directory ? -LINUX_EROFS : -LINUX_ENOTDIR;
    return directory ? -LINUX_EISDIR : -LINUX_EROFS;
}

int64_t linux_fchmodat(struct task *self)
{
    return refuse_existing(self, 0, true);
}

int64_t linux_fchownat(struct task *self)
{
    return refuse_existing(self, 0, !(task_argument(self, 4) & LINUX_AT_SYMLINK_NOFOLLOW));
}

int64_t linux_utimensat(struct task *self)
{
    if (task_argument(self, 1) == 0) { /* futimens */
        struct linux_stat stat;
        int64_t status = path_stat_descriptor(self, task_argument(self, 0), &stat);
        return status < 0 ? status : -LINUX_EROFS;
    }
    return refuse_existing(self, 0, true);
}

int64_t linux_truncate(struct task *self)
{
    struct linux_stat stat;
    int64_t status = path_stat_at(self, LINUX_AT_FDCWD, task_argument(self, 0), false, true, &stat);
    if (status < 0)
        return status;
    return (stat.mode & LINUX_S_IFMT) == LINUX_S_IFDIR ? -LINUX_EISDIR : -LINUX_EROFS;
}

/* No file that could be cut is open for writing. */
int64_t linux_ftruncate(struct task *self)
{
    struct linux_stat stat;
    int64_t status = path_stat_descriptor(self, task_argument(self, 0), &stat);
    return status < 0 ? status : -LINUX_EINVAL;
}

static int64_t refuse_descriptor(struct task *self)
{
    struct linux_stat stat;
    int64_t status = path_stat_descriptor(self, task_argument(self, 0), &stat);
    return status < 0 ? status : -LINUX_EROFS;
}

int64_t linux_fchmod(struct task *self)
{
    return refuse_descriptor(self);
}

int64_t linux_fchown(struct task *self)
{
    return refuse_descriptor(self);
}

/* ---- File systems. --------------------------------------------------------------------------- */

static int64_t ask_file_system(const char *path, struct linux_statfs *statfs)
{
    struct ninep_buffer buffer;
    struct ninep_message answer;
    struct ninep_fid fid;
    int64_t status = ninep_walk(path, &fid);
    if (status < 0)
        return status;
    struct ninep_message request = {.type = NINEP_TSTATFS, .fid = fid.number};
    status = ninep_exchange(&request, &answer, &buffer, NULL);
    const struct ninep_file_system *system = &answer.file_system;
    if (status == 0)
        *statfs = (struct linux_statfs){
            .type = system->type,
            .block_size = system->block_size,
            .blocks = system->blocks,
            .blocks_free = system->blocks_free,
            .blocks_available = system->blocks_available,
            .files = system->files,
            .files_free = system->files_free,
            .name_max = system->name_max,
            .fragment_size = system->block_size,
            .flags = LINUX_ST_RDONLY,
        };
    ninep_clunk(&fid);
    return status;
}

/* Takes the path over. */
static int64_t stat_file_system(struct path *path, uint64_t to)
{
    struct linux_stat stat;
    struct linux_statfs statfs = {
        .type = LINUX_PROC_SUPER_MAGIC, .block_size = 4096, .fragment_size = 4096, .name_max = 255};
    int64_t status = path_stat(path, true, &stat);
    if (status == 0 && !pseudo_owns(path->text))
        status = ask_file_system(path->text, &statfs);
    path_free(path);
    if (status < 0)
        return status;
    return user_write(to, &statfs, sizeof(statfs)) < 0 ? -LINUX_EFAULT : 0;
}

int64_t linux_statfs(struct task *self)
{
    struct path path;
    int64_t status = path_take(&path, LINUX_AT_FDCWD, task_argument(self, 0), false);
    return status < 0 ? status : stat_file_system(&path, task_argument(self, 1));
}

int64_t linux_fstatfs(struct task *self)
{
    struct path path;
    struct file *file = descriptor_get(task_argument(self, 0));
    if (file == NULL)
        return -LINUX_EBADF;
    /* Pipes and the like lie in no file system that has a path. */
    const char *text = file_path(file);
    int64_t status = path_copy(&path, text != NULL ? text : "/proc/self/fd");
    file_drop(file);
    return status < 0 ? status : stat_file_system(&path, task_argument(self, 1));
}
