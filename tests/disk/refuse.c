/* SPDX-License-Identifier: BSD-2-Clause */
/* `refuse DISK [read-only]`: what the library and the server refuse, and by which error. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "clock.h"
#include "tap.h"

static struct block *disk;
static char bytes[8192];

/* One request by itself; its status, or what the library said. */
static int ask(struct block_request request)
{
    struct block_completion completion;
    request.cookie = 0x123456789abcdef0;
    int status = block_submit(disk, &request, 1);
    if (status != 1)
        return status < 0 ? status : -1000;
    status = block_reap(disk, &completion, 1, CLOCK_NEVER);
    if (status != 1 || completion.cookie != request.cookie)
        return -1001;
    return (int)completion.status;
}

#define ASK(...) ask((struct block_request){__VA_ARGS__})

static void test_opening(const char *name)
{
    struct block *other;
    TEST(block_open(&other, "disk63", 0, 0) == -ESRCH && other == NULL, "no such disk");
    TEST(block_open(&other, name, BLOCK_REGION_MAX + 1, 1) == -EINVAL, "too much memory");
    TEST(block_open(&other, name, 1, BLOCK_ENTRIES_MAX + 1) == -EINVAL, "too many requests");
}

static void test_places(void)
{
    uint64_t size = block_size(disk), sectors = size / BLOCK_SECTOR;
    TEST(ASK(.bytes = 512) == 0, "a sector can be read");
    TEST(ASK(.bytes = 512, .sector = sectors - 1) == 0, "and the last one");
    TEST(ASK(.bytes = 512, .sector = sectors) == -EINVAL, "but not the one behind it");
    TEST(ASK(.bytes = 1024, .sector = sectors - 1) == -EINVAL, "nor two from there");
    TEST(ASK(.bytes = 512, .sector = UINT64_MAX) == -EINVAL, "nor the last one of all");
    TEST(ASK(.bytes = 512, .sector = UINT64_MAX / 512 + 1) == -EINVAL, "nor what wraps around");
    TEST(ASK(.bytes = 0) == -EINVAL, "nothing is no request");
    TEST(ASK(.bytes = 513) == -EINVAL, "half a sector is none");
    TEST(block_read(disk, bytes, size, 1) == -EINVAL, "bytes behind the end");
    TEST(block_read(disk, bytes, size - 1, 2) == -EINVAL, "bytes across the end");
    TEST(block_read(disk, bytes, UINT64_MAX, 2) == -EINVAL, "bytes that wrap around");
    TEST(block_read(disk, bytes, size, 0) == 0, "no bytes at the end");
}

static void test_memory(void)
{
    size_t area;
    TEST(block_area(disk, &area) != NULL && area >= 65536, "there is memory for data");
    TEST(ASK(.bytes = 512, .offset = (uint32_t)area - 512) == 0, "a sector at its end");
    TEST(ASK(.bytes = 512, .offset = (uint32_t)area - 504) == -EINVAL, "a sector across its end");
    TEST(ASK(.bytes = 512, .offset = (uint32_t)area) == -EINVAL, "a sector behind its end");
    TEST(ASK(.bytes = 512, .offset = UINT32_MAX - 7) == -EINVAL, "a sector far behind");
    TEST(ASK(.bytes = 512, .offset = 4) == -EINVAL, "an offset between words");
    TEST(ASK(.bytes = area + 512) == -EINVAL, "more than it holds");
    TEST(ASK(.bytes = 1ul << 63) == -EINVAL, "far more");
    TEST(ASK(.bytes = BLOCK_REQUEST_MAX + 512) == -EINVAL, "more than a request takes");
}

static void test_operations(void)
{
    TEST(ASK(.operation = 5, .bytes = 512) == -EINVAL, "no such operation");
    TEST(ASK(.operation = 16, .bytes = 512) == -EINVAL, "the server's own operation");
    TEST(ASK(.operation = UINT32_MAX, .bytes = 512) == -EINVAL, "nor this one");
    TEST(ASK(.operation = BLOCK_OP_FLUSH) == 0, "flush");
    struct block_request many[3] = {{.bytes = 512}, {.bytes = 512}, {.bytes = 512}};
    TEST(block_submit(disk, many, 3) == 3 && block_in_flight(disk) == 3, "three at a time");
    TEST(block_read(disk, bytes, 0, 512) == -EBUSY, "bytes are not read meanwhile");
    struct block_completion done[3];
    int count = 0;
    while (count < 3) {
        int status = block_reap(disk, done, 3, CLOCK_NEVER);
        if (status <= 0)
            break;
        count += status;
    }
    TEST(count == 3 && block_in_flight(disk) == 0, "all three come back");
    TEST(block_reap(disk, done, 3, CLOCK_NEVER) == 0, "and no more");
}

static void test_ranges(const struct block_info *info)
{
    int discard = info->flags & BLOCK_CAN_DISCARD ? 0 : -EOPNOTSUPP;
    int zero = info->flags & BLOCK_CAN_ZERO ? 0 : -EOPNOTSUPP;
    TEST(ASK(.operation = BLOCK_OP_DISCARD, .bytes = 4096) == discard, "discard: %d", discard);
    TEST(ASK(.operation = BLOCK_OP_ZERO, .bytes = 4096) == zero, "write zeroes: %d", zero);
    TEST(ASK(.operation = BLOCK_OP_ZERO, .bytes = 1ul << 62) == -EINVAL, "not of everything");
    TEST(block_discard(disk, 0, 8192) == discard, "the library's discard");
    TEST(block_zero(disk, 0, 8192) == 0, "the library's zeroes, always");
    TEST(block_discard(disk, 1, 512) == -EINVAL, "not between sectors");
    memset(bytes, 1, sizeof(bytes));
    TEST(block_read(disk, bytes, 0, 8192) == 0 && bytes[0] == 0 &&
             memcmp(bytes, bytes + 1, 8191) == 0,
         "which read as zero");
}

static void test_read_only(void)
{
    static const uint32_t operations[] = {BLOCK_OP_WRITE, BLOCK_OP_DISCARD, BLOCK_OP_ZERO};
    TEST(block_describe(disk)->flags & BLOCK_READ_ONLY, "it says that it is read-only");
    for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        TEST(ASK(.operation = operations[i], .bytes = 512) == -EROFS, "operation %u",
             operations[i]);
    TEST(block_write(disk, bytes, 0, 512) == -EROFS, "the library's write");
    TEST(block_zero(disk, 0, 512) == -EROFS, "the library's zero");
    TEST(block_discard(disk, 0, 512) == -EROFS, "the library's discard");
    TEST(block_read(disk, bytes, 0, 512) == 0, "it can be read");
    TEST(ASK(.operation = BLOCK_OP_FLUSH) == 0, "and flushed");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "disk0";
    test_opening(name);
    int status = block_open(&disk, name, BLOCK_REQUEST_MAX + 8192, 8);
    if (!TEST(status == 0, "%s opens (%d)", name, status))
        return tap_done();
    test_places();
    test_memory();
    if (argc > 2) {
        test_read_only();
    } else {
        test_operations();
        test_ranges(block_describe(disk));
    }
    block_close(disk);
    return tap_done();
}
