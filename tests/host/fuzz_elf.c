/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: loader/elf.c loader/elf_message.c loader/line.c */
/*
 * Whatever the bytes are: the reader stays inside them, and a plan that it makes keeps every
 * promise of elf.h, checked here by other means. The first byte chooses: the bytes themselves, or
 * edits of single fields of a good file, which get past the magic number.
 */
#include "elf_builder.h"
#include "loader/elf_message.h"

#include <stdlib.h>

#define EDIT_SIZE 10 /* field, segment, value */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct elf_range ram = {0x80000000, 0x2000000, "RAM"};
static const struct elf_range user_space = {0x1000, 0x4000000000 - 0x1000, "user space"};
static const struct elf_range kept[] = {
    {0x80000000, 0x200000, "the firmware"},
    {0x81000000, 0x200000, "the loader"},
    {0x81800000, 0x10010, "the initrd"},
};

static const struct elf_policy kernel_policy = {
    .machine = ELF_MACHINE_RISCV,
    .address_bits = 39,
    .entry_alignment = 2,
    .page_size = 4096,
    .alignment_max = 0x200000,
    .size_max = 0x1000000,
    .negative_offset = 1,
    .clip_base = 0x80200000,
    .clip_max = 4096,
    .allowed = &ram,
    .allowed_count = 1,
    .forbidden = kept,
    .forbidden_count = 3,
};

static const struct elf_policy user_policy = {
    .machine = ELF_MACHINE_RISCV,
    .address_bits = 39,
    .entry_alignment = 2,
    .page_size = 4096,
    .alignment_max = 0x200000,
    .size_max = 1ul << 30,
    .tls = 1,
    .allowed = &user_space,
    .allowed_count = 1,
    .forbidden = &ram,
    .forbidden_count = 1,
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_copy(const struct elf_copy *copy, const struct elf_policy *policy,
                       const uint8_t *bytes, size_t size)
{
    __uint128_t begin = copy->address & ~4095ul;
    __uint128_t end = ((__uint128_t)copy->address + copy->memory_size + 4095) & ~(__uint128_t)4095;
    unsigned sum = 0;
    require(copy->memory_size > 0 && copy->file_size <= copy->memory_size);
    require((__uint128_t)copy->offset + copy->file_size <= size);
    require(begin >= policy->allowed->base &&
            end <= (__uint128_t)policy->allowed->base + policy->allowed->size);
    for (size_t i = 0; i < policy->forbidden_count; i++)
        require(end <= policy->forbidden[i].base ||
                begin >= (__uint128_t)policy->forbidden[i].base + policy->forbidden[i].size);
    require(policy->write_execute || (copy->flags & 3) != 3);
    /* Reading every source byte lets the sanitizer judge. */
    for (uint64_t i = 0; i < copy->file_size; i++)
        sum += bytes[copy->offset + i];
    require(sum != UINT32_MAX);
}

static void check_plan(const struct elf_plan *plan, const struct elf_policy *policy,
                       const uint8_t *bytes, size_t size)
{
    int entry_found = 0;
    require(plan->copy_count >= 1 && plan->copy_count <= ELF_SEGMENTS_MAX);
    for (uint32_t i = 0; i < plan->copy_count; i++) {
        const struct elf_copy *copy = &plan->copies[i];
        check_copy(copy, policy, bytes, size);
        if (i > 0)
            require((copy[-1].address + copy[-1].memory_size - 1) >> 12 < copy->address >> 12);
        if (plan->entry >= copy->address && plan->entry < copy->address + copy->file_size)
            entry_found = copy->flags & ELF_EXECUTE;
    }
    require(entry_found);
    require(plan->base == plan->copies[0].address);
    require(!plan->has_tls || policy->tls);
}

static void read_file(const uint8_t *bytes, size_t size, const struct elf_policy *policy)
{
    struct elf_image image;
    struct elf_plan plan;
    struct elf_error error;
    enum elf_code code = elf_decode(bytes, size, &image, &error);
    if (code == ELF_OK)
        code = elf_validate(&image, policy, &plan, &error);
    if (code == ELF_OK) {
        check_plan(&plan, policy, bytes, size);
        return;
    }
    char line[ELF_LINE_MAX];
    require(error.code == code);
    require(elf_describe(&error, line, sizeof line) < sizeof line);
}

static void read_edited(const uint8_t *edits, size_t size, uint64_t base,
                        const struct elf_policy *policy)
{
    static struct builder file, filled;
    if (!filled.size)
        builder_begin(&filled, base);
    memcpy(&file, &filled, sizeof file);
    if (size > 0 && edits[0] & 1)
        builder_headers_go(&file, base);
    else
        builder_headers(&file, base);
    for (size_t at = 1; at + EDIT_SIZE <= size; at += EDIT_SIZE) {
        uint64_t value;
        memcpy(&value, edits + at + 2, 8);
        /* Values near the good ones are what is hard to get right. */
        if (edits[at] & 0x80)
            value = base + (value & 0xffff) - 0x1000;
        builder_set(&file, edits[at] % FIELD_COUNT, edits[at + 1] % 18, value);
    }
    /* A copy of exactly its size, so that the sanitizer sees the end. */
    uint8_t *exact = malloc(file.size ? file.size : 1);
    memcpy(exact, file.bytes, file.size);
    read_file(exact, file.size, policy);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0] % 4) {
    case 0:
        read_file(data + 1, size - 1, &kernel_policy);
        break;
    case 1:
        read_file(data + 1, size - 1, &user_policy);
        break;
    case 2:
        read_edited(data + 1, size - 1, 0x80200000, &kernel_policy);
        break;
    case 3:
        read_edited(data + 1, size - 1, 0x10000, &user_policy);
        break;
    }
    return 0;
}
