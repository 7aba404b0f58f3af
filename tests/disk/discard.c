/* SPDX-License-Identifier: BSD-2-Clause */
/* `discard DISK`: discards and zeroes parts of the disk, for the host to look at its image. */
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "tap.h"

#define MIB (1ul << 20)

int main(int argc, char **argv)
{
    static char bytes[65536];
    struct block *disk;
    int status = block_open(&disk, argc > 1 ? argv[1] : "disk0", 0, 0);
    if (!TEST(status == 0, "it opens (%d)", status))
        return tap_done();
    TEST(block_discard(disk, MIB, 3 * MIB) == 0, "three MiB are discarded");
    TEST(block_zero(disk, 5 * MIB, 2 * MIB) == 0, "two are zeroed");
    TEST(block_flush(disk) == 0, "flushed");
    TEST(block_read(disk, bytes, 6 * MIB, sizeof(bytes)) == 0 && bytes[0] == 0 &&
             memcmp(bytes, bytes + 1, sizeof(bytes) - 1) == 0,
         "what was zeroed reads as zero");
    block_close(disk);
    return tap_done();
}
