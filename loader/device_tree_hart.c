/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts, and which context of the interrupt controller belongs to which hart. */
#include "loader/device_tree_walk.h"

#include <libfdt.h>
#include <string.h>

#define SUPERVISOR_EXTERNAL 9 /* interrupt number at a hart's own controller */
#define PLIC_CONTEXT_BASE   0x200000ul
#define PLIC_CONTEXT_SIZE   0x1000ul
#define PLIC_SOURCES_MAX    1023

/* Whether one of the extensions after the first '_' of an ISA string has exactly this name. */
static bool isa_has(const char *isa, uint32_t length, const char *name)
{
    size_t name_length = strlen(name);
    for (uint32_t i = 0; i + 1 + name_length < length; i++) {
        if (isa[i] == '_' && !memcmp(isa + i + 1, name, name_length) &&
            (isa[i + 1 + name_length] == '_' || isa[i + 1 + name_length] == 0))
            return true;
    }
    return false;
}

static bool hart_has_sstc(const struct walk *walk)
{
    struct property isa = walk_property(walk, PROPERTY_ISA);
    return walk_property_lists(walk, PROPERTY_ISA_EXTENSIONS, "sstc") ||
           (isa.bytes && isa_has((const char *)isa.bytes, isa.length, "sstc"));
}

/* A 64-bit hart with page tables: Sv48 and Sv57 harts can do Sv39 too. */
static bool hart_is_usable(const struct walk *walk)
{
    struct property isa = walk_property(walk, PROPERTY_ISA);
    bool is_64 = (isa.bytes && isa.length >= 5 && !memcmp(isa.bytes, "rv64", 4)) ||
                 walk_property_is(walk, PROPERTY_ISA_BASE, "rv64i");
    bool has_mmu = walk_property_is(walk, PROPERTY_MMU_TYPE, "riscv,sv39") ||
                   walk_property_is(walk, PROPERTY_MMU_TYPE, "riscv,sv48") ||
                   walk_property_is(walk, PROPERTY_MMU_TYPE, "riscv,sv57");
    return walk_node_is_enabled(walk) && is_64 && has_mmu;
}

/* Where hart id goes; the boot hart always finds room. BOOTINFO_HARTS_MAX: it is left out. */
static size_t hart_slot(struct walk *walk, uint64_t id)
{
    struct bootinfo *info = walk->info;
    if (info->hart_count < BOOTINFO_HARTS_MAX)
        return info->hart_count++;
    walk->harts_left++;
    return id == info->boot_hart ? BOOTINFO_HARTS_MAX - 1 : BOOTINFO_HARTS_MAX;
}

enum device_tree_code walk_read_hart(struct walk *walk)
{
    struct bootinfo *info = walk->info;
    struct property reg = walk_property(walk, PROPERTY_REG);
    walk->hart_last = BOOTINFO_HARTS_MAX;
    if (!hart_is_usable(walk))
        return DEVICE_TREE_OK;
    uint32_t cells = walk->levels[walk->depth - 1].address_cells;
    if (cells < 1 || cells > 2)
        return walk_refuse(walk, DEVICE_TREE_CELLS, "#address-cells", cells);
    if (!reg.bytes || reg.length != cells * 4)
        return walk_refuse(walk, DEVICE_TREE_LENGTH, "reg", reg.length);
    uint64_t id = cells_number(reg.bytes, cells);
    for (uint64_t i = 0; i < info->hart_count; i++) {
        if (info->harts[i].id == id)
            return walk_refuse(walk, DEVICE_TREE_HART_DUPLICATE, "reg", id);
    }
    size_t slot = hart_slot(walk, id);
    if (slot == BOOTINFO_HARTS_MAX)
        return DEVICE_TREE_OK;
    info->harts[slot].id = id;
    walk->controller[slot] = 0;
    walk->hart_last = slot;
    walk->harts_without_sstc += !hart_has_sstc(walk);
    return DEVICE_TREE_OK;
}

/* A hart's own interrupt controller is a child of the hart. */
void walk_read_hart_child(struct walk *walk)
{
    struct property phandle = walk_property(walk, PROPERTY_PHANDLE);
    if (walk->hart_last < BOOTINFO_HARTS_MAX &&
        walk_property(walk, PROPERTY_INTERRUPT_CONTROLLER).bytes)
        walk->controller[walk->hart_last] =
            phandle.length == 4 ? (uint32_t)cells_number(phandle.bytes, 1) : 0;
}

/* The slot of the hart with this interrupt controller, or -1. */
static int hart_by_controller(const struct walk *walk, uint64_t phandle)
{
    for (uint64_t i = 0; i < walk->info->hart_count; i++) {
        if (phandle != 0 && walk->controller[i] == phandle)
            return (int)i;
    }
    return -1;
}

/* A context is the place of a pair (a hart's controller, interrupt) in "interrupts-extended". */
static enum device_tree_code read_contexts(struct walk *walk)
{
    struct bootinfo *info = walk->info;
    struct property pairs = walk_property(walk, PROPERTY_INTERRUPTS_EXTENDED);
    uint32_t harts_found = 0;
    if (!pairs.bytes || pairs.length % 8 != 0)
        return walk_refuse(walk, DEVICE_TREE_LENGTH, "interrupts-extended", pairs.length);
    for (uint32_t context = 0; context < pairs.length / 8; context++) {
        int hart = hart_by_controller(walk, cells_number(pairs.bytes + context * 8, 1));
        if (hart < 0 || cells_number(pairs.bytes + context * 8 + 4, 1) != SUPERVISOR_EXTERNAL ||
            (harts_found & 1u << hart))
            continue;
        if (PLIC_CONTEXT_BASE + (context + 1) * PLIC_CONTEXT_SIZE > info->plic.size)
            return walk_refuse(walk, DEVICE_TREE_PLIC_SMALL, "reg", info->plic.size);
        info->harts[hart].plic_context = context;
        harts_found |= 1u << hart;
    }
    for (uint64_t i = 0; i < info->hart_count; i++) {
        if (!(harts_found & 1u << i))
            return walk_refuse(walk, DEVICE_TREE_PLIC_CONTEXT_NONE, "interrupts-extended",
                               info->harts[i].id);
    }
    return DEVICE_TREE_OK;
}

enum device_tree_code walk_read_plic(struct walk *walk)
{
    struct bootinfo *info = walk->info;
    struct property reg;
    uint32_t count;
    bool found;
    if (walk->plic < 0)
        return DEVICE_TREE_OK;
    walk_load(walk, walk->plic);
    reg = walk_property(walk, PROPERTY_REG);
    enum device_tree_code code = walk_count_ranges(walk, reg, &walk->plic_parent, &count);
    if (code == DEVICE_TREE_OK)
        code = walk_range(walk, reg, &walk->plic_parent, 0, &info->plic);
    if (code == DEVICE_TREE_OK)
        code = walk_number(walk, PROPERTY_NDEV, &info->plic_sources, &found);
    if (code != DEVICE_TREE_OK)
        return code;
    if (!found || info->plic_sources == 0 || info->plic_sources > PLIC_SOURCES_MAX)
        return walk_refuse(walk, DEVICE_TREE_PLIC_SOURCES, "riscv,ndev", info->plic_sources);
    return read_contexts(walk);
}
