/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the flattened device tree, with libfdt, into the plain numbers of struct bootinfo.
 * Nothing in the tree is trusted. Pure: no hardware, tested and fuzzed on the host.
 *
 * Specification: Devicetree Specification 0.4; bindings of riscv cpus, sifive,plic-1.0.0 and
 * sifive,test0.
 */
#ifndef ANSER_DEVICE_TREE_H
#define ANSER_DEVICE_TREE_H

#include <anser/bootinfo.h>
#include <stddef.h>

/* Larger trees are refused: firmware hands over a few KiB. */
#define DEVICE_TREE_SIZE_MAX (1u << 20)

enum device_tree_code {
    DEVICE_TREE_OK,
    DEVICE_TREE_POINTER,
    DEVICE_TREE_HEADER,
    DEVICE_TREE_SIZE,
    DEVICE_TREE_STRUCTURE,
    DEVICE_TREE_DEPTH,
    DEVICE_TREE_CELLS,
    DEVICE_TREE_LENGTH,
    DEVICE_TREE_STRING,
    DEVICE_TREE_RANGE_WRAPS,
    DEVICE_TREE_RANGE_HIGH,
    DEVICE_TREE_MEMORY_NONE,
    DEVICE_TREE_MEMORY_OVERLAP,
    DEVICE_TREE_MEMORY_MANY,
    DEVICE_TREE_RESERVED_MANY,
    DEVICE_TREE_HART_DUPLICATE,
    DEVICE_TREE_BOOT_HART,
    DEVICE_TREE_TIMEBASE_NONE,
    DEVICE_TREE_TIMEBASE_ZERO,
    DEVICE_TREE_PLIC_TWICE,
    DEVICE_TREE_PLIC_CONTEXT_NONE,
    DEVICE_TREE_PLIC_SMALL,
    DEVICE_TREE_PLIC_SOURCES,
    DEVICE_TREE_INITRD_HALF,
    DEVICE_TREE_INITRD_ORDER,
    DEVICE_TREE_CODE_COUNT
};

/* Why a tree was refused. The names point into the tree, or are constants; they may be NULL. */
struct device_tree_error {
    enum device_tree_code code;
    const char *node;
    const char *property;
    uint64_t value;
    const char *detail; /* libfdt's own words */
};

/*
 * Fills the machine's part of *info (harts, memory, reservations, timebase, extensions, interrupt
 * controller, finisher, initrd, command line) from the tree at tree, which must be 8-aligned and
 * readable for size_max bytes or its own total size, whichever is less. info->boot_hart must be set
 * and is what decides which harts are taken if there are more than fit; *harts_left counts the
 * usable ones that were not. info->device_tree.size gets the tree's size. An initrd of size 0 means
 * that there is none. Returns DEVICE_TREE_OK or why not; *info is then meaningless except for a
 * finisher that is not 0.
 */
enum device_tree_code device_tree_read(const void *tree, size_t size_max, struct bootinfo *info,
                                       uint64_t *harts_left, struct device_tree_error *error);

/* One line for an error, as elf_describe makes them. Returns its length. */
size_t device_tree_describe(const struct device_tree_error *error, char *line, size_t size);

#endif
