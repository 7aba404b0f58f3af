/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One walk over the tree, which remembers for each level how its children count their cells and
 * what kind of node it is. The interrupt controller is read last: it names harts by phandle, and
 * nothing says that harts come first.
 */
#include "loader/device_tree_walk.h"

#include <libfdt.h>
#include <string.h>

#define VERSION_LEAST         16 /* Devicetree Specification 0.4, 5.2 */
#define ADDRESS_CELLS_DEFAULT 2
#define SIZE_CELLS_DEFAULT    1

/* RAM that is listed twice is a mistake; reservations may well overlap. */
static enum device_tree_code add_range(struct walk *walk, struct range_list list,
                                       struct boot_range range)
{
    bool is_memory = list.ranges == walk->info->memory;
    if (is_memory && range_list_overlap(list, range))
        return walk_refuse(walk, DEVICE_TREE_MEMORY_OVERLAP, "reg", range.base);
    if (!range_list_add(list, range))
        return walk_refuse(walk, is_memory ? DEVICE_TREE_MEMORY_MANY : DEVICE_TREE_RESERVED_MANY,
                           "reg", list.max);
    return DEVICE_TREE_OK;
}

static enum device_tree_code read_ranges(struct walk *walk, struct range_list list)
{
    const struct level *parent = &walk->levels[walk->depth - 1];
    struct property reg = walk_property(walk, PROPERTY_REG);
    uint32_t count = 0;
    /* A reservation without "reg" asks for memory that nobody has given it yet. */
    if (!reg.bytes)
        return DEVICE_TREE_OK;
    enum device_tree_code code = walk_count_ranges(walk, reg, parent, &count);
    for (uint32_t i = 0; i < count && code == DEVICE_TREE_OK; i++) {
        struct boot_range range;
        code = walk_range(walk, reg, parent, i, &range);
        if (code == DEVICE_TREE_OK)
            code = add_range(walk, list, range);
    }
    return code;
}

static enum device_tree_code read_timebase(struct walk *walk)
{
    bool found;
    enum device_tree_code code =
        walk_number(walk, PROPERTY_TIMEBASE, &walk->info->timebase_hz, &found);
    if (code == DEVICE_TREE_OK && found && walk->info->timebase_hz == 0)
        return walk_refuse(walk, DEVICE_TREE_TIMEBASE_ZERO, "timebase-frequency", 0);
    return code;
}

static enum device_tree_code read_command_line(struct walk *walk)
{
    struct property text = walk_property(walk, PROPERTY_BOOTARGS);
    if (!text.bytes)
        return DEVICE_TREE_OK;
    if (text.length > BOOTINFO_CMDLINE_MAX)
        return walk_refuse(walk, DEVICE_TREE_LENGTH, "bootargs", text.length);
    if (text.length == 0 || memchr(text.bytes, 0, text.length) != text.bytes + text.length - 1)
        return walk_refuse(walk, DEVICE_TREE_STRING, "bootargs", text.length);
    memcpy(walk->info->cmdline, text.bytes, text.length);
    return DEVICE_TREE_OK;
}

static enum device_tree_code read_chosen(struct walk *walk)
{
    uint64_t start = 0, end = 0;
    bool has_start, has_end;
    enum device_tree_code code = read_command_line(walk);
    if (code == DEVICE_TREE_OK)
        code = walk_number(walk, PROPERTY_INITRD_START, &start, &has_start);
    if (code == DEVICE_TREE_OK)
        code = walk_number(walk, PROPERTY_INITRD_END, &end, &has_end);
    if (code != DEVICE_TREE_OK)
        return code;
    if (has_start != has_end)
        return walk_refuse(walk, DEVICE_TREE_INITRD_HALF,
                           has_start ? "linux,initrd-start" : "linux,initrd-end", start | end);
    if (end < start)
        return walk_refuse(walk, DEVICE_TREE_INITRD_ORDER, "linux,initrd-end", end);
    walk->info->initrd = (struct boot_range){start, end - start};
    return DEVICE_TREE_OK;
}

static enum device_tree_code read_finisher(struct walk *walk, const struct level *parent)
{
    struct property reg = walk_property(walk, PROPERTY_REG);
    struct boot_range range;
    uint32_t count;
    enum device_tree_code code = walk_count_ranges(walk, reg, parent, &count);
    if (code == DEVICE_TREE_OK)
        code = walk_range(walk, reg, parent, 0, &range);
    if (code == DEVICE_TREE_OK)
        walk->info->finisher = range.base;
    return code;
}

static enum device_tree_code read_device(struct walk *walk)
{
    if (walk_property_lists(walk, PROPERTY_COMPATIBLE, "sifive,test0") ||
        walk_property_lists(walk, PROPERTY_COMPATIBLE, "sifive,test1"))
        return read_finisher(walk, &walk->levels[walk->depth - 1]);
    if (!walk_property_lists(walk, PROPERTY_COMPATIBLE, "sifive,plic-1.0.0") &&
        !walk_property_lists(walk, PROPERTY_COMPATIBLE, "riscv,plic0"))
        return DEVICE_TREE_OK;
    if (walk->plic >= 0)
        return walk_refuse(walk, DEVICE_TREE_PLIC_TWICE, "compatible", 0);
    walk->plic = walk->node;
    walk->plic_parent = walk->levels[walk->depth - 1];
    return DEVICE_TREE_OK;
}

/* What a node says about its children, as far as it is well-formed; read_range checks its use. */
static enum device_tree_code enter_level(struct walk *walk, enum node_kind kind)
{
    struct level *level = &walk->levels[walk->depth];
    uint64_t cells;
    bool found;
    *level = (struct level){kind, ADDRESS_CELLS_DEFAULT, SIZE_CELLS_DEFAULT};
    enum device_tree_code code = walk_number(walk, PROPERTY_ADDRESS_CELLS, &cells, &found);
    if (code == DEVICE_TREE_OK && found)
        level->address_cells = cells > UINT32_MAX ? UINT32_MAX : (uint32_t)cells;
    if (code == DEVICE_TREE_OK)
        code = walk_number(walk, PROPERTY_SIZE_CELLS, &cells, &found);
    if (code == DEVICE_TREE_OK && found)
        level->size_cells = cells > UINT32_MAX ? UINT32_MAX : (uint32_t)cells;
    return code;
}

static enum node_kind node_kind(const struct walk *walk)
{
    const char *name = fdt_get_name(walk->tree, walk->node, NULL);
    if (walk->depth == 0)
        return NODE_ROOT;
    enum node_kind parent = walk->levels[walk->depth - 1].kind;
    if (parent == NODE_CPUS && walk_property_is(walk, PROPERTY_DEVICE_TYPE, "cpu"))
        return NODE_HART;
    if (parent != NODE_ROOT)
        return NODE_OTHER;
    if (!strcmp(name, "cpus"))
        return NODE_CPUS;
    return strcmp(name, "reserved-memory") ? NODE_OTHER : NODE_RESERVED;
}

/* Takes what this project needs from the node at walk->node. */
static enum device_tree_code read_node(struct walk *walk, enum node_kind kind)
{
    if (walk->depth == 0)
        return DEVICE_TREE_OK;
    enum node_kind parent = walk->levels[walk->depth - 1].kind;
    if (kind == NODE_CPUS)
        return read_timebase(walk);
    if (kind == NODE_HART)
        return walk_read_hart(walk);
    if (parent == NODE_HART)
        walk_read_hart_child(walk);
    if (!walk_node_is_enabled(walk))
        return DEVICE_TREE_OK;
    if (parent == NODE_RESERVED)
        return read_ranges(walk, walk->reserved);
    if (parent == NODE_ROOT && walk_property_is(walk, PROPERTY_DEVICE_TYPE, "memory"))
        return read_ranges(walk, walk->memory);
    if (parent == NODE_ROOT && !strcmp(fdt_get_name(walk->tree, walk->node, NULL), "chosen"))
        return read_chosen(walk);
    return read_device(walk);
}

static enum device_tree_code walk_nodes(struct walk *walk)
{
    int node = 0;
    for (walk->depth = 0; node >= 0 && walk->depth >= 0;
         node = fdt_next_node(walk->tree, node, &walk->depth)) {
        walk_load(walk, node);
        if (walk->depth >= DEVICE_TREE_DEPTH_MAX)
            return walk_refuse(walk, DEVICE_TREE_DEPTH, NULL, (uint64_t)walk->depth);
        enum node_kind kind = node_kind(walk);
        enum device_tree_code code = enter_level(walk, kind);
        if (code == DEVICE_TREE_OK)
            code = read_node(walk, kind);
        if (code != DEVICE_TREE_OK)
            return code;
    }
    walk_load(walk, -1);
    return DEVICE_TREE_OK;
}

/* The older way to reserve memory: pairs in a block of their own, before the tree. */
static enum device_tree_code read_reserve_map(struct walk *walk)
{
    int count = fdt_num_mem_rsv(walk->tree);
    for (int i = 0; i < count; i++) {
        struct boot_range range;
        if (fdt_get_mem_rsv(walk->tree, i, &range.base, &range.size) != 0)
            return walk_refuse(walk, DEVICE_TREE_STRUCTURE, "memory reservation block",
                               (uint64_t)i);
        if (range.base > UINT64_MAX - range.size)
            return walk_refuse(walk, DEVICE_TREE_RANGE_WRAPS, "memory reservation block",
                               range.base);
        enum device_tree_code code = add_range(walk, walk->reserved, range);
        if (code != DEVICE_TREE_OK)
            return code;
    }
    return DEVICE_TREE_OK;
}

/* What must be there when everything has been read. */
static enum device_tree_code check_complete(struct walk *walk)
{
    struct bootinfo *info = walk->info;
    walk_load(walk, -1);
    if (info->memory_count == 0)
        return walk_refuse(walk, DEVICE_TREE_MEMORY_NONE, "device_type", 0);
    if (info->timebase_hz == 0)
        return walk_refuse(walk, DEVICE_TREE_TIMEBASE_NONE, "timebase-frequency", 0);
    for (uint64_t i = 0; i < info->hart_count; i++) {
        if (info->harts[i].id == info->boot_hart) {
            info->extensions = walk->harts_without_sstc ? 0 : BOOTINFO_EXT_SSTC;
            return DEVICE_TREE_OK;
        }
    }
    return walk_refuse(walk, DEVICE_TREE_BOOT_HART, "reg", info->boot_hart);
}

/*
 * A tree that is refused may still tell how to end with a failure. The walk may have stopped before
 * it got there, so libfdt looks for it once more; the reason of the refusal stays.
 */
static void find_finisher(struct walk *walk)
{
    struct device_tree_error reason = *walk->error;
    int node = fdt_node_offset_by_compatible(walk->tree, -1, "sifive,test0");
    int parent = node >= 0 ? fdt_parent_offset(walk->tree, node) : -1;
    if (parent >= 0) {
        struct level level = {NODE_OTHER, (uint32_t)fdt_address_cells(walk->tree, parent),
                              (uint32_t)fdt_size_cells(walk->tree, parent)};
        walk_load(walk, node);
        read_finisher(walk, &level);
    }
    *walk->error = reason;
}

/* Lets libfdt check every offset, string and tag of the tree, so that the walk can trust them. */
static enum device_tree_code check_structure(struct walk *walk, size_t size_max)
{
    uint64_t pointer = (uintptr_t)walk->tree;
    if (pointer == 0 || pointer % 8 != 0)
        return walk_refuse(walk, DEVICE_TREE_POINTER, NULL, pointer);
    int problem = fdt_check_header(walk->tree);
    /* In older ones names are paths, and fdt_check_full follows one that is none through NULL. */
    if (problem == 0 && fdt_version(walk->tree) < VERSION_LEAST)
        problem = -FDT_ERR_BADVERSION;
    if (problem != 0) {
        walk_refuse(walk, DEVICE_TREE_HEADER, NULL, fdt_magic(walk->tree));
        walk->error->detail = fdt_strerror(problem);
        return DEVICE_TREE_HEADER;
    }
    uint32_t size = fdt_totalsize(walk->tree);
    if (size > size_max || size > DEVICE_TREE_SIZE_MAX)
        return walk_refuse(walk, DEVICE_TREE_SIZE, "totalsize", size);
    walk->info->device_tree = (struct boot_range){pointer, size};
    problem = fdt_check_full(walk->tree, size);
    if (problem != 0) {
        walk_refuse(walk, DEVICE_TREE_STRUCTURE, NULL, size);
        walk->error->detail = fdt_strerror(problem);
        return DEVICE_TREE_STRUCTURE;
    }
    return DEVICE_TREE_OK;
}

enum device_tree_code device_tree_read(const void *tree, size_t size_max, struct bootinfo *info,
                                       uint64_t *harts_left, struct device_tree_error *error)
{
    *harts_left = 0;
    struct walk walk = {
        .tree = tree,
        .info = info,
        .error = error,
        .node = -1,
        .memory = {info->memory, &info->memory_count, BOOTINFO_MEMORY_MAX},
        .reserved = {info->reserved, &info->reserved_count, BOOTINFO_RESERVED_MAX},
        .hart_last = BOOTINFO_HARTS_MAX,
        .plic = -1,
    };
    enum device_tree_code code = check_structure(&walk, size_max);
    if (code != DEVICE_TREE_OK)
        return code;
    code = read_reserve_map(&walk);
    if (code == DEVICE_TREE_OK)
        code = walk_nodes(&walk);
    if (code == DEVICE_TREE_OK)
        code = check_complete(&walk);
    if (code == DEVICE_TREE_OK)
        code = walk_read_plic(&walk);
    if (code != DEVICE_TREE_OK && info->finisher == 0)
        find_finisher(&walk);
    /* A finisher in RAM is none: writing there would destroy something. */
    if (range_list_overlap(walk.memory, (struct boot_range){info->finisher, sizeof(uint32_t)}))
        info->finisher = 0;
    *harts_left = walk.harts_left;
    return code;
}
