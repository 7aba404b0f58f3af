/* SPDX-License-Identifier: BSD-2-Clause */
/* A device tree like that of QEMU's virt machine, for tests to change. Needs the host's libfdt. */
#ifndef ANSER_TESTS_DEVICE_TREE_BUILDER_H
#define ANSER_TESTS_DEVICE_TREE_BUILDER_H

#include <libfdt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TREE_SIZE_MAX 0x8000

/* Tests cannot go on if they cannot build their tree. */
static inline void tree_must(int result)
{
    if (result < 0) {
        printf("Bail out! libfdt: %s\n", fdt_strerror(result));
        exit(1);
    }
}

static inline void tree_cells(void *tree, const char *name, unsigned count, const uint32_t *cells)
{
    uint32_t swapped[32];
    for (unsigned i = 0; i < count; i++)
        swapped[i] = cpu_to_fdt32(cells[i]);
    tree_must(fdt_property(tree, name, swapped, (int)(count * 4)));
}

#define TREE_CELLS(tree, name, ...)                                                                \
    tree_cells(tree, name, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

/* Hart i has the phandle 2i+1, its interrupt controller 2i+2. */
static inline void tree_add_hart(void *tree, unsigned hart)
{
    char name[16];
    snprintf(name, sizeof name, "cpu@%x", hart);
    tree_must(fdt_begin_node(tree, name));
    tree_must(fdt_property_u32(tree, "phandle", 2 * hart + 1));
    tree_must(fdt_property_string(tree, "device_type", "cpu"));
    tree_must(fdt_property_u32(tree, "reg", hart));
    tree_must(fdt_property_string(tree, "status", "okay"));
    tree_must(fdt_property_string(tree, "riscv,isa", "rv64imafdch_zicsr_zifencei_zba_sstc"));
    tree_must(fdt_property_string(tree, "mmu-type", "riscv,sv48"));
    tree_must(fdt_begin_node(tree, "interrupt-controller"));
    tree_must(fdt_property_u32(tree, "#interrupt-cells", 1));
    tree_must(fdt_property(tree, "interrupt-controller", NULL, 0));
    tree_must(fdt_property_u32(tree, "phandle", 2 * hart + 2));
    tree_must(fdt_end_node(tree));
    tree_must(fdt_end_node(tree));
}

static inline void tree_add_cpus(void *tree, unsigned harts)
{
    tree_must(fdt_begin_node(tree, "cpus"));
    tree_must(fdt_property_u32(tree, "#address-cells", 1));
    tree_must(fdt_property_u32(tree, "#size-cells", 0));
    tree_must(fdt_property_u32(tree, "timebase-frequency", 10000000));
    for (unsigned i = 0; i < harts; i++)
        tree_add_hart(tree, i);
    tree_must(fdt_end_node(tree));
}

/* The interrupt controller stands before the harts, as nothing forbids. */
static inline void tree_add_devices(void *tree, unsigned harts)
{
    uint32_t pairs[64 * 4];
    tree_must(fdt_begin_node(tree, "soc"));
    tree_must(fdt_property_u32(tree, "#address-cells", 2));
    tree_must(fdt_property_u32(tree, "#size-cells", 2));
    tree_must(fdt_property_string(tree, "compatible", "simple-bus"));
    tree_must(fdt_property(tree, "ranges", NULL, 0));
    tree_must(fdt_begin_node(tree, "test@100000"));
    TREE_CELLS(tree, "reg", 0, 0x100000, 0, 0x1000);
    tree_must(fdt_property(tree, "compatible", "sifive,test1\0sifive,test0\0syscon", 32));
    tree_must(fdt_end_node(tree));
    tree_must(fdt_begin_node(tree, "plic@c000000"));
    TREE_CELLS(tree, "reg", 0, 0xc000000, 0, 0x600000);
    tree_must(fdt_property(tree, "compatible", "sifive,plic-1.0.0\0riscv,plic0", 30));
    tree_must(fdt_property_u32(tree, "riscv,ndev", 0x60));
    for (unsigned i = 0; i < harts; i++) {
        pairs[4 * i] = pairs[4 * i + 2] = cpu_to_fdt32(2 * i + 2);
        pairs[4 * i + 1] = cpu_to_fdt32(11);
        pairs[4 * i + 3] = cpu_to_fdt32(9);
    }
    tree_must(fdt_property(tree, "interrupts-extended", pairs, (int)(harts * 16)));
    tree_must(fdt_end_node(tree));
    tree_must(fdt_end_node(tree));
}

/* Writes a tree into buffer (TREE_SIZE_MAX bytes, 8-aligned), with room to be changed. */
static inline void tree_build(void *buffer, unsigned harts)
{
    tree_must(fdt_create(buffer, TREE_SIZE_MAX));
    tree_must(fdt_add_reservemap_entry(buffer, 0x80300000, 0x1000));
    tree_must(fdt_finish_reservemap(buffer));
    tree_must(fdt_begin_node(buffer, ""));
    tree_must(fdt_property_u32(buffer, "#address-cells", 2));
    tree_must(fdt_property_u32(buffer, "#size-cells", 2));
    tree_must(fdt_begin_node(buffer, "reserved-memory"));
    tree_must(fdt_property_u32(buffer, "#address-cells", 2));
    tree_must(fdt_property_u32(buffer, "#size-cells", 2));
    tree_must(fdt_property(buffer, "ranges", NULL, 0));
    tree_must(fdt_begin_node(buffer, "mmode_resv0@80000000"));
    TREE_CELLS(buffer, "reg", 0, 0x80000000, 0, 0x80000);
    tree_must(fdt_property(buffer, "no-map", NULL, 0));
    tree_must(fdt_end_node(buffer));
    tree_must(fdt_end_node(buffer));
    tree_must(fdt_begin_node(buffer, "chosen"));
    tree_must(fdt_property_u32(buffer, "linux,initrd-start", 0x85000000));
    tree_must(fdt_property_u32(buffer, "linux,initrd-end", 0x85012345));
    tree_must(fdt_property_string(buffer, "bootargs", "harts=2 panic=exit"));
    tree_must(fdt_end_node(buffer));
    tree_add_devices(buffer, harts);
    tree_must(fdt_begin_node(buffer, "memory@80000000"));
    tree_must(fdt_property_string(buffer, "device_type", "memory"));
    TREE_CELLS(buffer, "reg", 0, 0x80000000, 0, 0x8000000);
    tree_must(fdt_end_node(buffer));
    tree_add_cpus(buffer, harts);
    tree_must(fdt_end_node(buffer));
    tree_must(fdt_finish(buffer));
    tree_must(fdt_open_into(buffer, buffer, TREE_SIZE_MAX));
}

static inline int tree_node(const void *tree, const char *path)
{
    int node = fdt_path_offset(tree, path);
    tree_must(node);
    return node;
}

static inline void tree_set_cells(void *tree, const char *path, const char *name, unsigned count,
                                  const uint32_t *cells)
{
    uint32_t swapped[80];
    for (unsigned i = 0; i < count; i++)
        swapped[i] = cpu_to_fdt32(cells[i]);
    tree_must(fdt_setprop(tree, tree_node(tree, path), name, swapped, (int)(count * 4)));
}

#define TREE_SET(tree, path, name, ...)                                                            \
    tree_set_cells(tree, path, name, sizeof((uint32_t[]){__VA_ARGS__}) / 4,                        \
                   (uint32_t[]){__VA_ARGS__})

static inline void tree_set_string(void *tree, const char *path, const char *name, const char *text)
{
    tree_must(fdt_setprop_string(tree, tree_node(tree, path), name, text));
}

static inline void tree_remove(void *tree, const char *path, const char *name)
{
    tree_must(fdt_delprop(tree, tree_node(tree, path), name));
}

#endif
