/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the kernel image may go, and bringing it there: see image.h. */
#include "loader/image.h"

#include "loader/line.h"
#include "loader/ranges.h"

#include <string.h>

#define PAGE_SIZE 4096ul

/* Go's linker drags one page of ELF headers along, in front of the text. */
#define HEADERS_MAX PAGE_SIZE

/* Everything below the loader can be the image's; p_align of Go's linker is 64 KiB. */
#define IMAGE_SIZE_MAX      (16ul << 20)
#define IMAGE_ALIGNMENT_MAX (2ul << 20)

#define FORBIDDEN_MAX (BOOTINFO_RESERVED_MAX + 8)

static struct range_list memory_of(const struct bootinfo *info)
{
    return (struct range_list){(struct boot_range *)info->memory, (uint64_t *)&info->memory_count,
                               BOOTINFO_MEMORY_MAX};
}

static struct range_list reserved_of(const struct bootinfo *info)
{
    return (struct range_list){(struct boot_range *)info->reserved,
                               (uint64_t *)&info->reserved_count, BOOTINFO_RESERVED_MAX};
}

static int complain(char *text, size_t size, const char *what, struct boot_range range,
                    const char *why)
{
    struct line line = line_begin(text, size);
    line_add(&line, what);
    line_add(&line, " at ");
    line_add_hex(&line, range.base);
    line_add(&line, ", ");
    line_add_hex(&line, range.size);
    line_add(&line, " bytes, ");
    line_add(&line, why);
    return -1;
}

/* RAM below the image is the firmware's, whatever the tree says or forgets to say. */
static int reserve_firmware(struct bootinfo *info, char *text, size_t size)
{
    for (uint64_t i = 0; i < info->memory_count; i++) {
        struct boot_range ram = info->memory[i];
        if (ram.base >= IMAGE_BASE || range_end(ram) <= IMAGE_BASE ||
            range_list_overlap(reserved_of(info), (struct boot_range){ram.base, PAGE_SIZE}))
            continue;
        struct boot_range firmware = {ram.base, IMAGE_BASE - ram.base};
        if (!range_list_add(reserved_of(info), firmware))
            return complain(text, size, "the firmware", firmware, "finds no room to be reserved");
    }
    return 0;
}

/* One thing that somebody put into memory before us, and that must still be there for the kernel.
 */
static int check_guest(const struct bootinfo *info, const char *name, struct boot_range guest,
                       char *text, size_t size)
{
    struct boot_range room = {IMAGE_BASE, info->loader.base - IMAGE_BASE};
    if (guest.base > UINT64_MAX - guest.size || !range_list_contains(memory_of(info), guest))
        return complain(text, size, name, guest, "is not all in RAM");
    if (range_overlaps(guest, info->loader))
        return complain(text, size, name, guest, "overlaps the loader");
    if (range_overlaps(guest, room))
        return complain(text, size, name, guest, "lies where the kernel image goes");
    if (range_list_overlap(reserved_of(info), guest))
        return complain(text, size, name, guest, "overlaps memory that is reserved");
    return 0;
}

int image_check_places(struct bootinfo *info, char *text, size_t size)
{
    if (info->loader.base <= IMAGE_BASE || !range_list_contains(memory_of(info), info->loader))
        return complain(text, size, "the loader", info->loader, "is not in RAM above the image");
    if (reserve_firmware(info, text, size) != 0)
        return -1;
    if (range_list_overlap(reserved_of(info), info->loader))
        return complain(text, size, "the loader", info->loader, "overlaps memory that is reserved");
    /* Firmware may reserve the tree that it hands over; that is no conflict. */
    if (!range_list_contains(memory_of(info), info->device_tree))
        return complain(text, size, "the device tree", info->device_tree, "is not all in RAM");
    if (range_overlaps(info->device_tree, info->loader))
        return complain(text, size, "the device tree", info->device_tree, "overlaps the loader");
    if (info->initrd.size == 0)
        return 0;
    if (check_guest(info, "the initrd", info->initrd, text, size) != 0)
        return -1;
    if (range_overlaps(info->initrd, info->device_tree))
        return complain(text, size, "the initrd", info->initrd, "overlaps the device tree");
    return 0;
}

static struct elf_range named(struct boot_range range, const char *name)
{
    return (struct elf_range){range.base, range.size, name};
}

/* Lists what the image must not touch, the firmware's side and the loader first. */
static size_t list_forbidden(const struct bootinfo *info, struct elf_range *forbidden)
{
    size_t count = 0;
    forbidden[count++] = named((struct boot_range){0x80000000ul, 0x200000ul}, "the firmware");
    forbidden[count++] = named(info->loader, "the loader");
    forbidden[count++] = named(info->device_tree, "the device tree");
    forbidden[count++] = named(info->initrd, "the initrd");
    forbidden[count++] = named(info->plic, "the interrupt controller");
    forbidden[count++] =
        named((struct boot_range){info->finisher, info->finisher ? PAGE_SIZE : 0}, "the finisher");
    for (uint64_t i = 0; i < info->reserved_count; i++)
        forbidden[count++] = named(info->reserved[i], "a reservation");
    return count;
}

enum elf_code image_check(const void *file, size_t size, const struct bootinfo *info,
                          struct elf_plan *plan, struct elf_error *error)
{
    struct elf_image image;
    struct elf_range allowed[BOOTINFO_MEMORY_MAX], forbidden[FORBIDDEN_MAX];
    struct elf_policy policy = {
        .machine = ELF_MACHINE_RISCV,
        .address_bits = 39,
        .entry_alignment = 2,
        .page_size = PAGE_SIZE,
        .alignment_max = IMAGE_ALIGNMENT_MAX,
        .size_max = IMAGE_SIZE_MAX,
        .negative_offset = 1,
        .clip_base = IMAGE_BASE,
        .clip_max = HEADERS_MAX,
        .allowed = allowed,
        .allowed_count = info->memory_count,
        .forbidden = forbidden,
    };
    for (uint64_t i = 0; i < info->memory_count; i++)
        allowed[i] = named(info->memory[i], "RAM");
    policy.forbidden_count = list_forbidden(info, forbidden);
    enum elf_code code = elf_decode(file, size, &image, error);
    return code == ELF_OK ? elf_validate(&image, &policy, plan, error) : code;
}

void image_write(const struct elf_plan *plan, const void *file, uintptr_t window,
                 struct bootinfo *info)
{
    const uint8_t *bytes = file;
    for (uint32_t i = 0; i < plan->copy_count; i++) {
        const struct elf_copy *copy = &plan->copies[i];
        uint8_t *to = (uint8_t *)(window + copy->address);
        memcpy(to, bytes + copy->offset, copy->file_size);
        memset(to + copy->file_size, 0, copy->memory_size - copy->file_size);
        info->segments[i] = (struct boot_segment){
            .range = {copy->address, copy->memory_size},
            .flags = copy->flags,
        };
    }
    info->segment_count = plan->copy_count;
    info->image = (struct boot_range){plan->base, plan->end - plan->base};
    info->image_entry = plan->entry;
}
