/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `resize DISK`: a disk that becomes larger, then smaller, while it is open. Says "# larger" and
 * "# smaller" when the machine's owner is to do so; by half each time, and back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "clock.h"
#include "tap.h"

#define PAUSE 20 /* ms between two looks */

static struct block *disk;
static char bytes[BLOCK_SECTOR], found[BLOCK_SECTOR];

/* Whoever changes the size needs as long as he needs; the harness has the patience. */
static int wait_for(uint64_t size)
{
    int status = 0;
    while (status == 0 && block_size(disk) != size) {
        clock_sleep(PAUSE);
        status = block_refresh(disk);
    }
    return status;
}

/* A request that the library does not judge. */
static int ask(uint64_t sector)
{
    struct block_request request = {.sector = sector, .bytes = BLOCK_SECTOR};
    struct block_completion completion;
    int status = block_submit(disk, &request, 1);
    if (status == 1)
        status = block_reap(disk, &completion, 1, CLOCK_NEVER);
    return status == 1 ? (int)completion.status : -EPROTO;
}

/* Nobody asks for the size here: the library has to notice by itself, as for a program that knows
 * nothing of it. */
static void test_larger(uint64_t size)
{
    int status;
    puts("# larger");
    fflush(stdout);
    while ((status = block_write(disk, bytes, size, sizeof(bytes))) == -EINVAL)
        clock_sleep(PAUSE);
    TEST(status == 0, "what was beyond the end can be written (%d)", status);
    TEST(block_size(disk) == size + size / 2, "the size is the new one");
    TEST(block_read(disk, found, size, sizeof(found)) == 0 && memcmp(found, bytes, 512) == 0,
         "and is read again");
    TEST(block_write(disk, bytes, size + size / 2 - 100, 200) == -EINVAL, "not beyond the new end");
}

static void test_smaller(uint64_t size)
{
    puts("# smaller");
    fflush(stdout);
    uint64_t sectors = size / BLOCK_SECTOR;
    int status;
    while ((status = ask(sectors)) == 0)
        clock_sleep(PAUSE);
    TEST(status == -EINVAL, "a request beyond the new end fails (%d)", status);
    TEST(ask(sectors - 1) == 0, "the last sector is there");
    TEST(block_read(disk, found, size, sizeof(found)) == -EINVAL, "the library says so, too");
    TEST(wait_for(size) == 0 && block_size(disk) == size, "the size is the new one");
}

int main(int argc, char **argv)
{
    int status = block_open(&disk, argc > 1 ? argv[1] : "disk0", 0, 0);
    if (!TEST(status == 0, "it opens (%d)", status))
        return tap_done();
    uint64_t size = block_size(disk);
    memset(bytes, 0x5a, sizeof(bytes));
    TEST(block_write(disk, bytes, size, sizeof(bytes)) == -EINVAL, "nothing beyond the end");
    test_larger(size);
    test_smaller(size);
    block_close(disk);
    return tap_done();
}
