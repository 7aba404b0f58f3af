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
        if (!value || length != 4 || device->property_count == DEVICE_PROPERTIES_MAX)
            continue;
        if (strcmp(name, "interrupts") == 0)
            device->irq = fdt32_to_cpu(*value);
        snprintf(device->properties[device->property_count++], DEVICE_TEXT_MAX, "%.40s=%u", name,
                 (unsigned)fdt32_to_cpu(*value));
    }
}

const char *device_find(const void *tree, const char *compatible, struct device_node *node)
{
    memset(node, 0, sizeof(*node));
    if (!tree || fdt_check_header(tree) != 0)
        return "there is no device tree that can be read";
    int offset = find_node(tree, compatible);
    if (offset < 0)
        return "the machine has none";
    read_properties(tree, offset, node);
    return read_window(tree, offset, node);
}
