/* SPDX-License-Identifier: BSD-2-Clause */
/* Device-tree look-ups, with libfdt. Specification: devicetree.org, release 0.4. */
#include <stdio.h>
#include <string.h>
#include <libfdt.h>
#include "devices.h"

/* Section 2.3.4: a node without status is enabled. */
static bool is_enabled(const void *tree, int node)
{
    const char *status = fdt_getprop(tree, node, "status", NULL);
    return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

static int find_node(const void *tree, const char *compatible)
{
    int node = fdt_node_offset_by_compatible(tree, -1, compatible);
    while (node >= 0 && !is_enabled(tree, node))
        node = fdt_node_offset_by_compatible(tree, node, compatible);
    return node;
}

static uint64_t read_cells(const fdt32_t *cells, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 32 | fdt32_to_cpu(cells[i]);
    return value;
}

/* Section 2.3.6: reg is (address, size) pairs, cells counted by the parent. */
static const char *read_window(const void *tree, int node, struct device_node *device)
{
    int length, ranges_length;
    int parent = fdt_parent_offset(tree, node);
    int address_cells = fdt_address_cells(tree, parent);
    int size_cells = fdt_size_cells(tree, parent);
    const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);
    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
        return "its bus has odd cell counts";
    if (!reg || length < (address_cells + size_cells) * 4)
        return "it has no reg";
    const void *ranges = fdt_getprop(tree, parent, "ranges", &ranges_length);
    if (ranges && ranges_length > 0)
        return "its bus translates addresses, which is not supported";
    device->address = read_cells(reg, address_cells);
    device->length = read_cells(reg + address_cells, size_cells);
    if (device->length == 0 || device->address + device->length < device->address)
        return "its reg is no range";
    return NULL;
}

/* Properties of four bytes are numbers; drivers know which of them they want. */
static void read_properties(const void *tree, int node, struct device_node *device)
{
    int property;
    fdt_for_each_property_offset(property, tree, node)
    {
        const char *name;
        int length;
        const fdt32_t *value = fdt_getprop_by_offset(tree, property, &name, &length);
        if (!value || length != 4)
            continue;
        if (strcmp(name, "interrupts") == 0)
            device->irq = fdt32_to_cpu(*value);
        if (device->property_count == DEVICE_PROPERTIES_MAX)
            continue;
        snprintf(device->properties[device->property_count++], DEVICE_TEXT_MAX, "%.40s=%u", name,
                 (unsigned)fdt32_to_cpu(*value));
    }
}

/* The tree comes from outside: what is shown of it must be text. */
static void read_kind(const void *tree, int node, struct device_node *device)
{
    int length = 0;
    const char *kind = fdt_getprop(tree, node, "compatible", &length);
    for (int i = 0; kind && i < length && kind[i] && i < DEVICE_KIND_MAX - 1; i++)
        device->kind[i] = kind[i];
    for (char *at = device->kind; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

/* Returns NULL, or what is wrong with the node. */
static const char *read_node(const void *tree, int offset, struct device_node *node)
{
    memset(node, 0, sizeof(*node));
    node->offset = offset;
    read_kind(tree, offset, node);
    read_properties(tree, offset, node);
    return read_window(tree, offset, node);
}

static bool tree_is_readable(const void *tree)
{
    return tree && fdt_check_header(tree) == 0;
}

const char *device_find(const void *tree, const char *compatible, struct device_node *node)
{
    if (!tree_is_readable(tree))
        return "there is no device tree that can be read";
    int offset = find_node(tree, compatible);
    return offset < 0 ? "the machine has none" : read_node(tree, offset, node);
}

bool device_is(const void *tree, const struct device_node *node, const char *compatible)
{
    return fdt_node_check_compatible(tree, node->offset, compatible) == 0;
}

/* Keeps *nodes in order of address; the one that has no room any more is the last. */
static void insert(struct device_node *nodes, size_t count, size_t max,
                   const struct device_node *node)
{
    size_t at = count < max ? count : max;
    while (at > 0 && nodes[at - 1].address > node->address) {
        if (at < max)
            nodes[at] = nodes[at - 1];
        at--;
    }
    if (at < max)
        nodes[at] = *node;
}

size_t device_scan(const void *tree, struct device_node *nodes, size_t max)
{
    size_t count = 0;
    struct device_node node;
    if (!tree_is_readable(tree))
        return 0;
    for (int offset = fdt_next_node(tree, -1, NULL); offset >= 0;
         offset = fdt_next_node(tree, offset, NULL)) {
        if (is_enabled(tree, offset) && !read_node(tree, offset, &node) && node.irq && *node.kind)
            insert(nodes, count++, max, &node);
    }
    return count;
}
