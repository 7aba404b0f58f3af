/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot archive as a tree of directories and files. Directories are implied by the names of
 * files, or stand in the archive themselves. Built once; names and data stay in the archive. Pure:
 * compiles for the host.
 */
#ifndef ANSER_SERVERS_FILES_TREE_H
#define ANSER_SERVERS_FILES_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_ROOT 0 /* the root's number */
#define TREE_NONE UINT32_MAX

/* Nodes are numbered from 0; a number is a node for ever. */
struct tree_node {
    uint32_t parent; /* the root's is the root */
    uint32_t first;  /* child, TREE_NONE: none */
    uint32_t last;
    uint32_t next; /* sibling, in the archive's order */
    uint32_t same_hash;
    uint32_t name_length;
    const char *name; /* not NUL-terminated */
    bool directory;
    bool executable;
    const uint8_t *data;
    uint64_t size;
    uint64_t offset; /* of data in the archive */
};

struct tree {
    struct tree_node *nodes;
    uint32_t count;
    uint32_t *buckets; /* of the hash over parent and name */
    uint32_t bucket_count;
    uint64_t archive_size;
};

/* Called for each entry of the archive that is left out, and why. */
typedef void tree_report(const char *name, const char *why);

/*
 * Builds the tree of the archive. What is neither file nor directory, or has a name that no path
 * can reach, is reported and left out; of two entries with one name the first counts. Returns 0,
 * -ENOMEM, or -EINVAL for an archive that is broken: then what stood before the break is in the
 * tree.
 */
int tree_build(struct tree *tree, const void *archive, uint64_t size, tree_report *report);

/* The child of a directory with this name, or TREE_NONE. ".." is the parent, "." the node itself.
 */
uint32_t tree_child(const struct tree *tree, uint32_t directory, const char *name, size_t length);

void tree_free(struct tree *tree);

#endif
