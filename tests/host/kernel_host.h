/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's memory rooms need around them to run as a host program: an arena that stands
 * for RAM, objects that are reclaimed at once, and a TLB for each hart that is filled by accesses
 * and emptied only by the fences that the kernel makes. Included by one file of a program.
 */
#ifndef TESTS_KERNEL_HOST_H
#define TESTS_KERNEL_HOST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kern/device.h"
#include "kern/frame.h"
#include "kern/region.h"
#include "kern/object.h"
#include "kern/pages.h"
#include "kern/panic.h"
#include "kern/plic.h"
#include "kern/slab.h"
#include "kern/space.h"
#include "panic_host.h"

#define HOST_RAM_BASE 0x80000000ul
#define HOST_RAM_SIZE (24ul << 20)
#define HOST_HARTS    3u

/* ---- RAM. */

static void *host_ram;

/* Fresh RAM, full of rubbish; a second call needs a program of its own. */
static inline void host_memory(uint64_t size)
{
    struct bootinfo info = {.memory_count = 1, .reserved_count = 1};
    host_ram = aligned_alloc(4ul << 20, size);
    memset(host_ram, 0xa5, size);
    info.memory[0] = (struct boot_range){HOST_RAM_BASE, size};
    info.reserved[0] = (struct boot_range){HOST_RAM_BASE, 512ul << 10};
    direct_map_base = (uint64_t)host_ram - HOST_RAM_BASE;
    if (frame_init(&info) != 0)
        panic("frame_init");
}

struct boot_range plic_range = {0xc000000, 0x600000};

/* ---- Objects. */

uint64_t object_count;

void *object_create(struct account *payer, uint8_t type, size_t size)
{
    struct object *object = slab_alloc(payer, size);
    if (object == NULL)
        return NULL;
    *object =
        (struct object){.references = 1, .type = type, .size = (uint16_t)size, .payer = payer};
    object_count++;
    return object;
}

void object_reference(struct object *object)
{
    kassert(object->references > 0);
    object->references++;
}

void object_release(struct object *object)
{
    kassert(object->references > 0);
    if (--object->references > 0)
        return;
    bool (*reclaim)(struct object *) =
        object->type == ANSER_TYPE_DEVICE ? device_reclaim : pages_reclaim;
    while (!reclaim(object))
        continue;
    object_count--;
    slab_free(object->payer, object, object->size);
}

/* ---- Translations that harts remember. */

#define TLB_ENTRIES 32u

struct tlb_entry {
    const struct space *space; /* NULL: empty */
    uint64_t address;
    pte_t entry;
};
static struct tlb_entry host_tlb[HOST_HARTS][TLB_ENTRIES];
static unsigned host_hart; /* the one that runs */
static uint64_t host_asids = 1;

static inline void host_tlb_drop(unsigned hart, const struct space *space, uint64_t first,
                                 uint64_t length)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        struct tlb_entry *entry = &host_tlb[hart][i];
        if (entry->space == space && (length == UINT64_MAX || entry->address - first < length))
            entry->space = NULL;
    }
}

void tlb_shootdown(struct space *space, uint64_t address, uint64_t length)
{
    space_forget_views(space);
    for (unsigned hart = 0; hart < HOST_HARTS; hart++)
        if ((space->hart_mask >> hart & 1) != 0)
            host_tlb_drop(hart, space, address, length);
}

void tlb_refresh(const struct space *space, uint64_t address)
{
    host_tlb_drop(host_hart, space, address, PAGE_SIZE);
}

void tlb_sync_code(const struct space *space)
{
    (void)space;
}

uint16_t asid_alloc(void)
{
    uint16_t asid = (uint16_t)__builtin_ctzl(~host_asids);
    host_asids |= 1ul << asid;
    return asid;
}

void asid_free(uint16_t asid)
{
    host_asids &= ~(1ul << asid);
}

void space_activate(struct space *space)
{
    if (space != NULL && space->satp != kernel_satp)
        space->hart_mask |= 1ul << host_hart;
}

/*
 * The running hart accesses an address, as its hardware would: what it remembers is believed. The
 * frame, or 0: a page fault.
 */
static inline uint64_t host_access(struct space *space, uint64_t address, enum space_access access)
{
    unsigned level;
    uint64_t page = address & ~PAGE_MASK;
    struct tlb_entry *slot = &host_tlb[host_hart][(address >> PAGE_SHIFT) % TLB_ENTRIES];
    space_activate(space);
    if (slot->space != space || slot->address != page) {
        pte_t entry = *page_table_find(space->root, address, 0, &level);
        if ((entry & (PTE_V | PTE_U)) != (PTE_V | PTE_U))
            return 0;
        uint64_t inside = page & (level_size(level) - 1);
        *slot = (struct tlb_entry){space, page, entry + (inside >> 2)};
    }
    return (slot->entry & (uint64_t)access << 1) != 0 ? pte_frame(slot->entry).value : 0;
}

/* Does any hart remember what the tables do not say (any more)? Fewer rights are no harm. */
static inline bool host_tlb_sound(void)
{
    for (unsigned i = 0; i < HOST_HARTS * TLB_ENTRIES; i++) {
        unsigned level;
        struct tlb_entry *known = &host_tlb[i / TLB_ENTRIES][i % TLB_ENTRIES];
        if (known->space == NULL)
            continue;
        pte_t entry = *page_table_find(known->space->root, known->address, 0, &level);
        entry += (known->address & (level_size(level) - 1)) >> 2;
        if ((entry & PTE_V) == 0 || pte_frame(entry).value != pte_frame(known->entry).value ||
            (known->entry & ~entry & PTE_RWX) != 0)
            return false;
    }
    return true;
}

#endif
