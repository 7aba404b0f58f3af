/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk of Anser as a program uses it that wants to be fast: requests put in and reaped, on the
 * memory that the device itself reads and writes.
 */
#include <inttypes.h>
#include <stdio.h>
#include "block.h"
#include "clock.h"
#include "disk_work.h"

static struct block *disk;
static char *area;
static uint64_t offsets[DISK_DEPTH_MAX];

static bool complain(const char *what, int64_t error)
{
    printf("disk: %s: error %" PRId64 "\n", what, -error);
    return false;
}

static bool open_disk(void)
{
    size_t size;
    int error = disk != NULL ? 0 : block_open(&disk, "disk0", DISK_PIECE, DISK_DEPTH_MAX);
    if (error < 0)
        return complain("disk0", error);
    area = block_area(disk, &size);
    return size >= DISK_PIECE || complain("memory for data", -(int64_t)size);
}

/* The next request, with the buffer `slot`. */
static struct block_request request(const struct disk_work *work, uint32_t slot)
{
    uint32_t place = slot * work->bytes;
    offsets[slot] = disk_next(work);
    if (work->writes)
        disk_stamp(area + place, offsets[slot]);
    return (struct block_request){
        .sector = offsets[slot] / BLOCK_SECTOR,
        .cookie = slot,
        .operation = work->writes ? BLOCK_OP_WRITE : BLOCK_OP_READ,
        .offset = place,
        .bytes = work->bytes,
    };
}

static bool submit(const struct block_request *requests, uint32_t count)
{
    int taken = count == 0 ? 0 : block_submit(disk, requests, count);
    return taken == (int)count || complain("submit", taken);
}

/* Waits for completions, takes all that are there, and puts a request in for each while there are
 * any left. */
static bool turn(const struct disk_work *work, uint32_t *put_in, uint32_t *done)
{
    struct block_completion completions[DISK_DEPTH_MAX];
    struct block_request requests[DISK_DEPTH_MAX];
    uint32_t again = 0;
    int count = block_reap(disk, completions, DISK_DEPTH_MAX, CLOCK_NEVER);
    if (count <= 0)
        return complain("reap", count);
    for (int i = 0; i < count; i++) {
        uint32_t slot = (uint32_t)completions[i].cookie;
        if (completions[i].status < 0)
            return complain("request", completions[i].status);
        if (!work->writes && !disk_check(area + slot * work->bytes, offsets[slot]))
            return false;
        if (*put_in < work->count) {
            requests[again++] = request(work, slot);
            (*put_in)++;
        }
    }
    *done += (uint32_t)count;
    return submit(requests, again);
}

bool disk_run(const struct disk_work *work)
{
    struct block_request requests[DISK_DEPTH_MAX];
    uint32_t put_in = 0, done = 0;
    if (!open_disk())
        return false;
    for (; put_in < work->depth && put_in < work->count; put_in++)
        requests[put_in] = request(work, put_in);
    if (!submit(requests, put_in))
        return false;
    while (done < work->count)
        if (!turn(work, &put_in, &done))
            return false;
    return true;
}

bool disk_flush(void)
{
    int error = block_flush(disk);
    return error == 0 || complain("flush", error);
}
