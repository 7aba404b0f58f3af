/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An intrusive balanced tree (a treap) ordered by a 64-bit key; equal keys keep the order in which
 * they came. Regions, timers and waited-for words are kept in it: O(log n) whatever the order of
 * insertion, as nobody can guess the weights; no recursion, no memory.
 */
#pragma once

#include "kern/types.h"

struct tree_node {
    struct tree_node *child[2];
    struct tree_node *parent;
    uint64_t key;
    uint32_t weight; /* random; not above the parent's */
    bool linked;
};

struct tree {
    struct tree_node *root;
};

/* Links the node after all nodes with a key <= key. */
void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key);
/* Unlinks; harmless on a node that is not linked. */
void tree_remove(struct tree *tree, struct tree_node *node);
struct tree_node *tree_first(const struct tree *tree);
struct tree_node *tree_next(const struct tree_node *node);
struct tree_node *tree_prev(const struct tree_node *node);
/* The last node with a key <= key, or NULL. */
struct tree_node *tree_floor(const struct tree *tree, uint64_t key);
/* The first node with a key >= key, or NULL. */
struct tree_node *tree_ceiling(const struct tree *tree, uint64_t key);
