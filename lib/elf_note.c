/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks the notes of an ELF file: name size, description size, type, name, description. */
#include "lib/elf_note.h"

#include <string.h>

enum {
    TABLE_ENTRY_SIZE = 56,
    ENTRY_NOTE = 4,
    NOTE_HEAD = 12,
};

/* Little endian at any alignment: the file may lie anywhere. */
static uint64_t read_number(const uint8_t *bytes, unsigned size)
{
    uint64_t number = 0;
    while (size-- > 0)
        number = number << 8 | bytes[size];
    return number;
}

/* Name and description are padded to four bytes each. */
static uint64_t padded(uint64_t size)
{
    return (size + 3) & ~(uint64_t)3;
}

static bool is_ours(const uint8_t *note, uint64_t name_size)
{
    return name_size == sizeof(ELF_NOTE_OWNER) &&
           memcmp(note + NOTE_HEAD, ELF_NOTE_OWNER, sizeof(ELF_NOTE_OWNER)) == 0;
}

/* The description of our note of this type and size; NULL: it is not there. The notes are those of
 * one segment, all of which lies in the file. */
static const uint8_t *find_in(const uint8_t *notes, uint64_t size, uint32_t type, uint64_t wanted)
{
    while (size >= NOTE_HEAD) {
        uint64_t name_size = read_number(notes, 4), description_size = read_number(notes + 4, 4);
        uint64_t description = NOTE_HEAD + padded(name_size); /* no sum of 32-bit sizes wraps */
        if (description + description_size > size)
            return NULL;
        if (description_size == wanted && read_number(notes + 8, 4) == type &&
            is_ours(notes, name_size))
            return notes + description;
        uint64_t next = description + padded(description_size);
        if (next > size)
            return NULL;
        notes += next;
        size -= next;
    }
    return NULL;
}

static const uint8_t *find(const void *bytes, size_t size, const struct elf_image *image,
                           uint32_t type, uint64_t wanted)
{
    const uint8_t *file = bytes;
    for (uint32_t i = 0; i < image->table_count; i++) {
        const uint8_t *entry = file + image->table_offset + (size_t)i * TABLE_ENTRY_SIZE;
        uint64_t offset = read_number(entry + 8, 8), length = read_number(entry + 32, 8);
        if (read_number(entry, 4) != ENTRY_NOTE || offset > size || length > size - offset)
            continue;
        const uint8_t *description = find_in(file + offset, length, type, wanted);
        if (description)
            return description;
    }
    return NULL;
}

bool elf_note_version(const void *bytes, size_t size, const struct elf_image *image,
                      uint32_t *version)
{
    const uint8_t *description = find(bytes, size, image, ELF_NOTE_VERSION, sizeof(*version));
    if (description)
        *version = (uint32_t)read_number(description, sizeof(*version));
    return description != NULL;
}

bool elf_note_signals(const void *bytes, size_t size, const struct elf_image *image)
{
    return find(bytes, size, image, ELF_NOTE_SIGNALS, 0) != NULL;
}
