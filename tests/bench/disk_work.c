/* SPDX-License-Identifier: BSD-2-Clause */
/* The works that figures of disks come from, and how they are taken. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "disk_work.h"

static const struct disk_work works[] = {
    {"disk_read_4k_depth_1", "random 4 KiB reads, one at a time", DISK_BLOCK, 1, 4000, false, true},
    {"disk_read_4k_depth_32", "random 4 KiB reads, 32 in flight", DISK_BLOCK, 32, 8000, false,
     true},
    {"disk_read_1m", "sequential reads of 1 MiB", DISK_PIECE, 1, 128, false, false},
    {"disk_write_1m", "sequential writes of 1 MiB", DISK_PIECE, 1, 128, true, false},
};

static uint64_t random_state, sequential;

uint64_t disk_next(const struct disk_work *work)
{
    uint64_t places = DISK_AREA_BYTES / work->bytes, place;
    if (work->random) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        place = random_state % places;
    } else {
        place = sequential++ % places;
    }
    return place * work->bytes + (work->writes ? DISK_AREA_BYTES : 0);
}

void disk_stamp(void *data, uint64_t offset)
{
    uint64_t stamp = DISK_WRITTEN | offset / DISK_BLOCK;
    memcpy(data, &stamp, sizeof(stamp));
}

bool disk_check(const void *data, uint64_t offset)
{
    uint64_t stamp;
    memcpy(&stamp, data, sizeof(stamp));
    if (stamp == offset / DISK_BLOCK)
        return true;
    printf("disk: block %" PRIu64 " begins with %#" PRIx64 "\n", offset / DISK_BLOCK, stamp);
    return false;
}

static void begin(void)
{
    random_state = 88172645463325252u;
    sequential = 0;
}

/* Nanoseconds; what asking takes is not counted. */
static uint64_t busy_since(uint64_t before)
{
    uint64_t now = busy_nanoseconds();
    return now - before - (busy_nanoseconds() - now);
}

static bool measure(const struct disk_work *work)
{
    struct disk_work first = *work;
    first.count = work->count / 4 + 1; /* caches, and memory that is touched the first time */
    begin();
    if (!disk_run(&first) || !disk_flush())
        return false;
    begin();
    uint64_t busy = busy_nanoseconds(), time = clock_now_nanoseconds();
    bool well = disk_run(work);
    time = clock_now_nanoseconds() - time;
    busy = busy_since(busy);
    if (!well || !disk_flush())
        return false;
    printf("BENCH %s instructions %" PRIu64 " %s, mean of %" PRIu32 "\n", work->name,
           busy / work->count, work->how, work->count);
    printf("BENCH wall_%s nanoseconds %" PRIu64 " %s, mean of %" PRIu32 "\n", work->name,
           time / work->count, work->how, work->count);
    return true;
}

int disk_measure(void)
{
    for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        if (!measure(&works[i])) {
            printf("disk: %s failed\n", works[i].name);
            return 1;
        }
    }
    return 0;
}
