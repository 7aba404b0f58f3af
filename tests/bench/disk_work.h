/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is measured of a disk, the same on Anser and on Linux. Each system's program brings the four
 * functions below; disk_measure does the rest. The image is tests/bench/devices.py's: each block of
 * 4 KiB begins with its number, and what is read is looked at.
 */
#ifndef BENCH_DISK_WORK_H
#define BENCH_DISK_WORK_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_BLOCK      4096u
#define DISK_PIECE      (1u << 20)
#define DISK_DEPTH_MAX  32u
#define DISK_AREA_BYTES (32ull << 20) /* read; as much again behind it is written */
#define DISK_WRITTEN    0xa5a5a5a500000000ull

struct disk_work {
    const char *name;
    const char *how;
    uint32_t bytes; /* of a request: DISK_BLOCK or DISK_PIECE */
    uint32_t depth; /* requests in flight, up to DISK_DEPTH_MAX */
    uint32_t count; /* requests */
    bool writes;
    bool random;
};

/* Byte offset on the disk of the next request; each work has the same sequence everywhere. */
uint64_t disk_next(const struct disk_work *work);

/* Marks what is to be written at `offset`, or tells whether what was read there is right. */
void disk_stamp(void *data, uint64_t offset);
bool disk_check(const void *data, uint64_t offset);

/* The system's: makes all requests of it; false: something failed, and was said. */
bool disk_run(const struct disk_work *work);

/* The system's: what was written is on the medium. */
bool disk_flush(void);

/* The system's: nanoseconds that the processor did not idle, since it began; exact to a few
 * hundred. Under -icount shift=0 those are instructions. */
uint64_t busy_nanoseconds(void);

/* The system's: nanoseconds of the clock. */
uint64_t clock_now_nanoseconds(void);

/* Takes and prints all figures. Returns the exit status. */
int disk_measure(void);

#endif
