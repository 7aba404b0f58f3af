/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the segments of the first program go: see init_program.h. */
#include "loader/init_program.h"

#include "loader/cpio.h"
#include "loader/elf_message.h"
#include "loader/init_stack.h"
#include "loader/line.h"
#include <anser/abi.h>

#define NAME          "init"
#define INIT_SIZE_MAX (64ul << 20)

_Static_assert(BOOTINFO_SEGMENTS_MAX >= ELF_SEGMENTS_MAX, "a plan fits");

static const struct elf_policy policy = {
    .machine = ELF_MACHINE_RISCV,
    .address_bits = 39,
    .entry_alignment = 2,
    .page_size = ANSER_PAGE_SIZE,
    .alignment_max = 1ul << 21,
    .size_max = INIT_SIZE_MAX,
    .tls = 1,
    .allowed =
        &(const struct elf_range){ANSER_PAGE_SIZE, BOOTINFO_INIT_END - ANSER_PAGE_SIZE, NULL},
    .allowed_count = 1,
    .forbidden =
        &(const struct elf_range){ANSER_KERNEL_SLOT, ANSER_KERNEL_SLOT_SIZE, "the kernel's slot"},
    .forbidden_count = 1,
};

static uint64_t protection(uint32_t flags)
{
    return (flags & ELF_READ ? ANSER_PROT_READ : 0) |
           (flags & ELF_WRITE ? ANSER_PROT_READ | ANSER_PROT_WRITE : 0) |
           (flags & ELF_EXECUTE ? ANSER_PROT_EXEC : 0);
}

static void hand_over(struct boot_program *program, const struct elf_plan *plan, uint64_t file)
{
    program->entry = plan->entry;
    program->segment_count = plan->copy_count;
    for (uint32_t i = 0; i < plan->copy_count; i++) {
        const struct elf_copy *copy = &plan->copies[i];
        program->segments[i] = (struct boot_program_segment){
            .offset = file + copy->offset,
            .file_size = copy->file_size,
            .address = copy->address,
            .memory_size = copy->memory_size,
            .prot = protection(copy->flags),
        };
    }
}

int init_program_plan(struct bootinfo *info, const void *archive, char *text, size_t size)
{
    struct cpio_entry file;
    struct elf_image image;
    struct elf_plan plan;
    struct elf_error error;
    enum cpio_code code = cpio_find(archive, info->initrd.size, NAME, &file);
    struct line line = line_begin(text, size);
    if (code != CPIO_OK) {
        line_add(&line, "initrd: no program '" NAME "': ");
        line_add(&line, cpio_describe(code));
        return -1;
    }
    if (elf_decode(file.data, file.size, &image, &error) != ELF_OK ||
        elf_validate(&image, &policy, &plan, &error) != ELF_OK) {
        line_add(&line, "initrd: '" NAME "': ");
        elf_describe(&error, text + line.length, size - line.length);
        return -1;
    }
    hand_over(&info->init, &plan, file.offset);
    return 0;
}

void init_program_stack(struct bootinfo *info)
{
    static _Alignas(16) uint8_t page[ANSER_PAGE_SIZE];
    const struct init_stack what = {
        .command_line = info->cmdline,
        .initrd_size = info->initrd.size,
        .device_tree_size = info->device_tree.size,
        .timebase = info->timebase_hz,
        .handles = {{"system", 0}, {"initrd", 0}, {"device-tree", 0}},
    };
    info->init.stack = init_stack_build(page, BOOTINFO_INIT_STACK_TOP, &what);
    info->init.stack_page = (uint64_t)page;
}
