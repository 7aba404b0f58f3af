/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sizes DISK SEED`: writes and reads of any size at any place, against a copy of the disk in
 * memory; the copy's SHA-256 is printed for the host, which has the image.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "block.h"
#include "sha256.h"
#include "tap.h"
#include "pattern.h"

#define ROUNDS 60

static struct block *disk;
static uint64_t size, choices;
static uint8_t *copy, *bytes;

/* Small ones at odd places, whole blocks, and some that are cut into many requests. */
static uint64_t choose_length(void)
{
    static const uint32_t limits[] = {600, 5000, 5000, 70000, 70000, 70000, 70000, 1900000};
    uint64_t dice = pattern_random(&choices);
    uint64_t length = 1 + (dice >> 8) % limits[dice % 8];
    return dice & 16 ? (length + 511) & ~511ul : length;
}

static uint64_t choose_position(uint64_t length)
{
    uint64_t dice = pattern_random(&choices);
    uint64_t position = (dice >> 8) % (size - length + 1);
    return dice & 1 ? position & ~511ul : position;
}

static bool write_some(void)
{
    uint64_t length = choose_length(), position = choose_position(length);
    for (uint64_t i = 0; i < length; i += 61) {
        uint64_t piece[8] = {pattern_random(&choices), position + i, pattern_random(&choices)};
        memcpy(copy + position + i, piece, length - i < 61 ? length - i : 61);
    }
    int status = block_write(disk, copy + position, position, length);
    if (status < 0)
        printf("# write of %" PRIu64 " at %" PRIu64 ": %d\n", length, position, status);
    return status == 0;
}

static bool read_some(void)
{
    uint64_t length = choose_length(), position = choose_position(length);
    memset(bytes, 0x5a, length + 1);
    int status = block_read(disk, bytes, position, length);
    bool same = status == 0 && memcmp(bytes, copy + position, length) == 0 && bytes[length] == 0x5a;
    if (!same)
        printf("# read of %" PRIu64 " at %" PRIu64 ": %d\n", length, position, status);
    return same;
}

static bool zero_some(void)
{
    uint64_t mask = ~(uint64_t)(block_describe(disk)->block_size - 1);
    uint64_t length = choose_length() & mask;
    uint64_t position = choose_position(length) & mask;
    memset(copy + position, 0, length);
    int status = block_zero(disk, position, length);
    if (status < 0)
        printf("# zero of %" PRIu64 " at %" PRIu64 ": %d\n", length, position, status);
    return status == 0;
}

/* With this much memory for data; little of it means many requests. */
static void test_with(const char *name, size_t area, unsigned depth)
{
    int status = block_open(&disk, name, area, depth);
    if (!TEST(status == 0, "open with %zu bytes, %u requests (%d)", area, depth, status))
        return;
    bool good = true;
    for (int i = 0; i < ROUNDS && good; i++)
        good = write_some() && read_some() && (i % 8 != 0 || zero_some());
    TEST(good, "%d writes and reads", ROUNDS);
    TEST(block_read(disk, bytes, 0, size) == 0 && memcmp(bytes, copy, size) == 0,
         "the whole disk is as its copy");
    TEST(block_flush(disk) == 0, "flush");
    block_close(disk);
}

static void print_digest(void)
{
    uint8_t digest[SHA256_BYTES];
    char text[SHA256_TEXT];
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, copy, size);
    sha256_end(&hash, digest);
    sha256_print(digest, text);
    printf("# digest %s\n", text);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "disk0";
    choices = argc > 2 ? strtoull(argv[2], NULL, 0) * 2 + 1 : 1;
    int status = block_open(&disk, name, 0, 0);
    TEST(status == 0, "%s opens (%d)", name, status);
    if (status < 0)
        return tap_done();
    size = block_size(disk);
    copy = malloc(size);
    bytes = malloc(size + 1);
    status = copy == NULL || bytes == NULL ? -1 : block_read(disk, copy, 0, size);
    block_close(disk);
    TEST(status == 0, "the disk fits into memory");
    if (status == 0) {
        test_with(name, 0, 0);
        test_with(name, 4096, 1);
        test_with(name, 100000, 4);
        print_digest();
    }
    return tap_done();
}
