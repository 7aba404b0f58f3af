/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cpio reader. A header is six digits of magic and thirteen fields of eight hexadecimal digits;
 * name and data follow, each padded with zeros to a multiple of four from the archive's start.
 */
#include "loader/cpio.h"

#define HEADER_SIZE 110u
#define MAGIC_SIZE  6u
#define FIELD_SIZE  8u
#define FIELD_COUNT 13u

enum { FIELD_MODE = 1, FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

/* Longest run of NULs behind a name: enough to bring data to the next page. */
#define NAME_PADDING_MAX 8192u

static const char trailer[] = "TRAILER!!!";

void cpio_open(struct cpio_reader *reader, const void *archive, uint64_t size)
{
    *reader = (struct cpio_reader){.archive = archive, .size = size, .error_after = ""};
}

static int same_string(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Value of a hexadecimal digit, or -1. */
static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

static enum cpio_code fail(struct cpio_reader *reader, enum cpio_code code, uint64_t value)
{
    reader->error_position = reader->position;
    reader->error_value = value;
    return code;
}

static int magic_fits(const uint8_t *header)
{
    static const char magic[] = "07070";
    for (unsigned i = 0; i < MAGIC_SIZE - 1; i++) {
        if (header[i] != (uint8_t)magic[i])
            return 0;
    }
    return header[MAGIC_SIZE - 1] == '1' || header[MAGIC_SIZE - 1] == '2';
}

static enum cpio_code decode_fields(struct cpio_reader *reader, const uint8_t *header,
                                    uint32_t fields[FIELD_COUNT])
{
    if (!magic_fits(header))
        return fail(reader, CPIO_MAGIC, 0);
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        const uint8_t *digits = header + MAGIC_SIZE + field * FIELD_SIZE;
        fields[field] = 0;
        for (unsigned i = 0; i < FIELD_SIZE; i++) {
            int value = digit_value(digits[i]);
            if (value < 0)
                return fail(reader, CPIO_DIGIT, field);
            fields[field] = fields[field] << 4 | (uint32_t)value;
        }
    }
    return CPIO_OK;
}

/* The name is a string, and what stands behind it up to its size is NULs. */
static enum cpio_code check_name(struct cpio_reader *reader, const char *name, uint64_t size)
{
    uint64_t length = 0;
    while (length < size && name[length] != '\0')
        length++;
    if (length == size)
        return fail(reader, CPIO_NAME_TERMINATOR, size);
    if (length >= CPIO_NAME_MAX)
        return fail(reader, CPIO_NAME_SIZE, size);
    for (uint64_t i = length; i < size; i++) {
        if (name[i] != '\0')
            return fail(reader, CPIO_NAME_TERMINATOR, size);
    }
    return CPIO_OK;
}

static uint64_t round_up(uint64_t offset)
{
    return (offset + 3) & ~(uint64_t)3;
}

/* Sizes are 32-bit and the position is inside the archive, so no sum below can wrap. */
enum cpio_code cpio_next(struct cpio_reader *reader, struct cpio_entry *entry)
{
    if (reader->size == 0)
        return fail(reader, CPIO_EMPTY, 0);
    if (reader->position > reader->size || reader->size - reader->position < HEADER_SIZE)
        return fail(reader, CPIO_SHORT, reader->size);
    const uint8_t *header = (const uint8_t *)reader->archive + reader->position;
    uint32_t fields[FIELD_COUNT];
    enum cpio_code code = decode_fields(reader, header, fields);
    if (code != CPIO_OK)
        return code;

    uint64_t name_size = fields[FIELD_NAME_SIZE];
    uint64_t left = reader->size - reader->position - HEADER_SIZE;
    if (name_size == 0 || name_size > NAME_PADDING_MAX)
        return fail(reader, CPIO_NAME_SIZE, name_size);
    if (name_size > left)
        return fail(reader, CPIO_NAME_PAST_END, name_size);
    const char *name = (const char *)header + HEADER_SIZE;
    code = check_name(reader, name, name_size);
    if (code != CPIO_OK)
        return code;
    if (same_string(name, trailer))
        return CPIO_END;

    uint64_t data = round_up(reader->position + HEADER_SIZE + name_size);
    uint64_t size = fields[FIELD_FILE_SIZE];
    if (data > reader->size || size > reader->size - data) {
        /* The name is known: the message can say which entry is cut off. */
        reader->error_after = name;
        return fail(reader, CPIO_DATA_PAST_END, size);
    }
    entry->name = name[0] == '.' && name[1] == '/' ? name + 2 : name;
    entry->data = (const uint8_t *)reader->archive + data;
    entry->size = size;
    entry->offset = data;
    entry->mode = fields[FIELD_MODE];
    reader->error_after = entry->name;
    reader->position = round_up(data + size);
    return CPIO_OK;
}

enum cpio_code cpio_find(const void *archive, uint64_t size, const char *name,
                         struct cpio_entry *entry)
{
    struct cpio_reader reader;
    cpio_open(&reader, archive, size);
    for (;;) {
        enum cpio_code code = cpio_next(&reader, entry);
        if (code != CPIO_OK)
            return code == CPIO_END ? CPIO_NOT_FOUND : code;
        if (cpio_is_file(entry) && same_string(entry->name, name))
            return CPIO_OK;
    }
}

const char *cpio_describe(enum cpio_code code)
{
    static const char *const words[CPIO_CODE_COUNT] = {
        [CPIO_OK] = "no error",
        [CPIO_END] = "the archive has ended",
        [CPIO_NOT_FOUND] = "the archive has no such file",
        [CPIO_EMPTY] = "the archive is empty",
        [CPIO_SHORT] = "the archive ends before its trailer",
        [CPIO_MAGIC] = "no 070701 where a header must be",
        [CPIO_DIGIT] = "a header field is not a hexadecimal number",
        [CPIO_NAME_SIZE] = "the length of the name is out of range",
        [CPIO_NAME_PAST_END] = "the name goes past the end of the archive",
        [CPIO_NAME_TERMINATOR] = "the name does not end in NUL",
        [CPIO_DATA_PAST_END] = "the data goes past the end of the archive",
    };
    return (unsigned)code < CPIO_CODE_COUNT ? words[code] : "unknown error";
}
