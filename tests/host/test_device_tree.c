/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: loader/device_tree.c loader/device_tree_hart.c loader/device_tree_walk.c */
/* sources: loader/device_tree_message.c loader/ranges.c loader/line.c */
/* libraries: -lfdt */
/*
 * Good, odd and malformed device trees: what the loader learns from each, and the one line that a
 * bad one is refused with.
 */
#include "device_tree_builder.h"
#include "loader/device_tree.h"
#include "tap.h"

static _Alignas(8) char tree[TREE_SIZE_MAX];
static struct bootinfo info;
static struct device_tree_error error;
static uint64_t harts_left;
static char line[256];

#define PLIC "/soc/plic@c000000"
#define RAM  "/memory@80000000"

static enum device_tree_code read_tree(uint64_t boot_hart)
{
    memset(&info, 0, sizeof info);
    info.boot_hart = boot_hart;
    enum device_tree_code code = device_tree_read(tree, sizeof tree, &info, &harts_left, &error);
    line[0] = 0;
    if (code != DEVICE_TREE_OK)
        device_tree_describe(&error, line, sizeof line);
    return code;
}

/* GOOD and BAD: a fresh tree of two harts, one change, and what the reader must make of it. */
#define GOOD(change, condition)                                                                    \
    tree_build(tree, 2);                                                                           \
    change;                                                                                        \
    TEST(read_tree(0) == DEVICE_TREE_OK && (condition), #change " -> " #condition " %s", line)

#define BAD(change, expected, text)                                                                \
    tree_build(tree, 2);                                                                           \
    change;                                                                                        \
    TEST(read_tree(0) == expected && error.code == expected && strstr(line, text),                 \
         #change " is refused: %s", line)

static void test_good(void)
{
    tree_build(tree, 2);
    TEST(read_tree(1) == DEVICE_TREE_OK, "the usual tree %s", line);
    TEST(info.hart_count == 2 && info.harts[1].id == 1 && info.timebase_hz == 10000000, "harts");
    TEST(info.harts[0].plic_context == 1 && info.harts[1].plic_context == 3, "contexts");
    TEST(info.memory_count == 1 && info.memory[0].base == 0x80000000 &&
             info.memory[0].size == 0x8000000,
         "memory");
    TEST(info.reserved_count == 2 && info.reserved[0].size == 0x80000 &&
             info.reserved[1].base == 0x80300000,
         "both kinds of reservation");
    TEST(info.initrd.base == 0x85000000 && info.initrd.size == 0x12345, "initrd");
    TEST(info.plic.base == 0xc000000 && info.plic.size == 0x600000 && info.plic_sources == 0x60 &&
             info.finisher == 0x100000,
         "devices");
    TEST(!strcmp(info.cmdline, "harts=2 panic=exit"), "command line");
    TEST(info.extensions == BOOTINFO_EXT_SSTC && harts_left == 0, "extensions");
    for (unsigned harts = 1; harts <= 8; harts++) {
        tree_build(tree, harts);
        TEST(read_tree(harts - 1) == DEVICE_TREE_OK && info.hart_count == harts &&
                 info.harts[harts - 1].plic_context == 2 * harts - 1,
             "%u harts", harts);
    }
}

static void test_odd(void)
{
    tree_build(tree, 12);
    TEST(read_tree(11) == DEVICE_TREE_OK && info.hart_count == 8 && info.harts[7].id == 11 &&
             info.harts[7].plic_context == 23 && info.harts[6].id == 6 && harts_left == 4,
         "of twelve harts eight are taken, the boot hart among them %s", line);
    GOOD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 1, 0), info.memory[0].size == 1ul << 32);
    GOOD(TREE_SET(tree, RAM, "reg", 1, 0, 0, 0x1000, 0, 0x80000000, 0, 0x1000),
         info.memory_count == 2 && info.memory[0].base == 0x80000000);
    GOOD(TREE_SET(tree, RAM, "reg", 0, 0x80001000, 0, 0x1000, 0, 0x80000000, 0, 0x1000),
         info.memory_count == 1 && info.memory[0].size == 0x2000);
    GOOD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 0, 0x1000, 0, 0x90000000, 0, 0),
         info.memory_count == 1);
    GOOD(tree_set_string(tree, "/cpus/cpu@1", "status", "disabled"), info.hart_count == 1);
    GOOD(tree_set_string(tree, "/cpus/cpu@1", "mmu-type", "riscv,none"), info.hart_count == 1);
    GOOD(tree_set_string(tree, "/cpus/cpu@1", "riscv,isa", "rv32imac"), info.hart_count == 1);
    GOOD(tree_remove(tree, "/cpus/cpu@1", "status"), info.hart_count == 2);
    GOOD(tree_set_string(tree, "/cpus/cpu@1", "riscv,isa", "rv64imac_sstcx"), !info.extensions);
    GOOD(tree_set_string(tree, "/cpus/cpu@1", "riscv,isa", "rv64i_sstc_b"), info.extensions);
    GOOD((tree_remove(tree, "/cpus/cpu@1", "riscv,isa"),
          tree_set_string(tree, "/cpus/cpu@1", "riscv,isa-base", "rv64i"),
          tree_must(fdt_setprop(tree, tree_node(tree, "/cpus/cpu@1"), "riscv,isa-extensions",
                                "i\0m\0sstc", 9))),
         info.hart_count == 2 && info.extensions);
    GOOD(TREE_SET(tree, "/cpus", "timebase-frequency", 0, 1000), info.timebase_hz == 1000);
    GOOD(TREE_SET(tree, "/chosen", "linux,initrd-end", 0, 0x85000010), info.initrd.size == 16);
    GOOD(TREE_SET(tree, "/chosen", "linux,initrd-end", 0x85000000), info.initrd.size == 0);
    GOOD((tree_remove(tree, "/chosen", "linux,initrd-end"),
          tree_remove(tree, "/chosen", "linux,initrd-start")),
         info.initrd.size == 0);
    GOOD(tree_remove(tree, "/chosen", "bootargs"), info.cmdline[0] == 0);
    GOOD(tree_must(fdt_del_node(tree, tree_node(tree, PLIC))), info.plic.size == 0);
    GOOD(tree_must(fdt_del_node(tree, tree_node(tree, "/soc/test@100000"))), info.finisher == 0);
    GOOD(tree_must(fdt_del_node(tree, tree_node(tree, "/chosen"))), info.initrd.size == 0);
    GOOD(tree_remove(tree, "/reserved-memory/mmode_resv0@80000000", "reg"),
         info.reserved_count == 1);
    GOOD(TREE_SET(tree, "/reserved-memory/mmode_resv0@80000000", "reg", 0, 0x80000000, 0, 0x1000, 0,
                  0x802ff000, 0, 0x1800),
         info.reserved_count == 2 && info.reserved[1].size == 0x2000);
}

static void break_name(void)
{
    /* The root's first property gets a name outside the strings block. */
    int offset = fdt_first_property_offset(tree, 0);
    struct fdt_property *property = (void *)(tree + fdt_off_dt_struct(tree) + offset);
    property->nameoff = cpu_to_fdt32(0x7ffffff0);
}

static void nest(unsigned levels)
{
    int node = 0;
    while (levels-- > 0) {
        node = fdt_add_subnode(tree, node, "n");
        tree_must(node);
    }
}

static void add_memory_nodes(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[32], path[40];
        snprintf(name, sizeof name, "memory@%x", 0x90000000 + i * 0x100000);
        snprintf(path, sizeof path, "/%s", name);
        tree_must(fdt_add_subnode(tree, 0, name));
        tree_set_string(tree, path, "device_type", "memory");
        TREE_SET(tree, path, "reg", 0, 0x90000000 + i * 0x100000, 0, 0x1000);
    }
}

static void add_reservations(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        tree_must(fdt_add_mem_rsv(tree, 0x86000000 + i * 0x10000, 0x1000));
}

static void set_long_command_line(void)
{
    char text[BOOTINFO_CMDLINE_MAX + 1];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    tree_set_string(tree, "/chosen", "bootargs", text);
}

/* As before version 16, when names were whole paths. */
static void make_old(void)
{
    fdt_set_version(tree, 15);
    fdt_set_last_comp_version(tree, 15);
}

static void test_broken_structure(void)
{
    BAD(fdt_set_magic(tree, 0), DEVICE_TREE_HEADER, "value = 0x0 begins no device tree");
    BAD(fdt_set_version(tree, 3), DEVICE_TREE_HEADER, "FDT_ERR_BADVERSION");
    BAD(fdt_set_last_comp_version(tree, 99), DEVICE_TREE_HEADER, "FDT_ERR_BADVERSION");
    BAD(make_old(), DEVICE_TREE_HEADER, "FDT_ERR_BADVERSION");
    BAD(fdt_set_totalsize(tree, 20), DEVICE_TREE_HEADER, "begins no device tree");
    BAD(fdt_set_totalsize(tree, 0x7fffffff), DEVICE_TREE_SIZE, "totalsize = 0x7fffffff");
    BAD(fdt_set_totalsize(tree, TREE_SIZE_MAX + 8), DEVICE_TREE_SIZE, "totalsize = 0x8008");
    BAD(fdt_set_off_dt_struct(tree, 0x10000), DEVICE_TREE_HEADER, "begins no device tree");
    BAD(fdt_set_size_dt_struct(tree, 0x10000), DEVICE_TREE_HEADER, "begins no device tree");
    BAD(fdt_set_size_dt_strings(tree, 0x7fffffff), DEVICE_TREE_HEADER, "begins no device tree");
    BAD(fdt_set_off_mem_rsvmap(tree, 4), DEVICE_TREE_HEADER, "begins no device tree");
    BAD(fdt_set_size_dt_struct(tree, fdt_size_dt_struct(tree) - 8), DEVICE_TREE_STRUCTURE,
        "something in them is broken");
    BAD(break_name(), DEVICE_TREE_STRUCTURE, "FDT_ERR_BADOFFSET");
    BAD(memset(tree + fdt_off_dt_struct(tree), 0xff, 4), DEVICE_TREE_STRUCTURE, "broken");
    BAD(nest(16), DEVICE_TREE_DEPTH, "n: value = 0x10 levels are nested too deep");
    BAD(nest(120), DEVICE_TREE_DEPTH, "nested too deep");
    tree_build(tree, 1);
    TEST(device_tree_read(NULL, 64, &info, &harts_left, &error) == DEVICE_TREE_POINTER,
         "no tree at all");
    TEST(device_tree_read(tree + 4, 64, &info, &harts_left, &error) == DEVICE_TREE_POINTER,
         "a tree at an odd address");
}

static void test_broken_memory(void)
{
    BAD(tree_must(fdt_del_node(tree, tree_node(tree, RAM))), DEVICE_TREE_MEMORY_NONE, "no RAM");
    BAD(tree_remove(tree, RAM, "reg"), DEVICE_TREE_MEMORY_NONE, "no RAM");
    BAD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 0, 0), DEVICE_TREE_MEMORY_NONE, "no RAM");
    BAD(tree_set_string(tree, RAM, "status", "disabled"), DEVICE_TREE_MEMORY_NONE, "no RAM");
    BAD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 0, 0x2000, 0, 0x80001000, 0, 0x2000),
        DEVICE_TREE_MEMORY_OVERLAP, "reg = 0x80001000 begins RAM that is listed twice");
    BAD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 0, 0x2000, 0, 0x80000000, 0, 0x2000),
        DEVICE_TREE_MEMORY_OVERLAP, "memory@80000000: reg = 0x80000000");
    BAD(TREE_SET(tree, RAM, "reg", 0, 0x80000000, 0), DEVICE_TREE_LENGTH, "reg = 0xc bytes");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, RAM), "reg", "abc", 3)), DEVICE_TREE_LENGTH,
        "reg = 0x3 bytes");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, RAM), "reg", "", 0)), DEVICE_TREE_LENGTH,
        "reg = 0x0 bytes");
    BAD(TREE_SET(tree, RAM, "reg", 0xffffffff, 0xfffff000, 0, 0x2000), DEVICE_TREE_RANGE_WRAPS,
        "reg = 0xfffffffffffff000 begins a range that wraps");
    BAD(TREE_SET(tree, RAM, "reg", 0x1000000, 0, 0, 0x2000), DEVICE_TREE_RANGE_HIGH,
        "ends past 56 bits");
    BAD(add_memory_nodes(8), DEVICE_TREE_MEMORY_MANY, "reg = 0x8 pieces of RAM are all");
    BAD(TREE_SET(tree, "/", "#address-cells", 3), DEVICE_TREE_CELLS, "#address-cells = 0x3");
    BAD(TREE_SET(tree, "/", "#size-cells", 0), DEVICE_TREE_CELLS, "#size-cells = 0x0");
    BAD(TREE_SET(tree, "/", "#address-cells", 0xffffffff), DEVICE_TREE_CELLS, "0xffffffff");
    BAD(TREE_SET(tree, "/", "#size-cells", 1, 1, 1), DEVICE_TREE_LENGTH, "#size-cells = 0xc");
    BAD(add_reservations(32), DEVICE_TREE_RESERVED_MANY, "reg = 0x20 reservations are all");
    BAD(tree_must(fdt_add_mem_rsv(tree, UINT64_MAX, 2)), DEVICE_TREE_RANGE_WRAPS,
        "memory reservation block = 0xffffffffffffffff");
    BAD(TREE_SET(tree, "/reserved-memory/mmode_resv0@80000000", "reg", 1), DEVICE_TREE_LENGTH,
        "mmode_resv0@80000000: reg = 0x4 bytes");
}

static void test_broken_harts(void)
{
    BAD(TREE_SET(tree, "/cpus/cpu@1", "reg", 0), DEVICE_TREE_HART_DUPLICATE,
        "cpu@1: reg = 0x0 is a hart that is listed twice");
    BAD(TREE_SET(tree, "/cpus/cpu@0", "reg", 7), DEVICE_TREE_BOOT_HART, "reg = 0x0 is this hart");
    BAD(tree_set_string(tree, "/cpus/cpu@0", "status", "fail"), DEVICE_TREE_BOOT_HART, "0x0");
    BAD(tree_remove(tree, "/cpus/cpu@0", "mmu-type"), DEVICE_TREE_BOOT_HART, "no usable rv64");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, "/cpus/cpu@0"), "riscv,isa", "rv6", 3)),
        DEVICE_TREE_BOOT_HART, "no usable rv64 hart");
    BAD(tree_remove(tree, "/cpus/cpu@1", "reg"), DEVICE_TREE_LENGTH, "cpu@1: reg = 0x0");
    BAD(TREE_SET(tree, "/cpus/cpu@1", "reg", 0, 1), DEVICE_TREE_LENGTH, "cpu@1: reg = 0x8");
    BAD(TREE_SET(tree, "/cpus", "#address-cells", 0), DEVICE_TREE_CELLS, "#address-cells = 0x0");
    BAD(tree_must(fdt_del_node(tree, tree_node(tree, "/cpus"))), DEVICE_TREE_TIMEBASE_NONE,
        "/cpus is");
    BAD(tree_remove(tree, "/cpus", "timebase-frequency"), DEVICE_TREE_TIMEBASE_NONE, "missing");
    BAD(TREE_SET(tree, "/cpus", "timebase-frequency", 0), DEVICE_TREE_TIMEBASE_ZERO, "0x0 hertz");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, "/cpus"), "timebase-frequency", "123456", 6)),
        DEVICE_TREE_LENGTH, "timebase-frequency = 0x6 bytes");
}

static void test_broken_devices(void)
{
    BAD(tree_remove(tree, PLIC, "interrupts-extended"), DEVICE_TREE_LENGTH,
        "interrupts-extended = 0x0 bytes");
    BAD(TREE_SET(tree, PLIC, "interrupts-extended", 2, 11, 2), DEVICE_TREE_LENGTH, "0xc bytes");
    BAD(TREE_SET(tree, PLIC, "interrupts-extended", 2, 11, 2, 9, 4, 11),
        DEVICE_TREE_PLIC_CONTEXT_NONE, "interrupts-extended = 0x1 is a hart without");
    BAD(TREE_SET(tree, PLIC, "reg", 0, 0xc000000, 0, 0x203000), DEVICE_TREE_PLIC_SMALL,
        "plic@c000000: reg = 0x203000 bytes do not hold all contexts");
    BAD(TREE_SET(tree, PLIC, "riscv,ndev", 1024), DEVICE_TREE_PLIC_SOURCES, "0x400 is no number");
    BAD(TREE_SET(tree, PLIC, "riscv,ndev", 0), DEVICE_TREE_PLIC_SOURCES, "0x0 is no number");
    BAD(tree_remove(tree, PLIC, "riscv,ndev"), DEVICE_TREE_PLIC_SOURCES, "0x0 is no number");
    BAD(tree_remove(tree, PLIC, "reg"), DEVICE_TREE_LENGTH, "plic@c000000: reg = 0x0");
    BAD(TREE_SET(tree, PLIC, "reg", 0xffffffff, 0xffffffff, 0, 2), DEVICE_TREE_RANGE_WRAPS,
        "wraps");
    BAD(tree_set_string(tree, "/soc/test@100000", "compatible", "riscv,plic0"),
        DEVICE_TREE_PLIC_TWICE, "second interrupt controller");
    BAD(TREE_SET(tree, "/soc/test@100000", "reg", 1), DEVICE_TREE_LENGTH, "test@100000: reg = 0x4");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, "/chosen"), "bootargs", "abc", 3)),
        DEVICE_TREE_STRING, "bootargs = 0x3 bytes are not one string");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, "/chosen"), "bootargs", "a\0b", 4)),
        DEVICE_TREE_STRING, "not one string");
    BAD(tree_must(fdt_setprop(tree, tree_node(tree, "/chosen"), "bootargs", "", 0)),
        DEVICE_TREE_STRING, "not one string");
    BAD(set_long_command_line(), DEVICE_TREE_LENGTH, "bootargs = 0x401 bytes");
    BAD(tree_remove(tree, "/chosen", "linux,initrd-end"), DEVICE_TREE_INITRD_HALF,
        "linux,initrd-start = 0x85000000 is there without the other end");
    BAD(tree_remove(tree, "/chosen", "linux,initrd-start"), DEVICE_TREE_INITRD_HALF,
        "linux,initrd-end");
    BAD(TREE_SET(tree, "/chosen", "linux,initrd-end", 0x84ffffff), DEVICE_TREE_INITRD_ORDER,
        "linux,initrd-end = 0x84ffffff is before");
    BAD(TREE_SET(tree, "/chosen", "linux,initrd-end", 1, 2, 3), DEVICE_TREE_LENGTH, "0xc bytes");
}

int main(void)
{
    test_good();
    test_odd();
    test_broken_structure();
    test_broken_memory();
    test_broken_harts();
    test_broken_devices();
    return tap_done();
}
