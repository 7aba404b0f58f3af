/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client side of <anser/block.h>: disks. Two ways, of which one can be used at a time: calls that
 * read and write any bytes and return when it is done, and requests that are put in and reaped, on
 * the memory that the device itself reads and writes.
 *
 * When the disk's server dies, everything here waits for its successor, attaches again and makes
 * the requests that were not completed once more, the data of writes as it was put in; nobody
 * notices but by the time it takes. A request that was completed has been done, also if the server
 * dies then; only what was flushed is safe from a loss of power of the machine. If the server is
 * given up (its channel closed), everything fails with -EPIPE.
 *
 * One thread at a time uses a struct block. Errors are -errno: -EIO of the device; -EROFS; -EINVAL:
 * not within the disk, or wrong; -EOPNOTSUPP; -EPIPE; -ENOMEM.
 */
#ifndef ANSER_LIB_BLOCK_H
#define ANSER_LIB_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <anser/block.h>

struct block;

/*
 * Opens the disk of this name ("disk0"), looked up or else as start handle, with `bytes` of data
 * memory (1..BLOCK_REGION_MAX; 0: enough for two of nearly the largest requests) and up to `depth`
 * requests at a time (1..BLOCK_ENTRIES_MAX; 0: 32). If the server has not as much memory it may be
 * less: block_area says it. Returns 0 and *block, which ends with block_close; or -errno: -ESRCH,
 * there is no such disk, or it may not be looked up; -EPIPE, its server was given up.
 */
int block_open(struct block **block, const char *name, size_t bytes, unsigned depth);

/* Gives it up. Requests that were put in and not reaped are done or not. NULL is no error. */
void block_close(struct block *block);

/* What the disk is like; valid until it is closed. */
const struct block_info *block_describe(const struct block *block);

/* Size of the disk in bytes, as far as is known. It may change while the disk is open; block_read
 * and its like notice by themselves if it has become larger. */
uint64_t block_size(const struct block *block);

/* Asks for the size again. Returns 0, and block_size tells it from then on; or -errno. */
int block_refresh(struct block *block);

/* Copies the serial number, NUL-terminated; empty: it has none. Returns 0 or -errno. */
int block_serial(struct block *block, char serial[BLOCK_ELEMENT]);

/* Asks for the counters of the server, since it began. Returns 0 or -errno. */
int block_count(struct block *block, struct block_statistics *statistics);

/* ---- Bytes. Position and length need not be multiples of anything: if they are not, blocks at the
 * ends are read first, and that is not one step for other clients. Return 0 when all of it is done;
 * after an error any part of it may be. -EBUSY: requests were put in and not reaped. --------------
 */
int block_read(struct block *block, void *buffer, uint64_t position, size_t length);
int block_write(struct block *block, const void *buffer, uint64_t position, size_t length);

/* What was written before is on the medium when this returns 0. */
int block_flush(struct block *block);

/* Multiples of the block size. Discarded bytes read as anything; zeroed ones as zero, also on disks
 * that cannot zero by themselves. */
int block_discard(struct block *block, uint64_t position, uint64_t length);
int block_zero(struct block *block, uint64_t position, uint64_t length);

/* ---- Requests. --------------------------------------------------------------------------------
 */

/* The data memory, which request.offset counts in. It stays where it is. */
void *block_area(struct block *block, size_t *size);

/*
 * Puts requests in, as many as there is room for, and tells the server if it sleeps. Their data
 * belongs to the device until they are reaped. Cookies are the caller's own. Returns how many,
 * 0..count, or -errno, and then none.
 */
int block_submit(struct block *block, const struct block_request *requests, unsigned count);

/*
 * Takes completions, up to `most`, in whatever order they came; waits for the first one until the
 * deadline (lib/clock.h; 0: does not wait). Returns how many, 0: nothing is in flight; -ETIMEDOUT,
 * -EAGAIN, -EINTR: none yet; another -errno: the disk is lost, and all that was in flight.
 */
int block_reap(struct block *block, struct block_completion *completions, unsigned most,
               uint64_t deadline);

/* Requests that were put in and not reaped. */
unsigned block_in_flight(const struct block *block);

/* How often the server had to be found again. */
unsigned block_recoveries(const struct block *block);

#endif
