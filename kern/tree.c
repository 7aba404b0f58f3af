/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balanced tree (AVL). `balance` is the height of the right side less that of the left; a side
 * is +1 (right) or -1 (left), so that every case is written once for both directions.
 */
#include "kern/tree.h"

static inline struct tree_node **child_of(struct tree_node *node, int side)
{
    return &node->child[side > 0];
}

static inline int side_of(const struct tree_node *parent, const struct tree_node *node)
{
    return parent->child[1] == node ? 1 : -1;
}

/* Puts `new` where `old` hangs. */
static void replace(struct tree *tree, const struct tree_node *old, struct tree_node *new)
{
    struct tree_node *parent = old->parent;
    if (parent == NULL)
        tree->root = new;
    else
        *child_of(parent, side_of(parent, old)) = new;
    if (new != NULL)
        new->parent = parent;
}

static inline void set_child(struct tree_node *node, int side, struct tree_node *child)
{
    *child_of(node, side) = child;
    if (child != NULL)
        child->parent = node;
}

/* Moves node down to `side`; its child on the other side takes its place. */
static void rotate(struct tree *tree, struct tree_node *node, int side)
{
    struct tree_node *up = *child_of(node, -side);
    replace(tree, node, up);
    set_child(node, -side, *child_of(up, side));
    set_child(up, side, node);
}

/* node is two higher on `side`. Returns what stands in its place; balance 0: it got lower. */
static struct tree_node *rebalance(struct tree *tree, struct tree_node *node, int side)
{
    struct tree_node *child = *child_of(node, side);
    if (child->balance != -side) {
        rotate(tree, node, -side);
        bool was_even = child->balance == 0;
        node->balance = (int8_t)(was_even ? side : 0);
        child->balance = (int8_t)(was_even ? -side : 0);
        return child;
    }
    struct tree_node *middle = *child_of(child, -side);
    rotate(tree, child, side);
    rotate(tree, node, -side);
    node->balance = (int8_t)(middle->balance == side ? -side : 0);
    child->balance = (int8_t)(middle->balance == -side ? side : 0);
    middle->balance = 0;
    return middle;
}

static void grown(struct tree *tree, struct tree_node *node)
{
    for (struct tree_node *parent = node->parent; parent != NULL; parent = node->parent) {
        int side = side_of(parent, node);
        if (parent->balance == side) {
            rebalance(tree, parent, side);
            return;
        }
        parent->balance = (int8_t)(parent->balance + side);
        if (parent->balance == 0)
            return;
        node = parent;
    }
}

static void shrunk(struct tree *tree, struct tree_node *node, int side)
{
    while (node != NULL) {
        if (node->balance == 0) {
            node->balance = (int8_t)-side;
            return;
        }
        if (node->balance == side) {
            node->balance = 0;
        } else {
            node = rebalance(tree, node, -side);
            if (node->balance != 0)
                return;
        }
        if (node->parent != NULL)
            side = side_of(node->parent, node);
        node = node->parent;
    }
}

void tree_insert(struct tree *tree, struct tree_node *node, uint64_t key)
{
    struct tree_node *parent = NULL;
    struct tree_node **place = &tree->root;
    while (*place != NULL) {
        parent = *place;
        place = &parent->child[key >= parent->key];
    }
    *node = (struct tree_node){.parent = parent, .key = key, .linked = true};
    *place = node;
    grown(tree, node);
}

static struct tree_node *outermost(struct tree_node *node, int side)
{
    while (*child_of(node, side) != NULL)
        node = *child_of(node, side);
    return node;
}

/* node has two children: its successor takes its place. */
static void remove_inner(struct tree *tree, struct tree_node *node)
{
    struct tree_node *heir = outermost(node->child[1], -1);
    struct tree_node *lower = heir->parent;
    int side = -1;
    if (lower == node) {
        lower = heir;
        side = 1;
    } else {
        set_child(lower, -1, heir->child[1]);
        set_child(heir, 1, node->child[1]);
    }
    set_child(heir, -1, node->child[0]);
    heir->balance = node->balance;
    replace(tree, node, heir);
    shrunk(tree, lower, side);
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    if (!node->linked)
        return;
    if (node->child[0] != NULL && node->child[1] != NULL) {
        remove_inner(tree, node);
    } else {
        struct tree_node *parent = node->parent;
        int side = parent != NULL ? side_of(parent, node) : 0;
        replace(tree, node, node->child[node->child[0] == NULL]);
        shrunk(tree, parent, side);
    }
    node->linked = false;
}

static struct tree_node *neighbour(const struct tree_node *node, int side)
{
    if (node->child[side > 0] != NULL)
        return outermost(node->child[side > 0], -side);
    struct tree_node *parent = node->parent;
    while (parent != NULL && side_of(parent, node) == side) {
        node = parent;
        parent = node->parent;
    }
    return parent;
}

struct tree_node *tree_first(const struct tree *tree)
{
    return tree->root == NULL ? NULL : outermost(tree->root, -1);
}

struct tree_node *tree_next(const struct tree_node *node)
{
    return neighbour(node, 1);
}

struct tree_node *tree_prev(const struct tree_node *node)
{
    return neighbour(node, -1);
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
