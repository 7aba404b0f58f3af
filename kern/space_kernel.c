/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own page table. Its upper half and the slot at 0x80000000 appear in every space: the
 * image at its physical address, each part with its own rights; all RAM at DIRECT_MAP, where the
 * kernel's text and constants are read-only; the registers that the kernel itself uses. Guard pages
 * of kernel stacks are in neither map.
 */
#include "kern/hart.h"
#include "kern/page_table.h"
#include "kern/panic.h"
#include "kern/space.h"
#include "kern/tlb.h"

#define SATP_SV39 (8ul << 60)

#define KERNEL_READ  (PTE_V | PTE_R | PTE_G | PTE_A | PTE_D)
#define KERNEL_WRITE (KERNEL_READ | PTE_W)
#define KERNEL_EXEC  (KERNEL_READ | PTE_X)

/* ELF's flags of a segment. */
#define SEGMENT_EXEC  1u
#define SEGMENT_WRITE 2u

extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[];

static phys_t root;

/* Ranges of RAM that the direct map does not simply have readable and writable. */
struct exception {
    uint64_t base;
    uint64_t end;
    uint64_t flags; /* 0: not mapped */
};
#define EXCEPTIONS_MAX (1 + HARTS_MAX + BOOTINFO_RESERVED_MAX)

static struct exception exceptions[EXCEPTIONS_MAX];
static unsigned exception_count;

static void except(uint64_t base, uint64_t end, uint64_t flags)
{
    exceptions[exception_count++] = (struct exception){base, end, flags};
}

static void exceptions_from(const struct bootinfo *info)
{
    except((uint64_t)kernel_start, (uint64_t)kernel_rodata_end, KERNEL_READ);
    for (unsigned i = 0; i < HARTS_MAX; i++)
        except((uint64_t)kernel_stacks[i], (uint64_t)kernel_stacks[i] + PAGE_SIZE, 0);
    for (uint64_t i = 0; i < info->reserved_count; i++) {
        const struct boot_range *range = &info->reserved[i];
        except(range->base & ~PAGE_MASK, (range->base + range->size + PAGE_MASK) & ~PAGE_MASK, 0);
    }
}

/* Maps whole pages, with megapages where they fit. */
static status_t map(uint64_t address, uint64_t physical, uint64_t end, uint64_t flags)
{
    while (physical < end) {
        bool mega = (address | physical) % MEGAPAGE_SIZE == 0 && end - physical >= MEGAPAGE_SIZE;
        pte_t *entry = page_table_make(root, NULL, address, mega ? 1 : 0);
        if (entry == NULL)
            return -ANSER_ENOMEM;
        pte_set(entry, pte_make(phys(physical), flags));
        address += mega ? MEGAPAGE_SIZE : PAGE_SIZE;
        physical += mega ? MEGAPAGE_SIZE : PAGE_SIZE;
    }
    return 0;
}

/* How far the rights at an address reach, at most to the end. */
static uint64_t piece_end(uint64_t at, uint64_t end, uint64_t *flags)
{
    *flags = KERNEL_WRITE;
    for (unsigned i = 0; i < exception_count; i++) {
        const struct exception *exception = &exceptions[i];
        if (at >= exception->base && at < exception->end) {
            *flags &= exception->flags;
            end = exception->end < end ? exception->end : end;
        } else if (at < exception->base && exception->base < end) {
            end = exception->base;
        }
    }
    return end;
}

/* RAM [at, end), seen `offset` above its physical address. */
static status_t map_ram(uint64_t offset, uint64_t at, uint64_t end)
{
    status_t status = 0;
    while (status == 0 && at < end) {
        uint64_t flags;
        uint64_t next = piece_end(at, end, &flags);
        if (flags != 0)
            status = map(offset + at, at, next, flags);
        at = next;
    }
    return status;
}

static status_t map_direct(const struct bootinfo *info)
{
    status_t status = 0;
    for (uint64_t i = 0; i < info->memory_count && status == 0; i++) {
        const struct boot_range *range = &info->memory[i];
        status = map_ram(DIRECT_MAP, (range->base + PAGE_MASK) & ~PAGE_MASK,
                         (range->base + range->size) & ~PAGE_MASK);
    }
    return status;
}

static status_t map_registers(uint64_t base, uint64_t size)
{
    uint64_t first = base & ~PAGE_MASK;
    return map(DIRECT_MAP + first, first, (base + size + PAGE_MASK) & ~PAGE_MASK, KERNEL_WRITE);
}

/* The part of a segment that is not the C core: Go's, until boot is over. */
static status_t map_segment(const struct boot_segment *segment)
{
    uint64_t first = segment->range.base & ~PAGE_MASK;
    uint64_t end = (segment->range.base + segment->range.size + PAGE_MASK) & ~PAGE_MASK;
    if (first < (uint64_t)kernel_end)
        first = (uint64_t)kernel_end;
    uint64_t flags = (segment->flags & SEGMENT_EXEC) != 0    ? KERNEL_EXEC
                     : (segment->flags & SEGMENT_WRITE) != 0 ? KERNEL_WRITE
                                                             : KERNEL_READ;
    return map(first, first, end, flags);
}

static status_t map_image(const struct bootinfo *info)
{
    uint64_t text = (uint64_t)kernel_start, constants = (uint64_t)kernel_text_end;
    uint64_t data = (uint64_t)kernel_rodata_end;
    status_t status = map(text, text, constants, KERNEL_EXEC);
    if (status == 0)
        status = map(constants, constants, data, KERNEL_READ);
    if (status == 0)
        status = map_ram(0, data, (uint64_t)kernel_end);
    for (uint64_t i = 0; i < info->segment_count && status == 0; i++)
        status = map_segment(&info->segments[i]);
    return status;
}

status_t space_kernel_init(const struct bootinfo *info)
{
    if (!page_table_alloc(NULL, &root))
        return -ANSER_ENOMEM;
    exceptions_from(info);
    status_t status = map_image(info);
    if (status == 0)
        status = map_direct(info);
    if (status == 0 && info->plic.size > 0)
        status = map_registers(info->plic.base, info->plic.size);
    if (status == 0 && info->finisher != 0)
        status = map_registers(info->finisher, sizeof(uint32_t));
    if (status != 0)
        return status;
    kernel_satp = SATP_SV39 | root.value >> PAGE_SHIFT;
    tlb_init(kernel_satp);
    direct_map_base = DIRECT_MAP;
    return 0;
}

void space_drop_image_tail(const struct bootinfo *info)
{
    uint64_t first = (uint64_t)kernel_end;
    uint64_t end = info->image.base + info->image.size;
    for (uint64_t at = first; at < end; at += PAGE_SIZE) {
        unsigned level;
        pte_t *entry = page_table_find(root, at, 0, &level);
        if (*entry != 0)
            pte_set(entry, 0);
    }
    tlb_shootdown_kernel();
    frame_reclaim((struct boot_range){first, end - first});
}
