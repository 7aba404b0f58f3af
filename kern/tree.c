/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The treap: a search tree by key and a heap by random weight, which keeps its depth logarithmic.
 * A node is put in as a leaf and rotated up to where its weight belongs; to be taken out, it is
 * rotated down until one of its sides is empty.
 */
#include "kern/tree.h"

static inline int side_of(const struct tree_node *node)
{
    return node->parent->child[1] == node;
}

/* Where the tree points to the node. */
static inline struct tree_node **place_of(struct tree *tree, const struct tree_node *node)
{
    return node->parent == NULL ? &tree->root : &node->parent->child[side_of(node)];
}

/* The node's child on that side takes its place, and the node the child's other side. */
static void rotate(struct tree *tree, struct tree_node *node, int side)
{
    struct tree_node *up = node->child[side];
    struct tree_node *middle = up->child[!side];
    *place_of(tree, node) = up;
    up->parent = node->parent;
    up->child[!side] = node;
    node->parent = up;
    node->child[side] = middle;
    if (middle != NULL)
        middle->parent = node;
}

/* Xorshift. */
static uint32_t random_weight(void)
{
    static uint32_t state = 0x9e3779b9;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node *parent = NULL;
    struct tree_node **place = &tree->root;
    while (*place != NULL) {
        parent = *place;
        place = &parent->child[key >= parent->key];
    }
    *node =
        (struct tree_node){.parent = parent, .key = key, .weight = random_weight(), .linked = true};
    *place = node;
    while (node->parent != NULL && node->parent->weight < node->weight)
        rotate(tree, node->parent, side_of(node));
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    if (!node->linked)
        return;
    while (node->child[0] != NULL && node->child[1] != NULL)
        rotate(tree, node, node->child[1]->weight > node->child[0]->weight);
    struct tree_node *child = node->child[node->child[0] == NULL];
    *place_of(tree, node) = child;
    if (child != NULL)
        child->parent = node->parent;
    node->linked = false;
}

static struct tree_node *outermost(struct tree_node *node, int side)
{
    while (node != NULL && node->child[side] != NULL)
        node = node->child[side];
    return node;
}

static struct tree_node *neighbour(const struct tree_node *node, int side)
{
    if (node->child[side] != NULL)
        return outermost(node->child[side], !side);
    while (node->parent != NULL && side_of(node) == side)
        node = node->parent;
    return node->parent;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return outermost(tree->root, 0);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    return neighbour(node, 1);
}

struct tree_node *tree_prev(const struct tree_node *node)
{
    return neighbour(node, 0);
}

struct tree_node *tree_floor(const struct tree *tree, uint64_t key)
{
    struct tree_node *best = NULL;
    for (struct tree_node *node = tree->root; node != NULL;) {
        if (node->key <= key)
            best = node;
        node = node->child[node->key <= key];
    }
    return best;
}

struct tree_node *tree_ceiling(const struct tree *tree, uint64_t key)
{
    struct tree_node *best = NULL;
    for (struct tree_node *node = tree->root; node != NULL;) {
        if (node->key >= key)
            best = node;
        node = node->child[node->key < key];
    }
    return best;
}
