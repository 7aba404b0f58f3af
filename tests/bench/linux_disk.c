/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk of Linux in the cheapest way that Linux has: O_DIRECT and io_uring, with a registered file
 * and registered buffers, completions taken by the thread that waits for them, requests that can go
 * together put in by the call that waits. (pread and pwrite take half as much again at 1 MiB, and
 * about the same for one block at a time.)
 *     linux_disk DEVICE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "disk_work.h"

#define HUGE_PAGE (2ul << 20)

static int disk;
static char *buffers; /* of HUGE_PAGE bytes: 1 MiB, or DISK_DEPTH_MAX of 4 KiB */

static struct {
    int descriptor;
    uint32_t *sq_tail, sq_mask, *sq_array;
    uint32_t *cq_head, *cq_tail, cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
} ring;

static bool complain(const char *what)
{
    printf("disk: %s: %s\n", what, strerror(errno));
    return false;
}

static bool map_ring(const struct io_uring_params *parameters)
{
    size_t size = parameters->cq_off.cqes + parameters->cq_entries * sizeof(struct io_uring_cqe) +
                  parameters->sq_off.array + parameters->sq_entries * sizeof(uint32_t);
    char *rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                       ring.descriptor, IORING_OFF_SQ_RING);
    ring.sqes =
        mmap(NULL, parameters->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_POPULATE, ring.descriptor, IORING_OFF_SQES);
    if (rings == MAP_FAILED || ring.sqes == MAP_FAILED)
        return complain("mmap of the ring");
    ring.sq_tail = (uint32_t *)(rings + parameters->sq_off.tail);
    ring.sq_mask = *(uint32_t *)(rings + parameters->sq_off.ring_mask);
    ring.sq_array = (uint32_t *)(rings + parameters->sq_off.array);
    ring.cq_head = (uint32_t *)(rings + parameters->cq_off.head);
    ring.cq_tail = (uint32_t *)(rings + parameters->cq_off.tail);
    ring.cq_mask = *(uint32_t *)(rings + parameters->cq_off.ring_mask);
    ring.cqes = (struct io_uring_cqe *)(rings + parameters->cq_off.cqes);
    return true;
}

static bool begin_ring(void)
{
    struct io_uring_params parameters = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                                  IORING_SETUP_DEFER_TASKRUN};
    struct iovec whole = {buffers, HUGE_PAGE};
    ring.descriptor = (int)syscall(SYS_io_uring_setup, DISK_DEPTH_MAX, &parameters);
    if (ring.descriptor < 0 || !map_ring(&parameters))
        return complain("io_uring_setup");
    if (syscall(SYS_io_uring_register, ring.descriptor, IORING_REGISTER_BUFFERS, &whole, 1) < 0 ||
        syscall(SYS_io_uring_register, ring.descriptor, IORING_REGISTER_FILES, &disk, 1) < 0)
        return complain("io_uring_register");
    return true;
}

static uint64_t offsets[DISK_DEPTH_MAX];

/* Puts the next request in, with the buffer `slot`; the kernel sees it at the next call. */
static void put(const struct disk_work *work, uint32_t slot)
{
    uint32_t tail = *ring.sq_tail, entry = tail & ring.sq_mask;
    char *buffer = buffers + (size_t)slot * work->bytes;
    offsets[slot] = disk_next(work);
    if (work->writes)
        disk_stamp(buffer, offsets[slot]);
    ring.sqes[entry] = (struct io_uring_sqe){
        .opcode = work->writes ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED,
        .flags = IOSQE_FIXED_FILE,
        .off = offsets[slot],
        .addr = (uint64_t)(uintptr_t)buffer,
        .len = work->bytes,
        .user_data = slot,
    };
    ring.sq_array[entry] = entry;
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
}

/* Takes all completions that are there, and puts a request in for each while there are any left. */
static bool take(const struct disk_work *work, uint32_t *put_in, uint32_t *done)
{
    uint32_t head = *ring.cq_head, tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++) {
        struct io_uring_cqe completion = ring.cqes[head & ring.cq_mask];
        uint32_t slot = (uint32_t)completion.user_data;
        if (completion.res != (int)work->bytes) {
            printf("disk: at %lu: %d\n", (unsigned long)offsets[slot], completion.res);
            return false;
        }
        if (!work->writes && !disk_check(buffers + (size_t)slot * work->bytes, offsets[slot]))
            return false;
        (*done)++;
        if (*put_in < work->count) {
            put(work, slot);
            (*put_in)++;
        }
    }
    __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
    return true;
}

bool disk_run(const struct disk_work *work)
{
    uint32_t put_in = 0, done = 0, seen = 0;
    for (; put_in < work->depth && put_in < work->count; put_in++)
        put(work, put_in);
    while (done < work->count) {
        long taken = syscall(SYS_io_uring_enter, ring.descriptor, put_in - seen, 1,
                             IORING_ENTER_GETEVENTS, NULL, 0);
        if (taken < 0)
            return complain("io_uring_enter");
        seen += (uint32_t)taken;
        if (!take(work, &put_in, &done))
            return false;
    }
    return true;
}

bool disk_flush(void)
{
    return fsync(disk) == 0 || complain("fsync");
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    disk = open(count > 1 ? arguments[1] : "/dev/vda", O_RDWR | O_DIRECT);
    /* One page of 2 MiB, physically contiguous: so a request is one segment. */
    buffers = aligned_alloc(HUGE_PAGE, HUGE_PAGE);
    if (disk < 0 || buffers == NULL)
        return !complain("open");
    madvise(buffers, HUGE_PAGE, MADV_HUGEPAGE);
    memset(buffers, 0, HUGE_PAGE);
    return begin_ring() ? disk_measure() : 1;
}
