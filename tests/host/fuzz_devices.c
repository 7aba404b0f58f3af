/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: servers/init/devices.c loader/device_tree.c loader/device_tree_hart.c */
/* sources: loader/device_tree_walk.c loader/device_tree_message.c loader/ranges.c loader/line.c */
/* libraries: -lfdt */
/*
 * Whatever tree the loader lets pass: init stays inside of it, and what it takes for a device makes
 * sense. The input changes bytes of a good tree: pairs of a place (two bytes) and a value.
 */
#include "device_tree_builder.h"
#include "loader/device_tree.h"
#include "servers/init/devices.h"

#include <stdbool.h>

#define NODES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void add(void *tree, const char *name, const char *compatible, uint32_t address,
                uint32_t irq)
{
    int node = fdt_add_subnode(tree, tree_node(tree, "/soc"), name);
    uint32_t reg[4] = {0, cpu_to_fdt32(address), 0, cpu_to_fdt32(0x1000)};
    tree_must(node);
    tree_must(fdt_setprop(tree, node, "reg", reg, sizeof(reg)));
    tree_must(fdt_setprop_u32(tree, node, "interrupts", irq));
    tree_must(fdt_setprop_string(tree, node, "status", "okay"));
    tree_must(fdt_setprop_string(tree, node, "compatible", compatible));
}

/* A copy of exactly the tree's size, so that a byte behind it is noticed. */
static uint8_t *good_tree(size_t *size)
{
    static _Alignas(8) char tree[TREE_SIZE_MAX];
    if (tree[0] == 0) {
        tree_build(tree, 1);
        add(tree, "b@10002000", "virtio,mmio", 0x10002000, 2);
        add(tree, "a@10001000", "virtio,mmio", 0x10001000, 1);
        add(tree, "uart@10000000", "ns16550a", 0x10000000, 10);
        tree_must(fdt_pack(tree));
    }
    *size = fdt_totalsize(tree);
    uint8_t *copy = aligned_alloc(8, (*size + 7) & ~7ul);
    memcpy(copy, tree, *size);
    return copy;
}

static void check_node(const struct device_node *node, const struct device_node *before)
{
    require(node->irq != 0 && *node->kind && memchr(node->kind, 0, sizeof(node->kind)));
    require(node->length > 0 && node->address + node->length > node->address);
    require(!before || before->address <= node->address);
    require(node->property_count <= DEVICE_PROPERTIES_MAX);
    for (unsigned i = 0; i < node->property_count; i++)
        require(memchr(node->properties[i], 0, DEVICE_TEXT_MAX) &&
                strchr(node->properties[i], '='));
}

static void look_at(const uint8_t *tree)
{
    struct device_node nodes[NODES], node;
    size_t count = device_scan(tree, nodes, NODES);
    for (size_t i = 0; i < count && i < NODES; i++) {
        check_node(&nodes[i], i > 0 ? &nodes[i - 1] : NULL);
        device_is(tree, &nodes[i], "virtio,mmio");
    }
    device_find(tree, "ns16550a", &node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t tree_size;
    struct bootinfo info = {.boot_hart = 0};
    struct device_tree_error error;
    uint64_t harts_left;
    uint8_t *tree = good_tree(&tree_size);
    for (size_t i = 0; i + 3 <= size; i += 3)
        tree[(data[i] | data[i + 1] << 8) % tree_size] = data[i + 2];
    if (device_tree_read(tree, tree_size, &info, &harts_left, &error) == DEVICE_TREE_OK)
        look_at(tree);
    free(tree);
    return 0;
}
