/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds the tree, entry by entry, component by component; a hash finds what is there already. */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "loader/cpio.h"

/* FNV-1a, begun with the directory's number. */
static uint32_t hash_of(uint32_t directory, const char *name, size_t length)
{
    uint32_t hash = 2166136261u ^ directory * 2654435761u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    return hash;
}

static uint32_t find(const struct tree *tree, uint32_t directory, const char *name, size_t length)
{
    uint32_t bucket = hash_of(directory, name, length) & (tree->bucket_count - 1);
    for (uint32_t at = tree->buckets[bucket]; at != TREE_NONE; at = tree->nodes[at].same_hash) {
        const struct tree_node *node = &tree->nodes[at];
        if (node->parent == directory && node->name_length == length &&
            memcmp(node->name, name, length) == 0)
            return at;
    }
    return TREE_NONE;
}

uint32_t tree_child(const struct tree *tree, uint32_t directory, const char *name, size_t length)
{
    if (length == 1 && name[0] == '.')
        return directory;
    if (length == 2 && name[0] == '.' && name[1] == '.')
        return tree->nodes[directory].parent;
    return find(tree, directory, name, length);
}

static uint32_t add(struct tree *tree, uint32_t directory, const char *name, size_t length)
{
    uint32_t bucket = hash_of(directory, name, length) & (tree->bucket_count - 1);
    uint32_t number = tree->count++;
    struct tree_node *parent = &tree->nodes[directory];
    tree->nodes[number] = (struct tree_node){
        .parent = directory,
        .first = TREE_NONE,
        .last = TREE_NONE,
        .next = TREE_NONE,
        .same_hash = tree->buckets[bucket],
        .name = name,
        .name_length = (uint32_t)length,
        .directory = true,
    };
    tree->buckets[bucket] = number;
    if (parent->first == TREE_NONE)
        parent->first = number;
    else
        tree->nodes[parent->last].next = number;
    parent->last = number;
    return number;
}

/* Why no path reaches this name, or NULL. */
static const char *wrong_name(const char *name)
{
    for (;;) {
        size_t length = strcspn(name, "/");
        if (length == 0 || (length == 1 && name[0] == '.') ||
            (length == 2 && name[0] == '.' && name[1] == '.'))
            return "its name has an empty part, or . or ..";
        if (name[length] == '\0')
            return NULL;
        name += length + 1;
    }
}

/* The directory in which the last part of *name lies; *name is that part afterwards. TREE_NONE: a
 * part on the way is a file. */
static uint32_t make_parents(struct tree *tree, const char **name)
{
    uint32_t at = TREE_ROOT;
    for (size_t length; (*name)[length = strcspn(*name, "/")] == '/'; *name += length + 1) {
        uint32_t child = find(tree, at, *name, length);
        if (child == TREE_NONE)
            child = add(tree, at, *name, length);
        if (!tree->nodes[child].directory)
            return TREE_NONE;
        at = child;
    }
    return at;
}

/* Adds one entry. Returns why it cannot be there, or NULL. */
static const char *add_entry(struct tree *tree, const struct cpio_entry *entry)
{
    bool directory = (entry->mode & 0170000) == 0040000;
    const char *name = entry->name, *wrong = wrong_name(name);
    if (directory && strcmp(name, ".") == 0)
        return NULL;
    if (!directory && !cpio_is_file(entry))
        return "neither a file nor a directory";
    if (wrong != NULL)
        return wrong;
    uint32_t parent = make_parents(tree, &name);
    if (parent == TREE_NONE)
        return "a part of its name is a file";
    if (find(tree, parent, name, strlen(name)) != TREE_NONE)
        return directory ? NULL : "the name is there already";
    struct tree_node *node = &tree->nodes[add(tree, parent, name, strlen(name))];
    node->directory = directory;
    node->executable = (entry->mode & 0111) != 0;
    node->data = entry->data;
    node->size = directory ? 0 : entry->size;
    node->offset = entry->offset;
    return NULL;
}

/* The most nodes that the archive can make: one for each part of each name. */
static uint32_t count_parts(const void *archive, uint64_t size)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    uint32_t parts = 1;
    cpio_open(&reader, archive, size);
    while (cpio_next(&reader, &entry) == CPIO_OK) {
        parts++;
        for (const char *at = entry.name; *at != '\0'; at++)
            parts += *at == '/';
    }
    return parts;
}

static int make_room(struct tree *tree, uint32_t nodes)
{
    tree->bucket_count = 16;
    while (tree->bucket_count < nodes)
        tree->bucket_count *= 2;
    tree->nodes = calloc(nodes, sizeof(*tree->nodes));
    tree->buckets = malloc(tree->bucket_count * sizeof(*tree->buckets));
    if (tree->nodes == NULL || tree->buckets == NULL) {
        tree_free(tree);
        return -ENOMEM;
    }
    memset(tree->buckets, 0xff, tree->bucket_count * sizeof(*tree->buckets));
    tree->nodes[TREE_ROOT] = (struct tree_node){.parent = TREE_ROOT,
                                                .first = TREE_NONE,
                                                .last = TREE_NONE,
                                                .next = TREE_NONE,
                                                .same_hash = TREE_NONE,
                                                .name = "",
                                                .directory = true};
    tree->count = 1;
    return 0;
}

int tree_build(struct tree *tree, const void *archive, uint64_t size, tree_report *report)
{
    struct cpio_reader reader;
    struct cpio_entry entry;
    enum cpio_code code;
    *tree = (struct tree){.archive_size = size};
    int error = make_room(tree, count_parts(archive, size));
    if (error < 0)
        return error;
    cpio_open(&reader, archive, size);
    while ((code = cpio_next(&reader, &entry)) == CPIO_OK) {
        const char *wrong = add_entry(tree, &entry);
        if (wrong != NULL)
            report(entry.name, wrong);
    }
    if (code == CPIO_END)
        return 0;
    report(reader.error_after, cpio_describe(code));
    return -EINVAL;
}

void tree_free(struct tree *tree)
{
    free(tree->nodes);
    free(tree->buckets);
    *tree = (struct tree){.nodes = NULL};
}
