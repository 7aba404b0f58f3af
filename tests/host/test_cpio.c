/* SPDX-License-Identifier: BSD-2-Clause */
/* The cpio reader: what it takes, and each way in which an archive can be broken. */
/* sources: loader/cpio.c */
#include <stdlib.h>
#include <string.h>
#include "loader/cpio.h"
#include "tap.h"

#define ROOM 16384

/* An archive in the making, in memory of exactly its size when it is read. */
struct archive {
    uint8_t bytes[ROOM];
    size_t size;
};

static void pad(struct archive *archive)
{
    while (archive->size % 4 != 0)
        archive->bytes[archive->size++] = 0;
}

/* Appends an entry; the name is given with all its bytes. Returns where its header is. */
static size_t append(struct archive *archive, const char *name, size_t name_size, const void *data,
                     size_t size, unsigned mode)
{
    size_t begin = archive->size;
    char header[111];
    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             1, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)name_size, 0);
    memcpy(archive->bytes + archive->size, header, 110);
    archive->size += 110;
    memcpy(archive->bytes + archive->size, name, name_size);
    archive->size += name_size;
    pad(archive);
    if (size > 0)
        memcpy(archive->bytes + archive->size, data, size);
    archive->size += size;
    pad(archive);
    return begin;
}

static size_t append_file(struct archive *archive, const char *name, const char *text)
{
    return append(archive, name, strlen(name) + 1, text, strlen(text), 0100644);
}

static void append_trailer(struct archive *archive)
{
    append(archive, "TRAILER!!!", 11, "", 0, 0);
}

/* Two files and a directory. */
static struct archive *good_archive(void)
{
    struct archive *archive = calloc(1, sizeof(*archive));
    append_file(archive, "init", "first");
    append(archive, "programs", 9, "", 0, 0040755);
    append_file(archive, "./programs/hello", "hello, world");
    append_trailer(archive);
    return archive;
}

/* Reads to the end in memory that ends where the archive does. Returns the last code. */
static enum cpio_code read_all(const struct archive *archive, struct cpio_reader *reader,
                               unsigned *entries)
{
    uint8_t *exact = malloc(archive->size + 1);
    memcpy(exact, archive->bytes, archive->size);
    struct cpio_entry entry;
    enum cpio_code code;
    uint8_t *tight = realloc(exact, archive->size == 0 ? 1 : archive->size);
    cpio_open(reader, tight, archive->size);
    *entries = 0;
    while ((code = cpio_next(reader, &entry)) == CPIO_OK)
        (*entries)++;
    if (cpio_next(reader, &entry) != code)
        TEST(0, "the end comes again: %s", cpio_describe(code));
    free(tight);
    reader->error_after = NULL;
    return code;
}

static void test_good(void)
{
    struct archive *archive = good_archive();
    struct cpio_reader reader;
    struct cpio_entry entry;
    cpio_open(&reader, archive->bytes, archive->size);
    TEST(cpio_next(&reader, &entry) == CPIO_OK && strcmp(entry.name, "init") == 0, "first entry");
    TEST(entry.size == 5 && memcmp(entry.data, "first", 5) == 0, "its data");
    TEST((const uint8_t *)entry.data == archive->bytes + entry.offset, "its offset");
    TEST(cpio_is_file(&entry), "it is a file");
    TEST(cpio_next(&reader, &entry) == CPIO_OK && !cpio_is_file(&entry), "a directory is none");
    TEST(cpio_next(&reader, &entry) == CPIO_OK && strcmp(entry.name, "programs/hello") == 0,
         "a leading ./ is left out");
    TEST(cpio_next(&reader, &entry) == CPIO_END, "the trailer ends it");

    TEST(cpio_find(archive->bytes, archive->size, "programs/hello", &entry) == CPIO_OK &&
             entry.size == 12,
         "a file is found by its name");
    TEST(cpio_find(archive->bytes, archive->size, "programs", &entry) == CPIO_NOT_FOUND,
         "a directory is not found as a file");
    TEST(cpio_find(archive->bytes, archive->size, "init2", &entry) == CPIO_NOT_FOUND,
         "what begins alike is not found");
    free(archive);
}

static void test_padding(void)
{
    struct archive *archive = calloc(1, sizeof(*archive));
    char name[4000] = "padded";
    struct cpio_entry entry;
    append(archive, name, sizeof(name), "data", 4, 0100644);
    append_trailer(archive);
    TEST(cpio_find(archive->bytes, archive->size, "padded", &entry) == CPIO_OK,
         "NULs behind a name bring data to its place");
    memset(name, 'n', 255);
    archive->size = 0;
    append(archive, name, 256, "data", 4, 0100644);
    append_trailer(archive);
    TEST(cpio_find(archive->bytes, archive->size, name, &entry) == CPIO_OK,
         "the longest name is taken");
    free(archive);
}

/* Breaks a good archive at one place, reads it, and compares. */
static void expect_broken(size_t position, const char *bytes, enum cpio_code expected,
                          unsigned entries_before, const char *what)
{
    struct archive *archive = good_archive();
    struct cpio_reader reader;
    unsigned entries;
    memcpy(archive->bytes + position, bytes, strlen(bytes));
    enum cpio_code code = read_all(archive, &reader, &entries);
    TEST(code == expected && entries == entries_before, "%s: %s after %u", what,
         cpio_describe(code), entries);
    free(archive);
}

static void test_headers(void)
{
    struct archive *archive = good_archive();
    struct cpio_entry entry;
    cpio_find(archive->bytes, archive->size, "init", &entry);
    size_t second = entry.offset + 8;
    free(archive);

    expect_broken(0, "070707", CPIO_MAGIC, 0, "the old character format");
    expect_broken(second, "x", CPIO_MAGIC, 1, "no magic");
    expect_broken(second + 6, "0000000g", CPIO_DIGIT, 1, "a digit that is none");
    expect_broken(second + 54, "-0000001", CPIO_DIGIT, 1, "a sign");
    expect_broken(second + 54, "ffffffff", CPIO_DATA_PAST_END, 1, "4 GiB of data");
    expect_broken(second + 54, "00001000", CPIO_DATA_PAST_END, 1, "data past the end");
    expect_broken(second + 94, "00000000", CPIO_NAME_SIZE, 1, "no name");
    expect_broken(second + 94, "ffffffff", CPIO_NAME_SIZE, 1, "4 GiB of name");
    expect_broken(second + 94, "00002000", CPIO_NAME_PAST_END, 1, "name past the end");
    expect_broken(second + 94, "00000008", CPIO_NAME_TERMINATOR, 1, "name without NUL");
    expect_broken(second + 94, "0000000d", CPIO_NAME_TERMINATOR, 1, "something behind the NUL");
    expect_broken(0, "070702", CPIO_END, 3, "the format with checksums");
}

static void test_long_name(void)
{
    struct archive *archive = calloc(1, sizeof(*archive));
    struct cpio_reader reader;
    unsigned entries;
    char name[300];
    memset(name, 'n', sizeof(name));
    name[256] = '\0';
    append(archive, name, 257, "", 0, 0100644);
    append_trailer(archive);
    TEST(read_all(archive, &reader, &entries) == CPIO_NAME_SIZE && reader.error_value == 257,
         "a name that is too long");
    free(archive);
}

/* An archive cut off anywhere is broken, but never read past its end (the sanitizer looks). */
static void test_cut(void)
{
    struct archive *archive = good_archive();
    size_t whole = archive->size;
    struct cpio_reader reader;
    unsigned entries;
    unsigned wrong = 0;
    for (size_t size = 0; size < whole; size++) {
        archive->size = size;
        enum cpio_code code = read_all(archive, &reader, &entries);
        /* The trailer's name is all that counts, not the three NULs that pad it. */
        int complete = size >= whole - 3;
        wrong += (code == CPIO_END) != complete || (code == CPIO_EMPTY) != (size == 0);
    }
    TEST(wrong == 0, "all %zu ways to cut it are refused", whole - 3);
    free(archive);
}

static void test_names_the_entry(void)
{
    struct archive *archive = good_archive();
    struct cpio_reader reader;
    struct cpio_entry entry;
    cpio_open(&reader, archive->bytes, archive->size);
    cpio_next(&reader, &entry);
    cpio_next(&reader, &entry);
    uint64_t third = reader.position;
    memcpy(archive->bytes + third + 54, "0fffffff", 8);
    TEST(cpio_next(&reader, &entry) == CPIO_DATA_PAST_END, "the third entry is broken");
    TEST(strcmp(reader.error_after, "./programs/hello") == 0, "and named");
    TEST(reader.error_position == third && reader.error_value == 0xfffffff,
         "with its place and the number");
    TEST(cpio_find(archive->bytes, archive->size, "init", &entry) == CPIO_OK,
         "what stands before it can still be had");
    TEST(cpio_find(archive->bytes, archive->size, "later", &entry) == CPIO_DATA_PAST_END,
         "looking further says what is wrong");
    free(archive);
}

static void test_words(void)
{
    for (int code = 0; code < CPIO_CODE_COUNT; code++)
        TEST(strlen(cpio_describe((enum cpio_code)code)) > 7, "code %d has words: %s", code,
             cpio_describe((enum cpio_code)code));
    TEST(strcmp(cpio_describe((enum cpio_code)CPIO_CODE_COUNT), "unknown error") == 0,
         "no code, no words");
}

int main(void)
{
    test_good();
    test_padding();
    test_headers();
    test_long_name();
    test_cut();
    test_names_the_entry();
    test_words();
    return tap_done();
}
