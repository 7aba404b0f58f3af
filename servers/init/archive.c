/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of regular files in the archive's order. Names and data stay where they are. */
#include "archive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "boot.h"

static struct cpio_entry *files;
static size_t file_count, file_room;
static enum cpio_code ended; /* how the walk ended: CPIO_END, or the damage */

static bool add(const struct cpio_entry *file)
{
    if (file_count == file_room) {
        size_t room = file_room == 0 ? 128 : 2 * file_room;
        struct cpio_entry *larger = realloc(files, room * sizeof(*files));
        if (!larger)
            return false;
        files = larger;
        file_room = room;
    }
    files[file_count++] = *file;
    return true;
}

void archive_open(void)
{
    struct cpio_reader reader;
    struct cpio_entry file;
    cpio_open(&reader, boot.archive, boot.archive_size);
    while ((ended = cpio_next(&reader, &file)) == CPIO_OK) {
        if (cpio_is_file(&file) && !add(&file)) {
            boot_report("archive: no memory for what follows '%s'", file.name);
            ended = CPIO_END;
            return;
        }
    }
    if (ended == CPIO_END)
        return;
    /* The name of an entry is known only when nothing but its data is wrong. */
    boot_report("archive: entry at byte %lu (%s '%s'): %s (value %lu)", reader.error_position,
                ended == CPIO_DATA_PAST_END ? "named" : "after", reader.error_after,
                cpio_describe(ended), reader.error_value);
}

/* The first of two files with the same name counts, as for whoever walks the archive. */
enum cpio_code archive_find(const char *name, struct cpio_entry *file)
{
    for (size_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].name, name) == 0) {
            *file = files[i];
            return CPIO_OK;
        }
    }
    return ended == CPIO_END ? CPIO_NOT_FOUND : ended;
}

const struct cpio_entry *archive_at(size_t index)
{
    return index < file_count ? &files[index] : NULL;
}
