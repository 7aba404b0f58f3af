/* SPDX-License-Identifier: BSD-2-Clause */
/* The text side of paths: joining and normalizing. Pure, for the host's tests as well. */
#include <string.h>
#include "linux_abi.h"
#include "path.h"

struct joined {
    char *text;
    size_t room;
    size_t length;
    bool failed;
};

static void add_part(struct joined *joined, const char *part, size_t length)
{
    if (joined->failed || length + 2 > joined->room - joined->length) {
        joined->failed = true;
        return;
    }
    joined->text[joined->length++] = '/';
    memcpy(joined->text + joined->length, part, length);
    joined->length += length;
}

static void remove_part(struct joined *joined)
{
    while (joined->length > 0 && joined->text[--joined->length] != '/')
        ;
}

/* Adds all parts of a path. Returns whether its last one can only be a directory. */
static bool add_path(struct joined *joined, const char *path)
{
    bool directory = false;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        bool dot = length == 1 && path[0] == '.';
        bool dots = length == 2 && path[0] == '.' && path[1] == '.';
        directory = length == 0 || dot || dots || path[length] == '/';
        if (dots)
            remove_part(joined);
        else if (length > 0 && !dot)
            add_part(joined, path, length);
        path += length;
        if (*path == '/')
            path++;
    }
    return directory;
}

int64_t path_join(char *out, size_t room, const char *base, const char *path, bool *directory)
{
    struct joined joined = {.text = out, .room = room};
    if (path[0] != '/')
        add_path(&joined, base);
    *directory = add_path(&joined, path);
    if (joined.failed || room < 2)
        return -LINUX_ENAMETOOLONG;
    if (joined.length == 0)
        out[joined.length++] = '/';
    out[joined.length] = '\0';
    return (int64_t)joined.length;
}
