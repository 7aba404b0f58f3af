/* SPDX-License-Identifier: BSD-2-Clause */
/* From the bytes of an ELF file to the regions of a process. */
#include "load_image.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "loader/elf_message.h"
#include "memory.h"
#include "syscall.h"

#define PROGRAM_MAX      (4ul << 30)
#define TABLE_ENTRY_SIZE 56

int spawn_refuse(struct spawn_error *error, int status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, SPAWN_MESSAGE_MAX, format, arguments);
        va_end(arguments);
    }
    return status;
}

int spawn_refuse_call(struct spawn_error *error, int64_t status, const char *what, uint64_t value)
{
    return spawn_refuse(error, (int)status, "%s %#lx: error %ld", what, (unsigned long)value,
                        (long)-status);
}

/* ---- Judging. -------------------------------------------------------------------------------- */

static int refuse_image(const struct elf_error *why, struct spawn_error *error)
{
    char line[ELF_LINE_MAX];
    elf_describe(why, line, sizeof(line));
    return spawn_refuse(error, -ENOEXEC, "%s", line);
}

int load_decode(struct load_image *image, struct spawn_error *error)
{
    struct elf_error why;
    if (elf_decode(image->bytes, image->size, &image->elf, &why) == ELF_OK)
        return 0;
    return refuse_image(&why, error);
}

int load_judge(struct load_image *image, uint64_t begin, uint64_t end, struct spawn_error *error)
{
    const struct elf_range allowed[] = {{begin, end - begin, "the program's space"}};
    static const struct elf_range forbidden[] = {
        {ANSER_KERNEL_SLOT, ANSER_KERNEL_SLOT_SIZE, "the kernel's slot"}};
    const struct elf_policy policy = {
        .machine = ELF_MACHINE_RISCV,
        .address_bits = 39,
        .entry_alignment = 2,
        .page_size = ANSER_PAGE_SIZE,
        .alignment_max = 2ul << 20,
        .size_max = PROGRAM_MAX,
        .tls = 1,
        .allowed = allowed,
        .allowed_count = 1,
        .forbidden = forbidden,
        .forbidden_count = 1,
    };
    struct elf_error why;
    if (elf_validate(&image->elf, &policy, &image->plan, &why) == ELF_OK)
        return 0;
    return refuse_image(&why, error);
}

uint64_t load_table_address(const struct load_image *image)
{
    uint64_t offset = image->elf.table_offset;
    uint64_t size = (uint64_t)image->elf.table_count * TABLE_ENTRY_SIZE;
    for (uint32_t i = 0; i < image->plan.copy_count; i++) {
        const struct elf_copy *copy = &image->plan.copies[i];
        if (offset >= copy->offset && size <= copy->file_size &&
            offset - copy->offset <= copy->file_size - size)
            return copy->address + (offset - copy->offset);
    }
    return 0;
}

/* ---- Filling the space. -----------------------------------------------------------------------
 */

int load_zeroed(anser_handle process, uint64_t address, uint64_t length, uint64_t prot,
                struct spawn_error *error)
{
    struct sys_result result =
        sys_region_map(process, address, length, prot | ANSER_MAP_NOREPLACE, 0, 0);
    return result.status < 0 ? spawn_refuse_call(error, result.status, "memory at", address) : 0;
}

/*
 * Copies bytes to the program's whole pages at `address`: `lead` bytes into the first page on. The
 * pages pass through the own space and leave it again.
 */
static int copy_pages(anser_handle process, uint64_t address, uint64_t lead, const void *bytes,
                      uint64_t length, uint64_t prot, struct spawn_error *error)
{
    uint64_t size = memory_round_up(lead + length);
    char *pages = memory_map(size);
    if (pages == NULL)
        return spawn_refuse_call(error, -errno, "buffer for memory at", address);
    memcpy(pages + lead, bytes, length);
    int64_t status = sys_region_copy(process, address, (uint64_t)pages, size, prot);
    memory_unmap(pages, size);
    return status < 0 ? spawn_refuse_call(error, status, "copy to memory at", address) : 0;
}

/* Whether a segment can be seen straight in the pages object that holds the image. */
static int fits_in_place(const struct load_image *image, const struct elf_copy *copy)
{
    uint64_t offset = image->pages_offset + copy->offset;
    return image->pages != 0 && !(copy->flags & ELF_WRITE) &&
           copy->memory_size == copy->file_size && (offset - copy->address) % ANSER_PAGE_SIZE == 0;
}

static uint64_t protection(uint32_t flags)
{
    return (flags & ELF_READ ? ANSER_PROT_READ : 0) | (flags & ELF_WRITE ? ANSER_PROT_WRITE : 0) |
           (flags & ELF_EXECUTE ? ANSER_PROT_EXEC : 0);
}

static int map_in_place(anser_handle process, const struct load_image *image,
                        const struct elf_copy *copy, struct spawn_error *error)
{
    uint64_t lead = copy->address % ANSER_PAGE_SIZE;
    uint64_t address = copy->address - lead;
    struct sys_result result =
        sys_region_map(process, address, memory_round_up(lead + copy->file_size),
                       protection(copy->flags) | ANSER_MAP_NOREPLACE, image->pages,
                       image->pages_offset + copy->offset - lead);
    return result.status < 0 ? spawn_refuse_call(error, result.status, "segment at", address) : 0;
}

/* One segment: file bytes copied, then whole pages of zeros. */
static int load_copied(anser_handle process, const struct load_image *image,
                       const struct elf_copy *copy, struct spawn_error *error)
{
    uint64_t lead = copy->address % ANSER_PAGE_SIZE;
    uint64_t address = copy->address - lead;
    uint64_t copied = copy->file_size == 0 ? 0 : memory_round_up(lead + copy->file_size);
    uint64_t total = memory_round_up(lead + copy->memory_size);
    uint64_t prot = protection(copy->flags);
    int status = 0;
    if (copied > 0)
        status = copy_pages(process, address, lead, (const char *)image->bytes + copy->offset,
                            copy->file_size, prot, error);
    if (status == 0 && total > copied)
        status = load_zeroed(process, address + copied, total - copied, prot, error);
    return status;
}

int load_segments(anser_handle process, const struct load_image *image, struct spawn_error *error)
{
    for (uint32_t i = 0; i < image->plan.copy_count; i++) {
        const struct elf_copy *copy = &image->plan.copies[i];
        int status = fits_in_place(image, copy) ? map_in_place(process, image, copy, error)
                                                : load_copied(process, image, copy, error);
        if (status < 0)
            return status;
    }
    return 0;
}
