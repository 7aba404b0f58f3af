/* SPDX-License-Identifier: BSD-2-Clause */
/* One table of words, indexed by the code of the refusal. */
#include "loader/elf_message.h"

#include "loader/line.h"

struct wording {
    const char *field;  /* name in the ELF specification */
    const char *reason; /* continues "FIELD = VALUE", the limit follows in brackets */
};

static const struct wording wordings[ELF_CODE_COUNT] = {
    [ELF_OK] = {"file", "is fine"},
    [ELF_FILE_EMPTY] = {"file size", "is nothing at all"},
    [ELF_FILE_SHORT] = {"file size", "is less than an ELF-64 header"},
    [ELF_MAGIC] = {"EI_MAG", "is not the magic number of ELF"},
    [ELF_CLASS] = {"EI_CLASS", "is not ELFCLASS64"},
    [ELF_BYTE_ORDER] = {"EI_DATA", "is not little endian"},
    [ELF_IDENT_VERSION] = {"EI_VERSION", "is not the current version"},
    [ELF_TYPE_RELOCATABLE] = {"e_type", "is an object file, not an executable"},
    [ELF_TYPE_SHARED] = {"e_type", "is a shared object or PIE, not a static executable"},
    [ELF_TYPE_CORE] = {"e_type", "is a core dump, not an executable"},
    [ELF_TYPE] = {"e_type", "is unknown"},
    [ELF_VERSION] = {"e_version", "is not the current version"},
    [ELF_HEADER_SIZE] = {"e_ehsize", "is not the size of an ELF-64 header"},
    [ELF_TABLE_ENTRY_SIZE] = {"e_phentsize", "is not the size of an ELF-64 program header"},
    [ELF_TABLE_COUNT_ZERO] = {"e_phnum", "leaves nothing to load"},
    [ELF_TABLE_COUNT_EXTENDED] = {"e_phnum", "asks for extended numbering"},
    [ELF_TABLE_OFFSET_ZERO] = {"e_phoff", "says that there is no program header table"},
    [ELF_TABLE_OFFSET_INSIDE_HEADER] = {"e_phoff", "is inside the file header"},
    [ELF_TABLE_OFFSET_ALIGNMENT] = {"e_phoff", "is misaligned"},
    [ELF_TABLE_OFFSET_PAST_END] = {"e_phoff", "is past the end of the file"},
    [ELF_TABLE_WRAPS] = {"e_phoff", "plus the size of the table wraps around"},
    [ELF_TABLE_PAST_END] = {"e_phnum", "takes the table past the end of the file"},
    [ELF_INTERPRETER] = {"p_type", "asks for an interpreter (PT_INTERP)"},
    [ELF_DYNAMIC] = {"p_type", "asks for dynamic linking (PT_DYNAMIC)"},
    [ELF_TLS_TWICE] = {"p_type", "is a second PT_TLS"},
    [ELF_SEGMENTS_NONE] = {"e_phnum", "entries, and none is PT_LOAD"},
    [ELF_SEGMENTS_TOO_MANY] = {"e_phnum", "entries hold too many of PT_LOAD"},
    [ELF_MACHINE] = {"e_machine", "is another machine"},
    [ELF_ENTRY_ALIGNMENT] = {"e_entry", "is misaligned"},
    [ELF_ENTRY_OUTSIDE] = {"e_entry", "is outside all segments"},
    [ELF_ENTRY_NOT_EXECUTABLE] = {"e_entry", "is in a segment that is not executable"},
    [ELF_ENTRY_NOT_IN_FILE] = {"e_entry", "is in memory that starts as zeros"},
    [ELF_TOTAL_SIZE] = {"p_memsz", "is too much together with the segments before"},
    [ELF_SEGMENT_FLAGS] = {"p_flags", "has unknown bits"},
    [ELF_SEGMENT_WRITE_EXECUTE] = {"p_flags", "is writable and executable"},
    [ELF_SEGMENT_NOT_READABLE] = {"p_flags", "cannot be had: not readable"},
    [ELF_SEGMENT_ALIGNMENT_ODD] = {"p_align", "is not a power of two"},
    [ELF_SEGMENT_ALIGNMENT_HUGE] = {"p_align", "is larger than can be given"},
    [ELF_SEGMENT_ALIGNMENT_BROKEN] = {"p_vaddr", "and p_offset disagree modulo the alignment"},
    [ELF_SEGMENT_SIZE_ZERO] = {"p_memsz", "makes an empty segment"},
    [ELF_SEGMENT_MEMORY_BELOW_FILE] = {"p_memsz", "is smaller than p_filesz"},
    [ELF_SEGMENT_MEMORY_HUGE] = {"p_memsz", "is more than may be loaded"},
    [ELF_SEGMENT_ADDRESS_WRAPS] = {"p_vaddr", "plus p_memsz wraps around"},
    [ELF_SEGMENT_OFFSET_NEGATIVE] = {"p_offset", "is past any file"},
    [ELF_SEGMENT_OFFSET_BEFORE_SEGMENT] = {"p_offset", "puts all of p_filesz before the file"},
    [ELF_SEGMENT_OFFSET_PAST_END] = {"p_offset", "is past the end of the file"},
    [ELF_SEGMENT_FILE_PAST_END] = {"p_filesz", "is more than the file has there"},
    [ELF_SEGMENT_FILE_WRAPS] = {"p_filesz", "plus p_offset wraps around"},
    [ELF_SEGMENT_ADDRESS_ZERO] = {"p_vaddr", "is in the page at address 0"},
    [ELF_SEGMENT_NON_CANONICAL] = {"p_vaddr", "reaches no canonical address of so many bits"},
    [ELF_SEGMENT_KERNEL_HALF] = {"p_vaddr", "is in the upper half of the address space"},
    [ELF_SEGMENT_FORBIDDEN] = {"p_vaddr", "would overwrite"},
    [ELF_SEGMENT_NOT_ALLOWED] = {"p_vaddr", "plus p_memsz leaves the memory that there is"},
    [ELF_SEGMENT_DUPLICATE] = {"p_vaddr", "is that of the segment before"},
    [ELF_SEGMENT_UNSORTED] = {"p_vaddr", "is below the segment before"},
    [ELF_SEGMENT_OVERLAP] = {"p_vaddr", "is inside the segment before"},
    [ELF_SEGMENT_PAGE_SHARED] = {"p_vaddr", "shares a page with the segment before"},
    [ELF_TLS_FORBIDDEN] = {"p_type", "asks for thread-local storage (PT_TLS)"},
    [ELF_TLS_MEMORY_BELOW_FILE] = {"p_memsz of PT_TLS", "is smaller than p_filesz"},
    [ELF_TLS_MEMORY_HUGE] = {"p_memsz of PT_TLS", "is more than may be loaded"},
    [ELF_TLS_ALIGNMENT] = {"p_align of PT_TLS", "cannot be given"},
    [ELF_TLS_NOT_LOADED] = {"p_vaddr of PT_TLS", "is not inside the bytes of a segment"},
};

size_t elf_describe(const struct elf_error *error, char *text, size_t size)
{
    struct line line = line_begin(text, size);
    int known = error->code >= 0 && error->code < ELF_CODE_COUNT;
    const struct wording *words = &wordings[known ? error->code : ELF_OK];

    if (error->entry >= 0) {
        line_add(&line, "program header ");
        line_add_decimal(&line, (uint64_t)error->entry);
        line_add(&line, ": ");
    }
    line_add(&line, words->field);
    line_add(&line, " = ");
    line_add_hex(&line, error->value);
    line_add(&line, " ");
    line_add(&line, words->reason);
    if (error->place) {
        line_add(&line, " ");
        line_add(&line, error->place);
    }
    if (error->limit) {
        line_add(&line, error->place ? " at " : " (");
        line_add_hex(&line, error->limit);
        line_add(&line, error->place ? "" : ")");
    }
    return line.length;
}
