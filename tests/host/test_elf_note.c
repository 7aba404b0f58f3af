/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files say that they are Anser's own programs, and which only look like it. */
/* sources: lib/elf_note.c loader/elf.c */
#include <stdlib.h>
#include <string.h>
#include "elf_builder.h"
#include "lib/elf_note.h"
#include "tap.h"

#define NOTES 0x400 /* where in the file the notes lie */

static struct builder file;

/* Appends a note; returns where the next one goes. */
static size_t put_note(size_t at, const char *name, uint32_t name_size, uint32_t type,
                       const void *description, uint32_t size)
{
    const uint32_t head[] = {name_size, size, type};
    memcpy(file.bytes + at, head, sizeof(head));
    memcpy(file.bytes + at + 12, name, strlen(name) + 1);
    size_t text = at + 12 + ((name_size + 3u) & ~3u);
    memcpy(file.bytes + text, description, size);
    return text + ((size + 3u) & ~3u);
}

/* The third program header becomes the notes from NOTES to `end`. */
static void close_notes(size_t end)
{
    builder_segment(&file, 2, 4, NOTES, 0, end - NOTES, end - NOTES, 4);
    builder_set(&file, P_TYPE, 2, 4);
}

/* Reads from a copy that ends where the file does, so that the sanitizer sees a byte too many. */
static bool look(uint32_t *version)
{
    struct elf_image image;
    struct elf_error error;
    uint8_t *copy = malloc(file.size);
    memcpy(copy, file.bytes, file.size);
    bool found = elf_decode(copy, file.size, &image, &error) == ELF_OK &&
                 elf_note_version(copy, file.size, &image, version);
    free(copy);
    return found;
}

static void test_found(void)
{
    uint32_t version = 0, one = 1, seven = 7;
    builder_begin(&file, 0x10000);
    TEST(!look(&version), "a file without notes is foreign");
    close_notes(put_note(NOTES, "Anser", 6, 1, &one, 4));
    TEST(look(&version) && version == 1, "the note alone: version %u", version);
    size_t at = put_note(NOTES, "Go", 4, 4, "a build id", 10);
    at = put_note(at, "Anser", 6, 2, &one, 4);
    close_notes(put_note(at, "Anser", 6, 1, &seven, 4));
    TEST(look(&version) && version == 7, "behind others, of another owner and type: %u", version);
}

/* The note without description that says of signals. */
static bool look_for_signals(void)
{
    struct elf_image image;
    struct elf_error error;
    return elf_decode(file.bytes, file.size, &image, &error) == ELF_OK &&
           elf_note_signals(file.bytes, file.size, &image);
}

static void test_signals(void)
{
    uint32_t one = 1;
    builder_begin(&file, 0x10000);
    TEST(!look_for_signals(), "a file without notes heeds nothing");
    size_t at = put_note(NOTES, "Anser", 6, 1, &one, 4);
    close_notes(at);
    TEST(!look_for_signals(), "nor does our program as such");
    close_notes(put_note(at, "Anser", 6, 2, "", 0));
    TEST(look_for_signals(), "but with the other note");
    close_notes(put_note(at, "Anser", 6, 2, &one, 4));
    TEST(!look_for_signals(), "which has no description");
    close_notes(put_note(at, "Angel", 6, 2, "", 0));
    TEST(!look_for_signals(), "and our name");
}

static void test_not_found(void)
{
    static const struct {
        const char *what, *name;
        uint32_t name_size, type, size;
    } rows[] = {
        {"another owner", "Angel", 6, 1, 4},        {"the owner cut short", "Anse", 5, 1, 4},
        {"the owner with more", "AnserX", 7, 1, 4}, {"another type", "Anser", 6, 3, 4},
        {"a longer description", "Anser", 6, 1, 8}, {"an empty description", "Anser", 6, 1, 0},
    };
    uint64_t ones = 0x100000001;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t version;
        builder_begin(&file, 0x10000);
        close_notes(
            put_note(NOTES, rows[i].name, rows[i].name_size, rows[i].type, &ones, rows[i].size));
        TEST(!look(&version), "%s is not our note", rows[i].what);
    }
}

/* Every way to cut off or to blow up a good note. */
static void test_damaged(void)
{
    uint32_t version, one = 1;
    builder_begin(&file, 0x10000);
    size_t end = put_note(NOTES, "Anser", 6, 1, &one, 4);
    unsigned found = 0;
    for (size_t cut = NOTES; cut < end; cut++) {
        close_notes(cut);
        found += look(&version);
    }
    TEST(found == 0, "a note that is cut short is none");
    for (unsigned field = 0; field < 2; field++) {
        put_note(NOTES, "Anser", 6, 1, &one, 4);
        memset(file.bytes + NOTES + 4 * field, 0xff, 4);
        close_notes(end);
        TEST(!look(&version), "size %u of 4 GiB is none", field);
    }
    put_note(NOTES, "Anser", 6, 1, &one, 4);
    close_notes(end);
    builder_set(&file, P_FILESZ, 2, UINT64_MAX);
    TEST(!look(&version), "notes longer than the file are none");
    builder_set(&file, P_OFFSET, 2, UINT64_MAX);
    TEST(!look(&version), "notes behind the file are none");
    file.size = NOTES + 10;
    close_notes(end);
    TEST(!look(&version), "a file that ends inside its notes has none");
}

int main(void)
{
    test_found();
    test_signals();
    test_not_found();
    test_damaged();
    return tap_done();
}
