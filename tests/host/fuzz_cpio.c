/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: any bytes are an archive or a clean error, and what is found lies inside of them. */
/* sources: loader/cpio.c */
#include <stdlib.h>
#include <string.h>
#include "loader/cpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Everything that a caller may touch in an entry. */
static void check_entry(const uint8_t *bytes, size_t size, const struct cpio_entry *entry)
{
    require(entry->offset <= size && entry->size <= size - entry->offset);
    require((const uint8_t *)entry->data == bytes + entry->offset);
    require((const uint8_t *)entry->name > bytes &&
            strlen(entry->name) < (size_t)(bytes + size - (const uint8_t *)entry->name));
    require(strlen(entry->name) < CPIO_NAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cpio_reader reader;
    struct cpio_entry entry, found;
    enum cpio_code code;
    uint64_t before = 0;
    cpio_open(&reader, bytes, size);
    while ((code = cpio_next(&reader, &entry)) == CPIO_OK) {
        check_entry(bytes, size, &entry);
        require(reader.position > before);
        before = reader.position;
        if (cpio_is_file(&entry))
            require(cpio_find(bytes, size, entry.name, &found) == CPIO_OK);
    }
    require(code != CPIO_NOT_FOUND && code < CPIO_CODE_COUNT);
    require(reader.error_after == NULL || strlen(reader.error_after) < CPIO_NAME_MAX);
    return 0;
}
