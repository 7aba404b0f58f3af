/* SPDX-License-Identifier: BSD-2-Clause */
/* The balanced tree against a sorted array: order, neighbours, balance, equal keys. */
/* sources: kern/tree.c */
#include "tap.h"
#include <stdlib.h>
#include "kern/tree.h"

#define NODES 400
#define KEYS  97 /* fewer than nodes: many are equal */

struct item {
    struct tree_node node;
    uint64_t order; /* when it came */
};

static struct item items[NODES];
static struct item *sorted[NODES];
static unsigned count;
static uint64_t clock_now;

/* The height, or -1: a weight or a parent is wrong. */
static int height(const struct tree_node *node)
{
    if (node == NULL)
        return 0;
    for (int side = 0; side < 2; side++) {
        const struct tree_node *child = node->child[side];
        if (child != NULL && (child->parent != node || child->weight > node->weight))
            return -1;
    }
    int left = height(node->child[0]);
    int right = height(node->child[1]);
    if (left < 0 || right < 0)
        return -1;
    return 1 + (left > right ? left : right);
}

static void insert(struct tree *tree, struct item *item, uint64_t key)
{
    unsigned at = count++;
    item->order = clock_now++;
    tree_insert(tree, &item->node, key);
    for (; at > 0 && sorted[at - 1]->node.key > key; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = item;
}

static void erase(struct tree *tree, struct item *item)
{
    unsigned at = 0;
    while (sorted[at] != item)
        at++;
    for (count--; at < count; at++)
        sorted[at] = sorted[at + 1];
    tree_remove(tree, &item->node);
}

static bool same_order(const struct tree *tree)
{
    const struct tree_node *previous = NULL;
    const struct tree_node *node = tree_first(tree);
    for (unsigned i = 0; i < count; i++) {
        if (node != &sorted[i]->node || tree_prev(node) != previous)
            return false;
        previous = node;
        node = tree_next(node);
    }
    return node == NULL;
}

static bool same_bounds(const struct tree *tree)
{
    for (uint64_t key = 0; key <= KEYS; key++) {
        const struct tree_node *floor = NULL, *ceiling = NULL;
        for (unsigned i = 0; i < count; i++) {
            if (sorted[i]->node.key <= key)
                floor = &sorted[i]->node;
            if (ceiling == NULL && sorted[i]->node.key >= key)
                ceiling = &sorted[i]->node;
        }
        if (tree_floor(tree, key) != floor || tree_ceiling(tree, key) != ceiling)
            return false;
    }
    return true;
}

static bool random_round(unsigned seed)
{
    struct tree tree = {0};
    srand(seed);
    for (unsigned step = 0; step < 4000; step++) {
        struct item *item = &items[rand() % NODES];
        if (item->node.linked)
            erase(&tree, item);
        else
            insert(&tree, item, (uint64_t)rand() % KEYS);
        if (height(tree.root) < 0 || (step % 16 == 0 && !(same_order(&tree) && same_bounds(&tree))))
            return false;
    }
    while (count > 0)
        erase(&tree, sorted[(unsigned)rand() % count]);
    return tree.root == NULL;
}

/* The height that is reached on the way, if the keys come like that. */
static int height_of(uint64_t (*key)(uint64_t))
{
    struct tree tree = {0};
    int most = 0;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < NODES; i++)
            insert(&tree, &items[i], key(i));
        int now = height(tree.root);
        most = now > most ? now : most;
        while (count > 0)
            erase(&tree, sorted[0]);
    }
    return most;
}

static uint64_t rising(uint64_t i)
{
    return i;
}

static uint64_t falling(uint64_t i)
{
    return NODES - i;
}

static uint64_t from_both_ends(uint64_t i)
{
    return i % 2 ? i : 2 * NODES - i;
}

static uint64_t equal(uint64_t i)
{
    return i == 0;
}

int main(void)
{
    struct tree tree = {0};
    TEST(tree_first(&tree) == NULL && tree_floor(&tree, 5) == NULL &&
             tree_ceiling(&tree, 5) == NULL,
         "an empty tree has nothing");
    tree_remove(&tree, &items[0].node);
    TEST(tree.root == NULL, "removing what is not linked does nothing");
    for (unsigned seed = 1; seed <= 8; seed++)
        TEST(random_round(seed), "4000 random steps agree with a sorted array, seed %u", seed);
    static uint64_t (*const orders[])(uint64_t) = {rising, falling, from_both_ends, equal};
    for (unsigned i = 0; i < 4; i++) {
        int high = height_of(orders[i]);
        TEST(high > 8 && high < 32, "400 keys in an order that asks for it: %d high", high);
    }
    return tap_done();
}
