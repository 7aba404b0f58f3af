/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing and opening pseudo files. */
#include "pseudo.h"
#include <string.h>
#include "descriptor.h"
#include "heap.h"
#include "named_file.h"
#include "lib/clock.h"
#include "process.h"
#include "pseudo_table.h"
#include "realtime.h"
#include "time.h"
#include "user.h"

#define DEVICE 2 /* st_dev */

/* ---- stat. ----------------------------------------------------------------------------------- */

static void node_stat(const struct pseudo_node *node, struct linux_stat *stat)
{
    *stat = (struct linux_stat){
        .device = DEVICE,
        .inode = (uint64_t)(node - pseudo_nodes) + 1,
        .mode = node->mode,
        .links = 1,
        .special_device = node->device,
        .block_size = 1024,
        /* What they hold may be new each time. */
        .modified = time_of_ticks(realtime_base() + clock_now()),
    };
}

int64_t pseudo_stat(const char *path, struct linux_stat *stat)
{
    const char *rest;
    const struct pseudo_node *node = pseudo_find(path);
    if (node != NULL) {
        node_stat(node, stat);
        return 0;
    }
    int64_t number = pseudo_descriptor(path, &rest);
    struct file *file = number >= 0 ? descriptor_get((uint64_t)number) : NULL;
    if (file == NULL)
        return -LINUX_ENOENT;
    file_drop(file);
    if (*rest != '\0')
        return -LINUX_ENOTDIR;
    *stat = (struct linux_stat){
        .device = DEVICE,
        .inode = PSEUDO_INODE_DESCRIPTOR + (uint64_t)number,
        .mode = LINUX_S_IFLNK | 0700,
        .links = 1,
        .block_size = 1024,
    };
    return 0;
}

/* ---- Directories. ---------------------------------------------------------------------------- */

/* The name of `path` in `directory`, or NULL if it does not lie right there. */
static const char *name_in(const char *path, const char *directory)
{
    const char *name = strrchr(path, '/') + 1;
    size_t length = (size_t)(name - path) - 1;
    if (strcmp(directory, "/") == 0)
        return length == 0 ? name : NULL;
    return strlen(directory) == length && strncmp(path, directory, length) == 0 ? name : NULL;
}

static uint8_t type_of(uint32_t mode)
{
    return (uint8_t)(mode >> 12);
}

static bool add_named(struct directory_list *list, uint64_t inode, uint8_t type, uint64_t next,
                      const char *name)
{
    struct directory_entry entry = {
        .inode = inode, .next = next, .type = type, .name = name, .length = strlen(name)};
    return directory_add(list, &entry);
}

static void list_descriptors(uint64_t *position, struct directory_list *list)
{
    for (;;) {
        char name[32];
        uint64_t number = descriptor_next(*position - PSEUDO_POSITION);
        struct text text = {.bytes = name, .room = sizeof(name) - 1};
        if (number >= DESCRIPTORS_MAX)
            return;
        text_add_decimal(&text, number);
        name[text.length] = '\0';
        if (!add_named(list, PSEUDO_INODE_DESCRIPTOR + number, DIRECTORY_LINK,
                       PSEUDO_POSITION + number + 1, name))
            return;
        *position = PSEUDO_POSITION + number + 1;
    }
}

void pseudo_list(const char *directory, uint64_t *position, struct directory_list *list)
{
    if (*position < PSEUDO_POSITION)
        *position = PSEUDO_POSITION;
    if (strcmp(directory, PSEUDO_DESCRIPTORS) == 0) {
        list_descriptors(position, list);
        return;
    }
    for (uint64_t i = *position - PSEUDO_POSITION; i < pseudo_node_count; i++) {
        const struct pseudo_node *node = &pseudo_nodes[i];
        const char *name = name_in(node->path, directory);
        if (name != NULL &&
            !add_named(list, i + 1, type_of(node->mode), PSEUDO_POSITION + i + 1, name))
            return;
        *position = PSEUDO_POSITION + i + 1;
    }
}

/* "." and ".." are at 0 and 1, then the entries. */
static int64_t list_directory(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    (void)self;
    struct directory_list list = {.to = to, .room = length};
    for (; file->position < 2; file->position++)
        if (!add_named(&list, 1, DIRECTORY_DIRECTORY, file->position + 1,
                       file->position == 0 ? "." : ".."))
            return directory_result(&list);
    pseudo_list(file_path(file), &file->position, &list);
    return directory_result(&list);
}

static int64_t get_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    return pseudo_stat(file_path(file), stat);
}

static void release_named(struct file *file)
{
    heap_free(((struct named_file *)file)->path);
    heap_free(file);
}

static const struct file_operations directory_operations = {
    .kind = "/directory",
    .read = directory_read,
    .seek = directory_seek,
    .stat = get_stat,
    .list = list_directory,
    .release = release_named,
};

/* ---- Generated text: as it was when the file was opened. ------------------------------------- */

struct text_file {
    struct named_file named;
    struct text text;
};

static int64_t read_text_at(struct task *self, struct file *file, uint64_t to, uint64_t length,
                            uint64_t offset)
{
    (void)self;
    const struct text *text = &((struct text_file *)file)->text;
    if (offset >= text->length || length == 0)
        return 0;
    uint64_t left = text->length - offset;
    return user_write_some(to, text->bytes + offset, length < left ? length : left);
}

static int64_t read_text(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    int64_t count = read_text_at(self, file, to, length, file->position);
    if (count > 0)
        file->position += (uint64_t)count;
    return count;
}

static int64_t seek_text(struct task *self, struct file *file, int64_t offset, int whence)
{
    (void)self;
    return named_file_seek(file, offset, whence, ((struct text_file *)file)->text.length);
}

static void release_text(struct file *file)
{
    heap_free(((struct text_file *)file)->text.bytes);
    release_named(file);
}

static const struct file_operations text_operations = {
    .kind = "/text",
    .read = read_text,
    .read_at = read_text_at,
    .seek = seek_text,
    .stat = get_stat,
    .release = release_text,
};

/* ---- Opening. -------------------------------------------------------------------------------- */

/* A file of `size` bytes that begins with a struct named_file; takes the path's text over. */
static int64_t make_named(struct path *path, uint32_t flags, size_t size,
                          const struct file_operations *operations, struct file **file)
{
    struct named_file *named = heap_alloc(size);
    if (named == NULL)
        return -LINUX_ENOMEM;
    file_init(&named->file, operations, flags);
    named->path = path->text;
    path->text = NULL;
    *file = &named->file;
    return 0;
}

static int64_t open_text(struct path *path, uint32_t flags, const struct pseudo_node *node,
                         struct file **file)
{
    if ((flags & LINUX_O_ACCMODE) != LINUX_O_RDONLY)
        return -LINUX_EACCES;
    int64_t status = make_named(path, flags, sizeof(struct text_file), &text_operations, file);
    if (status < 0)
        return status;
    struct text *text = &((struct text_file *)*file)->text;
    if (!(flags & LINUX_O_PATH))
        node->generate(text);
    if (!text->failed)
        return 0;
    file_drop(*file);
    return -LINUX_ENOMEM;
}

/* A descriptor that has no path: the same open file again. */
static int64_t open_descriptor(uint64_t number, struct file **file)
{
    *file = descriptor_get(number);
    return *file != NULL ? 0 : -LINUX_ENOENT;
}

/* /dev/tty: whatever standard descriptor is a terminal. */
static int64_t open_terminal(struct file **file)
{
    struct linux_stat stat;
    for (uint64_t number = 0; number < 3; number++) {
        *file = descriptor_get(number);
        if (*file == NULL)
            continue;
        bool terminal = file_path(*file) == NULL &&
                        (*file)->operations->stat(NULL, *file, &stat) >= 0 &&
                        (stat.mode & LINUX_S_IFMT) == LINUX_S_IFCHR;
        if (terminal)
            return 0;
        file_drop(*file);
    }
    return -LINUX_ENXIO;
}

int64_t pseudo_open(struct path *path, uint32_t flags, struct file **file)
{
    const char *rest;
    const struct pseudo_node *node = pseudo_find(path->text);
    if (node == NULL) {
        int64_t number = pseudo_descriptor(path->text, &rest);
        if (number >= 0 && *rest == '\0')
            return open_descriptor((uint64_t)number, file);
        return number >= 0 ? -LINUX_ENOTDIR : -LINUX_ENOENT;
    }
    uint32_t type = node->mode & LINUX_S_IFMT;
    if (type == LINUX_S_IFLNK && !(flags & LINUX_O_PATH))
        return -LINUX_ELOOP; /* O_NOFOLLOW */
    if (type == LINUX_S_IFDIR)
        return make_named(path, flags, sizeof(struct named_file), &directory_operations, file);
    if (node->operations != NULL)
        return make_named(path, flags, sizeof(struct named_file), node->operations, file);
    if (type == LINUX_S_IFCHR)
        return open_terminal(file);
    return open_text(path, flags, node, file);
}
