/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a cpio archive in the "newc" format: pure arithmetic on bytes, without a library. The
 * loader finds init with it, init finds everything else. Nothing outside the archive is read.
 *
 * Specification: cpio(5), "New ASCII Format"; the archive ends with the entry TRAILER!!!.
 */
#ifndef ANSER_CPIO_H
#define ANSER_CPIO_H

#include <stddef.h>
#include <stdint.h>

#define CPIO_NAME_MAX 256 /* longest name that is taken, with its NUL */

enum cpio_code {
    CPIO_OK,
    CPIO_END,       /* the trailer was reached */
    CPIO_NOT_FOUND, /* cpio_find only */
    CPIO_EMPTY,     /* no bytes at all */
    CPIO_SHORT,     /* the archive ends inside a header; no trailer */
    CPIO_MAGIC,     /* no 070701 or 070702 where a header must be */
    CPIO_DIGIT,     /* a header field is not hexadecimal; value: its index, 0: c_ino */
    CPIO_NAME_SIZE, /* name length 0 or above CPIO_NAME_MAX and not zeros; value: the length */
    CPIO_NAME_PAST_END,
    CPIO_NAME_TERMINATOR, /* the name does not end in NUL */
    CPIO_DATA_PAST_END,   /* value: the file size */
    CPIO_CODE_COUNT
};

/* One entry. Pointers are into the archive. */
struct cpio_entry {
    const char *name; /* NUL-terminated, any leading "./" left out */
    const void *data;
    uint64_t size;
    uint64_t offset; /* of data in the archive */
    uint32_t mode;   /* st_mode */
};

/* A place in an archive. Zero position to begin. */
struct cpio_reader {
    const void *archive;
    uint64_t size;
    uint64_t position; /* of the next header */
    /* After an error: the header it is in, the number at fault, the last good entry's name or "".
     */
    uint64_t error_position;
    uint64_t error_value;
    const char *error_after;
};

/* Begins to read `size` bytes at `archive` (any alignment). */
void cpio_open(struct cpio_reader *reader, const void *archive, uint64_t size);

/* The next entry: CPIO_OK with *entry, CPIO_END, or an error, which the next call gives again. */
enum cpio_code cpio_next(struct cpio_reader *reader, struct cpio_entry *entry);

/* The regular file with this name: CPIO_OK, CPIO_NOT_FOUND, or the error met on the way to it. */
enum cpio_code cpio_find(const void *archive, uint64_t size, const char *name,
                         struct cpio_entry *entry);

/* What a code means, as an end of a sentence: "the name does not end in NUL". */
const char *cpio_describe(enum cpio_code code);

/* Whether an entry is a regular file, by its mode. */
static inline int cpio_is_file(const struct cpio_entry *entry)
{
    return (entry->mode & 0170000) == 0100000;
}

#endif
