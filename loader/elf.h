/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading an ELF-64 executable: pure arithmetic on bytes, with no hardware and no library in it.
 * The loader reads the kernel image and init with it, user-level code reads programs.
 *
 * Two steps, so that each can be tested and proven alone:
 *   elf_decode    bytes -> numbers; knows the file format and the size of the file
 *   elf_validate  numbers + policy -> plan; knows where segments may go, never touches bytes
 * A plan only holds copies that were checked in full: every source byte is inside the file, every
 * destination byte is where the policy allows it, and no two destinations meet.
 *
 * Specification: System V ABI, chapters 4 and 5 (ELF-64), and the RISC-V psABI.
 */
#ifndef ANSER_ELF_H
#define ANSER_ELF_H

#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX  16
#define ELF_MACHINE_RISCV 243

/* Segment flags, as in the file (p_flags). */
#define ELF_EXECUTE 1u
#define ELF_WRITE   2u
#define ELF_READ    4u

/* Every way to be refused. elf_describe (loader/elf_message.h) has the words for each. */
enum elf_code {
    ELF_OK,

    /* elf_decode: the file header */
    ELF_FILE_EMPTY,
    ELF_FILE_SHORT,
    ELF_MAGIC,
    ELF_CLASS,
    ELF_BYTE_ORDER,
    ELF_IDENT_VERSION,
    ELF_TYPE_RELOCATABLE,
    ELF_TYPE_SHARED,
    ELF_TYPE_CORE,
    ELF_TYPE,
    ELF_VERSION,
    ELF_HEADER_SIZE,
    ELF_TABLE_ENTRY_SIZE,
    ELF_TABLE_COUNT_ZERO,
    ELF_TABLE_COUNT_EXTENDED,
    ELF_TABLE_OFFSET_ZERO,
    ELF_TABLE_OFFSET_INSIDE_HEADER,
    ELF_TABLE_OFFSET_ALIGNMENT,
    ELF_TABLE_OFFSET_PAST_END,
    ELF_TABLE_WRAPS,
    ELF_TABLE_PAST_END,

    /* elf_decode: the program header table */
    ELF_INTERPRETER,
    ELF_DYNAMIC,
    ELF_TLS_TWICE,
    ELF_SEGMENTS_NONE,
    ELF_SEGMENTS_TOO_MANY,

    /* elf_validate: the program as a whole */
    ELF_MACHINE,
    ELF_ENTRY_ALIGNMENT,
    ELF_ENTRY_OUTSIDE,
    ELF_ENTRY_NOT_EXECUTABLE,
    ELF_ENTRY_NOT_IN_FILE,
    ELF_TOTAL_SIZE,

    /* elf_validate: one segment, alone */
    ELF_SEGMENT_FLAGS,
    ELF_SEGMENT_WRITE_EXECUTE,
    ELF_SEGMENT_NOT_READABLE,
    ELF_SEGMENT_ALIGNMENT_ODD,
    ELF_SEGMENT_ALIGNMENT_HUGE,
    ELF_SEGMENT_ALIGNMENT_BROKEN,
    ELF_SEGMENT_SIZE_ZERO,
    ELF_SEGMENT_MEMORY_BELOW_FILE,
    ELF_SEGMENT_MEMORY_HUGE,
    ELF_SEGMENT_ADDRESS_WRAPS,
    ELF_SEGMENT_OFFSET_NEGATIVE,
    ELF_SEGMENT_OFFSET_BEFORE_SEGMENT,
    ELF_SEGMENT_OFFSET_PAST_END,
    ELF_SEGMENT_FILE_PAST_END,
    ELF_SEGMENT_FILE_WRAPS,

    /* elf_validate: one segment, in its place */
    ELF_SEGMENT_ADDRESS_ZERO,
    ELF_SEGMENT_NON_CANONICAL,
    ELF_SEGMENT_KERNEL_HALF,
    ELF_SEGMENT_FORBIDDEN,
    ELF_SEGMENT_NOT_ALLOWED,

    /* elf_validate: one segment, beside those before it */
    ELF_SEGMENT_DUPLICATE,
    ELF_SEGMENT_UNSORTED,
    ELF_SEGMENT_OVERLAP,
    ELF_SEGMENT_PAGE_SHARED,

    /* elf_validate: thread-local storage */
    ELF_TLS_FORBIDDEN,
    ELF_TLS_MEMORY_BELOW_FILE,
    ELF_TLS_MEMORY_HUGE,
    ELF_TLS_ALIGNMENT,
    ELF_TLS_NOT_LOADED,

    ELF_CODE_COUNT
};

/* Why a file was refused: which entry of the program header table, and the number at fault. */
struct elf_error {
    enum elf_code code;
    int entry;         /* index in the program header table, -1: the file header */
    uint64_t value;    /* of the field that is wrong */
    uint64_t limit;    /* what it was compared with, where that tells more; else 0 */
    const char *place; /* name of the range that was hit, for ELF_SEGMENT_FORBIDDEN; else NULL */
};

/* A program header, as the file has it. */
struct elf_segment {
    uint64_t offset; /* may be negative, as two's complement: see elf_policy.negative_offset */
    uint64_t address;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t alignment;
    uint32_t flags;
    uint32_t entry; /* index in the program header table, for messages */
};

/* What elf_decode found. Nothing in segments and tls has been judged yet. */
struct elf_image {
    uint64_t size; /* of the file */
    uint64_t entry;
    uint64_t table_offset; /* program header table: where in the file, how many entries */
    uint32_t table_count;
    uint16_t machine;
    uint16_t has_tls;
    uint32_t segment_count; /* PT_LOAD only, in the order of the file */
    struct elf_segment segments[ELF_SEGMENTS_MAX];
    struct elf_segment tls; /* PT_TLS, if has_tls */
};

/* [base, base + size), never wrapping; name is for messages ("the firmware"). */
struct elf_range {
    uint64_t base;
    uint64_t size;
    const char *name;
};

/* Where a program may go and what it may ask for. */
struct elf_policy {
    uint16_t machine;         /* ELF_MACHINE_RISCV */
    uint16_t address_bits;    /* virtual address width, 39 for Sv39; the upper half is refused */
    uint32_t entry_alignment; /* 2 with the C extension, else 4 */
    uint64_t page_size;       /* no two segments in one page; offset and address agree modulo it */
    uint64_t alignment_max;   /* largest p_align that is taken */
    uint64_t size_max;        /* most memory, of one segment and of all together */
    int write_execute;        /* not 0: a segment may be writable and executable */
    int tls;                  /* not 0: PT_TLS is taken and checked */
    /*
     * Not 0: a p_offset below zero is read as signed, and the bytes before the file's start are
     * dropped from the front of the segment (golang/go#57983).
     */
    int negative_offset;
    /*
     * Most bytes of a copy of the file's own headers that may lie below clip_base, in a segment
     * whose bytes start at the file's start. They are dropped: nobody needs them in memory.
     */
    uint64_t clip_base;
    uint64_t clip_max;

    const struct elf_range *allowed; /* a segment must be inside one of these */
    size_t allowed_count;
    const struct elf_range *forbidden; /* and must meet none of those */
    size_t forbidden_count;
};

/* One checked copy: file_size bytes from offset to address, then zeros up to memory_size. */
struct elf_copy {
    uint64_t offset;
    uint64_t address;
    uint64_t file_size;
    uint64_t memory_size;
    uint32_t flags;
    uint32_t entry;
};

/* A program that may be loaded as it stands. Copies are sorted by address and disjoint. */
struct elf_plan {
    uint64_t entry;
    uint64_t base; /* hull of all copies: [base, end) */
    uint64_t end;
    uint64_t memory_size; /* sum over all copies */
    uint32_t copy_count;
    uint32_t has_tls;
    struct elf_copy copies[ELF_SEGMENTS_MAX];
    struct elf_segment tls; /* initial image at tls.address once loaded; checked, if has_tls */
};

/*
 * Reads the headers of the ELF-64 file of size bytes at bytes (any alignment) into *image. Returns
 * ELF_OK, or why not, with the particulars in *error. Never reads outside [bytes, bytes + size).
 * *image is meaningless after an error.
 */
enum elf_code elf_decode(const void *bytes, size_t size, struct elf_image *image,
                         struct elf_error *error);

/*
 * Judges a decoded image by policy and makes the plan to load it. Returns ELF_OK, or why not, with
 * the particulars in *error. *plan is meaningless after an error. Keeps no pointer.
 */
enum elf_code elf_validate(const struct elf_image *image, const struct elf_policy *policy,
                           struct elf_plan *plan, struct elf_error *error);

/*
 * The step elf_validate is made of: adds one segment of a file of file_size bytes to a valid plan,
 * which stays valid; after an error the plan is as it was. A segment that holds nothing but clipped
 * headers adds nothing.
 */
enum elf_code elf_plan_add(struct elf_plan *plan, const struct elf_policy *policy,
                           uint64_t file_size, const struct elf_segment *segment,
                           struct elf_error *error);

#endif
