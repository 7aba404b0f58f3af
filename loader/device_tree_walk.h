/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a walk over the device tree, and what every reader of a node needs. Internal. */
#ifndef ANSER_DEVICE_TREE_WALK_H
#define ANSER_DEVICE_TREE_WALK_H

#include "loader/device_tree.h"
#include "loader/ranges.h"

#define DEVICE_TREE_DEPTH_MAX 16

enum node_kind { NODE_OTHER, NODE_ROOT, NODE_CPUS, NODE_HART, NODE_RESERVED };

/* The properties that are read at all; the names are in device_tree_walk.c. */
enum property_name {
    PROPERTY_ADDRESS_CELLS,
    PROPERTY_SIZE_CELLS,
    PROPERTY_BOOTARGS,
    PROPERTY_COMPATIBLE,
    PROPERTY_DEVICE_TYPE,
    PROPERTY_INTERRUPT_CONTROLLER,
    PROPERTY_INTERRUPTS_EXTENDED,
    PROPERTY_INITRD_END,
    PROPERTY_INITRD_START,
    PROPERTY_MMU_TYPE,
    PROPERTY_PHANDLE,
    PROPERTY_REG,
    PROPERTY_ISA,
    PROPERTY_ISA_BASE,
    PROPERTY_ISA_EXTENSIONS,
    PROPERTY_NDEV,
    PROPERTY_STATUS,
    PROPERTY_TIMEBASE,
    PROPERTY_COUNT
};

/* A property's bytes; NULL if the node has none of that name. */
struct property {
    const uint8_t *bytes;
    uint32_t length;
};

/* What a node says about its children. */
struct level {
    enum node_kind kind;
    uint32_t address_cells;
    uint32_t size_cells;
};

struct walk {
    const void *tree;
    struct bootinfo *info;
    struct device_tree_error *error;
    struct level levels[DEVICE_TREE_DEPTH_MAX]; /* the nodes that the walk is inside, by depth */
    int node;
    int depth;
    /* Of the node. Read once: libfdt checks the whole name of the node for each property asked. */
    struct property properties[PROPERTY_COUNT];

    struct range_list memory;
    struct range_list reserved;
    uint64_t harts_left; /* usable harts that found no room */
    uint64_t harts_without_sstc;
    size_t hart_last;                        /* slot of the hart whose children come now */
    uint32_t controller[BOOTINFO_HARTS_MAX]; /* phandle of each hart's own controller */
    int plic;                                /* node, or -1 */
    struct level plic_parent;
};

/* Fills the walk's error for the current node; returns code. */
enum device_tree_code walk_refuse(struct walk *walk, enum device_tree_code code,
                                  const char *property, uint64_t value);

/* Moves to a node and reads its properties; a negative node is none. */
void walk_load(struct walk *walk, int node);

struct property walk_property(const struct walk *walk, enum property_name name);

/* Whether a property is exactly this one string, or has it in its list of strings. */
bool walk_property_is(const struct walk *walk, enum property_name name, const char *text);
bool walk_property_lists(const struct walk *walk, enum property_name name, const char *text);

/* Whether "status" lets the node be used. */
bool walk_node_is_enabled(const struct walk *walk);

/* The big-endian number in so many cells of 4 bytes; what is beyond 64 bits is lost. */
uint64_t cells_number(const uint8_t *bytes, uint32_t cells);

/* A number of one or two cells; *found says whether the property is there. */
enum device_tree_code walk_number(struct walk *walk, enum property_name name, uint64_t *number,
                                  bool *found);

/* How many pairs "reg" has; refuses lengths and cell counts that make no sense. */
enum device_tree_code walk_count_ranges(struct walk *walk, struct property reg,
                                        const struct level *parent, uint32_t *count);

/* Reads the pair number index of "reg", after walk_count_ranges. It never wraps. */
enum device_tree_code walk_range(struct walk *walk, struct property reg, const struct level *parent,
                                 uint32_t index, struct boot_range *range);

/* A node of a hart; a child of the hart that was read last; the interrupt controller, at the end.
 */
enum device_tree_code walk_read_hart(struct walk *walk);
void walk_read_hart_child(struct walk *walk);
enum device_tree_code walk_read_plic(struct walk *walk);

#endif
