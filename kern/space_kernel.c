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
        except(page_down(range->base), page_up(range->base + range->size), 0);
    }
}

/* Maps whole pages, with megapages where they fit. False, as of the functions below: no memory. */
static bool map(uint64_t address, uint64_t physical, uint64_t end, uint64_t flags)
{
    while (physical < end) {
        bool mega = (address | physical) % MEGAPAGE_SIZE == 0 && end - physical >= MEGAPAGE_SIZE;
        pte_t *entry = page_table_make(root, &root_account, address, mega ? 1 : 0);
        if (entry == NULL)
            return false;
        pte_set(entry, pte_make(phys(physical), flags));
        address += mega ? MEGAPAGE_SIZE : PAGE_SIZE;
        physical += mega ? MEGAPAGE_SIZE : PAGE_SIZE;
    }
    return true;
}

/* How far the rights at an address reach, at most to the end. */
static uint64_t piece_end(uint64_t at, uint64_t end, uint64_t *flags)
{
    *flags = KERNEL_WRITE;
    for (unsigned i = 0; i < exception_count; i++) {
        const struct exception *exception = &exceptions[i];
        if (at >= exception->base && at < exception->end) {
            *flags &= exception->flags;
            end = min(end, exception->end);
        } else if (at < exception->base && exception->base < end) {
            end = exception->base;
        }
    }
    return end;
}

/* RAM [at, end), seen `offset` above its physical address. */
static bool map_ram(uint64_t offset, uint64_t at, uint64_t end)
{
    bool mapped = true;
    while (mapped && at < end) {
        uint64_t flags;
        uint64_t next = piece_end(at, end, &flags);
        if (flags != 0)
            mapped = map(offset + at, at, next, flags);
        at = next;
    }
    return mapped;
}

static bool map_direct(const struct bootinfo *info)
{
    bool mapped = true;
    for (uint64_t i = 0; i < info->memory_count && mapped; i++) {
        const struct boot_range *range = &info->memory[i];
        mapped = map_ram(DIRECT_MAP, page_up(range->base), page_down(range->base + range->size));
    }
    return mapped;
}

static bool map_registers(uint64_t base, uint64_t size)
{
    uint64_t first = page_down(base);
    return map(DIRECT_MAP + first, first, page_up(base + size), KERNEL_WRITE);
}

/* The part of a segment that is not the C core: Go's, until boot is over. */
static bool map_segment(const struct boot_segment *segment)
{
    uint64_t first = max(page_down(segment->range.base), (uint64_t)kernel_end);
    uint64_t end = page_up(segment->range.base + segment->range.size);
    uint64_t flags = (segment->flags & SEGMENT_EXEC) != 0    ? KERNEL_EXEC
                     : (segment->flags & SEGMENT_WRITE) != 0 ? KERNEL_WRITE
                                                             : KERNEL_READ;
    return map(first, first, end, flags);
}

static bool map_image(const struct bootinfo *info)
{
    uint64_t text = (uint64_t)kernel_start, constants = (uint64_t)kernel_text_end;
    uint64_t data = (uint64_t)kernel_rodata_end;
    bool mapped = map(text, text, constants, KERNEL_EXEC) &&
                  map(constants, constants, data, KERNEL_READ) &&
                  map_ram(0, data, (uint64_t)kernel_end);
    for (uint64_t i = 0; i < info->segment_count && mapped; i++)
        mapped = map_segment(&info->segments[i]);
    return mapped;
}

status_t space_kernel_init(const struct bootinfo *info)
{
    uint64_t finisher_size = info->finisher != 0 ? sizeof(uint32_t) : 0;
    exceptions_from(info);
    if (!page_table_alloc(&root_account, &root) || !map_image(info) || !map_direct(info) ||
        !map_registers(info->plic.base, info->plic.size) ||
        !map_registers(info->finisher, finisher_size))
        return -ANSER_ENOMEM;
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
