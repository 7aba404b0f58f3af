/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `errors DISK READ WRITE`: two clients of a disk on which reading sector READ and writing sector
 * WRITE fail. One of them asks for those; the other one, whose requests are in flight at the same
 * time, must not hear of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "block.h"
#include "clock.h"
#include "tap.h"

#define ROUNDS 20
#define DEPTH  8

static unsigned errors, wrong;

/* `bad` of the requests of one round have to fail. */
static void reap_all(struct block *disk, unsigned bad, const char *who)
{
    struct block_completion completion;
    unsigned failed = 0;
    while (block_in_flight(disk) > 0) {
        if (block_reap(disk, &completion, 1, CLOCK_NEVER) != 1) {
            wrong++;
            return;
        }
        if (completion.status == 0)
            continue;
        failed++;
        wrong += completion.status != -EIO || completion.cookie >= bad;
    }
    if (failed != bad)
        printf("# %s: %u of its requests failed, not %u\n", who, failed, bad);
    wrong += failed != bad;
    errors += failed;
}

static void put(struct block *disk, uint64_t cookie, uint32_t operation, uint64_t sector)
{
    struct block_request request = {.sector = sector,
                                    .cookie = cookie,
                                    .operation = operation,
                                    .offset = (uint32_t)cookie * BLOCK_SECTOR,
                                    .bytes = BLOCK_SECTOR};
    wrong += block_submit(disk, &request, 1) != 1;
}

int main(int argc, char **argv)
{
    struct block *unlucky, *lucky;
    const char *name = argc > 1 ? argv[1] : "disk0";
    uint64_t bad_read = strtoull(argc > 2 ? argv[2] : "0", NULL, 0);
    uint64_t bad_write = strtoull(argc > 3 ? argv[3] : "0", NULL, 0);
    TEST(block_open(&unlucky, name, 65536, DEPTH) == 0, "one opens it");
    TEST(block_open(&lucky, name, 65536, DEPTH) == 0, "another one, too");
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < DEPTH; i++) {
            put(lucky, i, i % 2 ? BLOCK_OP_READ : BLOCK_OP_WRITE, 100 + i);
            if (i < 2)
                put(unlucky, i, i == 0 ? BLOCK_OP_READ : BLOCK_OP_WRITE,
                    i == 0 ? bad_read : bad_write);
            else
                put(unlucky, i, BLOCK_OP_READ, 200 + i);
        }
        reap_all(unlucky, 2, "who asks for bad sectors");
        reap_all(lucky, 0, "who does not");
    }
    TEST(wrong == 0, "errors reach who asked, and nobody else (%u wrong)", wrong);
    char bytes[2 * BLOCK_SECTOR];
    TEST(block_read(lucky, bytes, bad_read * BLOCK_SECTOR, sizeof(bytes)) == -EIO,
         "a read across it");
    TEST(block_read(lucky, bytes, (bad_read + 1) * BLOCK_SECTOR, 512) == 0, "but not behind it");
    struct block_statistics counted;
    TEST(block_count(lucky, &counted) == 0 && counted.errors == errors + 1, "all are counted");
    printf("# %u errors\n", errors);
    block_close(unlucky);
    block_close(lucky);
    return tap_done();
}
