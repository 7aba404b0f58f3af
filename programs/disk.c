/* SPDX-License-Identifier: BSD-2-Clause */
/* `disk [NAME...]`: the disks that there are, what they can do, and what they have done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "block.h"
#include "progress.h"
#include "source.h"

#define DISKS_MAX 64 /* names that are tried without arguments */

static void show_flags(const struct block_info *info)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } flags[] = {
        {BLOCK_READ_ONLY, " read-only"},
        {BLOCK_CAN_FLUSH, " flush"},
        {BLOCK_CAN_DISCARD, " discard"},
        {BLOCK_CAN_ZERO, " write-zeroes"},
    };
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (info->flags & flags[i].flag)
            fputs(flags[i].text, stdout);
}

static void show_info(const char *name, struct block *block)
{
    const struct block_info *info = block_describe(block);
    char text[PROGRESS_TEXT], serial[BLOCK_ELEMENT];
    printf("%s  %s, %" PRIu64 " sectors, blocks of %" PRIu32 ";", name,
           progress_bytes(block_size(block), text), info->sectors, info->block_size);
    show_flags(info);
    if (block_serial(block, serial) == 0 && serial[0] != '\0')
        printf("; serial %s", serial);
    if (info->flags & BLOCK_HAS_GEOMETRY)
        printf("; %u cylinders, %u heads, %u sectors a track", info->cylinders, info->heads,
               info->sectors_per_track);
    printf("; up to %" PRIu32 " requests\n", info->queue_size);
}

static int show_counters(struct block *block)
{
    struct block_statistics counted;
    char in[PROGRESS_TEXT], out[PROGRESS_TEXT];
    int status = block_count(block, &counted);
    if (status < 0)
        return status;
    printf("       %" PRIu64 " reads (%s), %" PRIu64 " writes (%s), %" PRIu64 " others, %" PRIu64
           " errors\n",
           counted.reads, progress_bytes(counted.read_bytes, in), counted.writes,
           progress_bytes(counted.written_bytes, out), counted.others, counted.errors);
    return 0;
}

static int show(const char *name)
{
    struct block *block;
    int status = block_open(&block, name, 1, 1);
    if (status < 0)
        return status;
    show_info(name, block);
    status = show_counters(block);
    block_close(block);
    return status;
}

static int show_all(void)
{
    int found = 0, failed = 0;
    for (int i = 0; i < DISKS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof(name), "disk%d", i);
        int status = show(name);
        if (status == 0)
            found++;
        else if (status != -ESRCH && status != -EPERM)
            fprintf(stderr, "disk: %s: %s\n", name, source_reason(status));
        failed |= status == -EPIPE;
    }
    if (found == 0 && !failed)
        puts("no disks");
    return failed;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return show_all();
    if (argv[1][0] == '-') {
        fputs("usage: disk [NAME...]\n", stderr);
        return 2;
    }
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        int status = show(argv[i]);
        if (status < 0)
            fprintf(stderr, "disk: %s: %s\n", argv[i], source_reason(status));
        failed |= status < 0;
    }
    return failed;
}
