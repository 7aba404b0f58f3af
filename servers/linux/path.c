/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths out of the program's memory, and the working directory. */
#include <string.h>
#include "heap.h"
#include "linux_abi.h"
#include "named_file.h"
#include "path.h"
#include "process.h"
#include "user.h"

static struct {
    struct mutex lock;
    char *path; /* NULL: that of the environment still holds */
} working;

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = heap_alloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

char *path_working_directory(void)
{
    mutex_lock(&working.lock);
    const char *path = working.path;
    if (path == NULL)
        path = process_environment("PWD");
    char *copy = copy_text(path != NULL && path[0] == '/' ? path : "/");
    mutex_unlock(&working.lock);
    return copy;
}

void path_set_working_directory(struct path *path)
{
    mutex_lock(&working.lock);
    heap_free(working.path);
    working.path = path->text;
    path->text = NULL;
    mutex_unlock(&working.lock);
}

/* The path that `directory` stands for, a copy. Returns 0 or -errno. */
static int64_t base_of(int directory, char **base)
{
    if (directory == LINUX_AT_FDCWD) {
        *base = path_working_directory();
        return *base != NULL ? 0 : -LINUX_ENOMEM;
    }
    struct file *file = descriptor_get((uint64_t)(int64_t)directory);
    if (file == NULL)
        return -LINUX_EBADF;
    const char *path = file_path(file);
    *base = path != NULL ? copy_text(path) : NULL;
    file_drop(file);
    if (path == NULL)
        return -LINUX_ENOTDIR;
    return *base != NULL ? 0 : -LINUX_ENOMEM;
}

/* Whether a descriptor that something is relative to is a directory. */
static bool is_directory(int directory)
{
    struct linux_stat stat = {.mode = 0};
    struct file *file = descriptor_get((uint64_t)(int64_t)directory);
    if (file == NULL)
        return false;
    int64_t status = file->operations->stat(NULL, file, &stat);
    file_drop(file);
    return status >= 0 && (stat.mode & LINUX_S_IFMT) == LINUX_S_IFDIR;
}

static int64_t join(struct path *path, int directory, const char *said)
{
    char *base = NULL;
    if (said[0] != '/') {
        int64_t status = base_of(directory, &base);
        if (status < 0)
            return status;
        if (said[0] != '\0' && directory != LINUX_AT_FDCWD && !is_directory(directory)) {
            heap_free(base);
            return -LINUX_ENOTDIR;
        }
    }
    path->text = heap_alloc(PATH_MAX_LINUX);
    int64_t length = -LINUX_ENOMEM;
    if (path->text != NULL)
        length = path_join(path->text, PATH_MAX_LINUX, base, said, &path->directory);
    heap_free(base);
    return length < 0 ? length : 0;
}

int64_t path_take(struct path *path, int directory, uint64_t address, bool may_be_empty)
{
    *path = (struct path){.text = NULL};
    char *said = heap_alloc(PATH_MAX_LINUX);
    if (said == NULL)
        return -LINUX_ENOMEM;
    int64_t status = user_read_string(said, address, PATH_MAX_LINUX);
    if (status >= 0) {
        path->empty = said[0] == '\0';
        status = path->empty && !may_be_empty ? -LINUX_ENOENT : join(path, directory, said);
    }
    heap_free(said);
    if (status < 0)
        path_free(path);
    return status;
}

int64_t path_copy(struct path *path, const char *text)
{
    *path = (struct path){.text = copy_text(text)};
    return path->text != NULL ? 0 : -LINUX_ENOMEM;
}

void path_free(struct path *path)
{
    heap_free(path->text);
    path->text = NULL;
}

int64_t named_file_seek(struct file *file, int64_t offset, int whence, uint64_t size)
{
    int64_t base = 0, to;
    if (whence == LINUX_SEEK_CUR)
        base = (int64_t)file->position;
    else if (whence == LINUX_SEEK_END)
        base = (int64_t)size;
    else if (whence != LINUX_SEEK_SET)
        return -LINUX_EINVAL;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return -LINUX_EINVAL;
    file->position = (uint64_t)to;
    return to;
}
