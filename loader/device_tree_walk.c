/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading one node: see device_tree_walk.h. */
#include "loader/device_tree_walk.h"

#include <libfdt.h>
#include <string.h>

#define ADDRESS_END (1ul << 56) /* physical addresses have 56 bits */

static const char *const property_names[PROPERTY_COUNT] = {
    [PROPERTY_ADDRESS_CELLS] = "#address-cells",
    [PROPERTY_SIZE_CELLS] = "#size-cells",
    [PROPERTY_BOOTARGS] = "bootargs",
    [PROPERTY_COMPATIBLE] = "compatible",
    [PROPERTY_DEVICE_TYPE] = "device_type",
    [PROPERTY_INTERRUPT_CONTROLLER] = "interrupt-controller",
    [PROPERTY_INTERRUPTS_EXTENDED] = "interrupts-extended",
    [PROPERTY_INITRD_END] = "linux,initrd-end",
    [PROPERTY_INITRD_START] = "linux,initrd-start",
    [PROPERTY_MMU_TYPE] = "mmu-type",
    [PROPERTY_PHANDLE] = "phandle",
    [PROPERTY_REG] = "reg",
    [PROPERTY_ISA] = "riscv,isa",
    [PROPERTY_ISA_BASE] = "riscv,isa-base",
    [PROPERTY_ISA_EXTENSIONS] = "riscv,isa-extensions",
    [PROPERTY_NDEV] = "riscv,ndev",
    [PROPERTY_STATUS] = "status",
    [PROPERTY_TIMEBASE] = "timebase-frequency",
};

enum device_tree_code walk_refuse(struct walk *walk, enum device_tree_code code,
                                  const char *property, uint64_t value)
{
    const char *node = walk->node >= 0 ? fdt_get_name(walk->tree, walk->node, NULL) : NULL;
    if (node && !*node)
        node = "/";
    *walk->error = (struct device_tree_error){code, node, property, value, NULL};
    return code;
}

/* The place of a name in property_names; PROPERTY_COUNT if nobody wants to know it. */
static size_t property_index(const char *name)
{
    size_t i = 0;
    while (i < PROPERTY_COUNT && strcmp(name, property_names[i]) != 0)
        i++;
    return i;
}

void walk_load(struct walk *walk, int node)
{
    int offset;
    walk->node = node;
    memset(walk->properties, 0, sizeof walk->properties);
    if (node < 0)
        return;
    fdt_for_each_property_offset(offset, walk->tree, node)
    {
        const char *name;
        int length;
        const void *bytes = fdt_getprop_by_offset(walk->tree, offset, &name, &length);
        size_t i = bytes ? property_index(name) : PROPERTY_COUNT;
        /* Of two properties with one name the first counts, as for fdt_getprop. */
        if (i < PROPERTY_COUNT && !walk->properties[i].bytes)
            walk->properties[i] = (struct property){bytes, (uint32_t)length};
    }
}

struct property walk_property(const struct walk *walk, enum property_name name)
{
    return walk->properties[name];
}

uint64_t cells_number(const uint8_t *bytes, uint32_t cells)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < cells * 4; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* A number of one or two cells; *found says whether the property is there. */
enum device_tree_code walk_number(struct walk *walk, enum property_name name, uint64_t *number,
                                  bool *found)
{
    struct property property = walk_property(walk, name);
    *found = property.bytes != NULL;
    if (!*found)
        return DEVICE_TREE_OK;
    if (property.length != 4 && property.length != 8)
        return walk_refuse(walk, DEVICE_TREE_LENGTH, property_names[name], property.length);
    *number = cells_number(property.bytes, property.length / 4);
    return DEVICE_TREE_OK;
}

/* Whether a property is exactly this one string. */
bool walk_property_is(const struct walk *walk, enum property_name name, const char *text)
{
    struct property property = walk_property(walk, name);
    size_t length = strlen(text) + 1;
    return property.bytes && property.length == length && !memcmp(property.bytes, text, length);
}

bool walk_property_lists(const struct walk *walk, enum property_name name, const char *text)
{
    struct property property = walk_property(walk, name);
    return property.bytes &&
           fdt_stringlist_contains((const char *)property.bytes, (int)property.length, text);
}

bool walk_node_is_enabled(const struct walk *walk)
{
    return !walk_property(walk, PROPERTY_STATUS).bytes ||
           walk_property_is(walk, PROPERTY_STATUS, "okay") ||
           walk_property_is(walk, PROPERTY_STATUS, "ok");
}

/* Reads the pair number index of "reg"; the parent's level says how long a pair is. */
enum device_tree_code walk_range(struct walk *walk, struct property reg, const struct level *parent,
                                 uint32_t index, struct boot_range *range)
{
    uint32_t address_cells = parent->address_cells, size_cells = parent->size_cells;
    const uint8_t *pair = reg.bytes + (size_t)index * (address_cells + size_cells) * 4;
    range->base = cells_number(pair, address_cells);
    range->size = cells_number(pair + (size_t)address_cells * 4, size_cells);
    if (range->base > UINT64_MAX - range->size)
        return walk_refuse(walk, DEVICE_TREE_RANGE_WRAPS, "reg", range->base);
    if (range_end(*range) > ADDRESS_END)
        return walk_refuse(walk, DEVICE_TREE_RANGE_HIGH, "reg", range->base);
    return DEVICE_TREE_OK;
}

/* How many pairs "reg" has; refuses lengths and cell counts that make no sense. */
enum device_tree_code walk_count_ranges(struct walk *walk, struct property reg,
                                        const struct level *parent, uint32_t *count)
{
    uint32_t address_cells = parent->address_cells, size_cells = parent->size_cells;
    if (address_cells < 1 || address_cells > 2)
        return walk_refuse(walk, DEVICE_TREE_CELLS, "#address-cells", address_cells);
    if (size_cells < 1 || size_cells > 2)
        return walk_refuse(walk, DEVICE_TREE_CELLS, "#size-cells", size_cells);
    uint32_t pair = (address_cells + size_cells) * 4;
    if (reg.length == 0 || reg.length % pair != 0)
        return walk_refuse(walk, DEVICE_TREE_LENGTH, "reg", reg.length);
    *count = reg.length / pair;
    return DEVICE_TREE_OK;
}
