/* SPDX-License-Identifier: BSD-2-Clause */
/* Small ELF files for tests: a good one to start from, and edits of single fields. */
#ifndef ANSER_TESTS_ELF_BUILDER_H
#define ANSER_TESTS_ELF_BUILDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BUILDER_SIZE_MAX 0x8000
#define BUILDER_TABLE    64
#define BUILDER_ENTRY    56

/* An ELF file under construction. size bytes of it are given to the reader. */
struct builder {
    uint8_t bytes[BUILDER_SIZE_MAX];
    size_t size;
};

/* A field: where it is, how many bytes. Those of a program header count from its start. */
enum field {
    MAGIC,
    CLASS,
    DATA,
    IDENT_VERSION,
    TYPE,
    MACHINE,
    VERSION,
    ENTRY,
    PHOFF,
    EHSIZE,
    PHENTSIZE,
    PHNUM,
    P_TYPE,
    P_FLAGS,
    P_OFFSET,
    P_VADDR,
    P_FILESZ,
    P_MEMSZ,
    P_ALIGN,
    FILE_SIZE, /* cuts the file off, no field */
    FIELD_COUNT
};

static const struct {
    uint8_t offset;
    uint8_t size;
} fields[FIELD_COUNT] = {
    [MAGIC] = {0, 4},     [CLASS] = {4, 1},    [DATA] = {5, 1},       [IDENT_VERSION] = {6, 1},
    [TYPE] = {16, 2},     [MACHINE] = {18, 2}, [VERSION] = {20, 4},   [ENTRY] = {24, 8},
    [PHOFF] = {32, 8},    [EHSIZE] = {52, 2},  [PHENTSIZE] = {54, 2}, [PHNUM] = {56, 2},
    [P_TYPE] = {0, 4},    [P_FLAGS] = {4, 4},  [P_OFFSET] = {8, 8},   [P_VADDR] = {16, 8},
    [P_FILESZ] = {32, 8}, [P_MEMSZ] = {40, 8}, [P_ALIGN] = {48, 8},
};

/* Writes one field; segment is the program header's index, for the fields of one. */
static inline void builder_set(struct builder *builder, enum field field, unsigned segment,
                               uint64_t value)
{
    size_t at = fields[field].offset;
    if (field == FILE_SIZE) {
        builder->size = value < BUILDER_SIZE_MAX ? value : BUILDER_SIZE_MAX;
        return;
    }
    if (field >= P_TYPE)
        at += BUILDER_TABLE + (size_t)segment * BUILDER_ENTRY;
    for (unsigned i = 0; i < fields[field].size; i++)
        builder->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static inline void builder_segment(struct builder *builder, unsigned segment, uint32_t flags,
                                   uint64_t offset, uint64_t address, uint64_t file_size,
                                   uint64_t memory_size, uint64_t alignment)
{
    builder_set(builder, P_TYPE, segment, 1);
    builder_set(builder, P_FLAGS, segment, flags);
    builder_set(builder, P_OFFSET, segment, offset);
    builder_set(builder, P_VADDR, segment, address);
    builder_set(builder, P_FILESZ, segment, file_size);
    builder_set(builder, P_MEMSZ, segment, memory_size);
    builder_set(builder, P_ALIGN, segment, alignment);
}

/* The headers of a good file: text, read-only data, data with zeros behind. */
static inline void builder_headers(struct builder *builder, uint64_t base)
{
    memset(builder->bytes, 0, 0x1000);
    builder->size = BUILDER_SIZE_MAX;
    builder_set(builder, MAGIC, 0, 0x464c457f);
    builder_set(builder, CLASS, 0, 2);
    builder_set(builder, DATA, 0, 1);
    builder_set(builder, IDENT_VERSION, 0, 1);
    builder_set(builder, TYPE, 0, 2);
    builder_set(builder, MACHINE, 0, 243);
    builder_set(builder, VERSION, 0, 1);
    builder_set(builder, ENTRY, 0, base + 0x10);
    builder_set(builder, PHOFF, 0, BUILDER_TABLE);
    builder_set(builder, EHSIZE, 0, 64);
    builder_set(builder, PHENTSIZE, 0, BUILDER_ENTRY);
    builder_set(builder, PHNUM, 0, 3);
    builder_segment(builder, 0, 5, 0x1000, base, 0x1000, 0x1000, 0x1000);
    builder_segment(builder, 1, 4, 0x2000, base + 0x2000, 0x1000, 0x1000, 0x1000);
    builder_segment(builder, 2, 6, 0x3000, base + 0x4000, 0x800, 0x3000, 0x1000);
}

/*
 * The same content as Go's internal linker writes it: the first segment's address rounded down to
 * 64 KiB, its offset dragged along to before the file, a page of headers in front of the text.
 */
static inline void builder_headers_go(struct builder *builder, uint64_t base)
{
    builder_headers(builder, base);
    builder_segment(builder, 0, 5, (uint64_t)-0xf000, base - 0x10000, 0x11000, 0x11000, 0x10000);
}

/* A good file, complete: every byte behind the headers tells where it is. */
static inline void builder_begin(struct builder *builder, uint64_t base)
{
    for (size_t i = 0; i < BUILDER_SIZE_MAX; i++)
        builder->bytes[i] = (uint8_t)(i / 256 + i);
    builder_headers(builder, base);
}

#endif
