/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding pseudo files, and following the links among them. */
#include "pseudo.h"
#include <string.h>
#include "descriptor.h"
#include "heap.h"
#include "named_file.h"
#include "process.h"
#include "pseudo_table.h"

#define LINKS_MAX  16 /* on the way to one file */
#define DIGITS_MAX 8

/* ---- Finding. -------------------------------------------------------------------------------- */

/* Whether `path` is `directory` or lies below it. */
static bool lies_in(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool pseudo_owns(const char *path)
{
    return lies_in(path, "/dev") || lies_in(path, "/proc") || lies_in(path, "/sys") ||
           strcmp(path, PSEUDO_RESOLVERS) == 0;
}

const struct pseudo_node *pseudo_find(const char *path)
{
    for (unsigned i = 0; i < pseudo_node_count; i++)
        if (strcmp(pseudo_nodes[i].path, path) == 0)
            return &pseudo_nodes[i];
    return NULL;
}

/* Reads a decimal number that `text` begins with; *text is behind it then. -1: none. */
static int64_t take_number(const char **text)
{
    int64_t number = 0;
    const char *at = *text;
    while (*at >= '0' && *at <= '9' && at - *text < DIGITS_MAX)
        number = number * 10 + (*at++ - '0');
    if (at == *text || (*at != '\0' && *at != '/'))
        return -1;
    *text = at;
    return number;
}

int64_t pseudo_descriptor(const char *path, const char **rest)
{
    size_t length = strlen(PSEUDO_DESCRIPTORS "/");
    if (strncmp(path, PSEUDO_DESCRIPTORS "/", length) != 0)
        return -1;
    *rest = path + length;
    return take_number(rest);
}

/* ---- Links. ---------------------------------------------------------------------------------- */

/* Puts `to` in place of what stands before `rest`, which lies in path->text. */
static int64_t replace(struct path *path, const char *to, const char *rest)
{
    bool directory;
    size_t room = strlen(to) + strlen(rest) + 3;
    char *joined = heap_alloc(room);
    if (joined == NULL)
        return -LINUX_ENOMEM;
    while (*rest == '/')
        rest++;
    int64_t status = path_join(joined, room, to, rest, &directory);
    if (status >= 0 && strlen(joined) >= PATH_MAX_LINUX)
        status = -LINUX_ENAMETOOLONG;
    if (status < 0) {
        heap_free(joined);
        return status;
    }
    heap_free(path->text);
    path->text = joined;
    return 1;
}

/* Links among the table's rows. */
static int64_t follow_node(struct path *path, bool follow)
{
    for (unsigned i = 0; i < pseudo_node_count; i++) {
        const struct pseudo_node *node = &pseudo_nodes[i];
        if (node->target == NULL || !lies_in(path->text, node->path))
            continue;
        const char *rest = path->text + strlen(node->path);
        if (*rest == '\0' && !follow)
            return 0;
        struct text target = {.bytes = NULL};
        node->target(&target);
        text_add_bytes(&target, "", 1);
        int64_t status = target.failed ? -LINUX_ENOMEM : replace(path, target.bytes, rest);
        heap_free(target.bytes);
        return status;
    }
    return 0;
}

/* /proc/self/fd/N of a file that has a path. */
static int64_t follow_descriptor(struct path *path, bool follow)
{
    const char *rest;
    int64_t number = pseudo_descriptor(path->text, &rest);
    if (number < 0 || (*rest == '\0' && !follow))
        return 0;
    struct file *file = descriptor_get((uint64_t)number);
    if (file == NULL)
        return 0;
    const char *to = file_path(file);
    int64_t status = to != NULL ? replace(path, to, rest) : 0;
    file_drop(file);
    return status;
}

/* Other names of /proc/self: by number, and the calling thread. */
static int64_t follow_self(struct path *path)
{
    const char *rest = path->text + strlen("/proc/");
    if (lies_in(path->text, "/proc/thread-self"))
        return replace(path, "/proc/self", path->text + strlen("/proc/thread-self"));
    if (strncmp(path->text, "/proc/", strlen("/proc/")) != 0 ||
        take_number(&rest) != (int64_t)process.id)
        return 0;
    return replace(path, "/proc/self", rest);
}

int64_t pseudo_resolve(struct path *path, bool follow)
{
    follow |= path->directory;
    for (int links = 0; links < LINKS_MAX; links++) {
        if (!pseudo_owns(path->text))
            return 0;
        int64_t status = follow_self(path);
        if (status == 0)
            status = follow_node(path, follow);
        if (status == 0)
            status = follow_descriptor(path, follow);
        if (status <= 0)
            return status;
    }
    return -LINUX_ELOOP;
}

/* What a link to a file without a path shows: its kind, and for some its number. */
static void add_kind(struct text *text, const struct file *file, int64_t number)
{
    const char *kind = file->operations->kind;
    text_add(text, kind);
    if (strchr(kind, ':') != NULL)
        return;
    text_add(text, ":[");
    text_add_decimal(text, (uint64_t)number + PSEUDO_INODE_DESCRIPTOR);
    text_add(text, "]");
}

static int64_t take_target(struct text *text, char *target, size_t room)
{
    int64_t length = (int64_t)(text->length < room ? text->length : room);
    if (!text->failed)
        memcpy(target, text->bytes, (size_t)length);
    heap_free(text->bytes);
    return text->failed ? -LINUX_ENOMEM : length;
}

int64_t pseudo_read_link(const char *path, char *target, size_t room)
{
    const char *rest;
    struct text text = {.bytes = NULL};
    const struct pseudo_node *node = pseudo_find(path);
    if (node != NULL) {
        if (node->target == NULL)
            return -LINUX_EINVAL;
        node->target(&text);
        return take_target(&text, target, room);
    }
    int64_t number = pseudo_descriptor(path, &rest);
    struct file *file = number >= 0 && *rest == '\0' ? descriptor_get((uint64_t)number) : NULL;
    if (file == NULL)
        return -LINUX_ENOENT;
    if (file_path(file) != NULL)
        text_add(&text, file_path(file));
    else
        add_kind(&text, file, number);
    file_drop(file);
    return take_target(&text, target, room);
}
