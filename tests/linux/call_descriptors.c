/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls on descriptors. */
#define _GNU_SOURCE
#include "call_table.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* Every call that takes a descriptor refuses what is none, whatever else it is given. */
static unsigned no_descriptors(unsigned *wrong)
{
    const struct bad_call calls[] = {
        CALL(close, -EBADF, BAD_FD),
        CALL(read, -EBADF, BAD_FD, AT(places.good), 1),
        CALL(write, -EBADF, BAD_FD, AT(places.good), 1),
        CALL(readv, -EBADF, BAD_FD, AT(places.good), 0),
        CALL(writev, -EBADF, BAD_FD, AT(places.good), 0),
        CALL(pread64, -EBADF, BAD_FD, AT(places.good), 1, 0),
        CALL(lseek, -EBADF, BAD_FD, 0, SEEK_SET),
        CALL(dup, -EBADF, BAD_FD),
        CALL(dup3, -EBADF, BAD_FD, 50, 0),
        CALL(fcntl, -EBADF, BAD_FD, F_GETFD),
        CALL(fcntl, -EBADF, BAD_FD, F_GETFL),
        CALL(fcntl, -EBADF, BAD_FD, F_SETFL, O_NONBLOCK),
        CALL(fcntl, -EBADF, BAD_FD, F_DUPFD, 0),
        CALL(ioctl, -EBADF, BAD_FD, TCGETS, AT(places.good)),
        CALL(fstat, -EBADF, BAD_FD, AT(places.good)),
        CALL(getdents64, -EBADF, BAD_FD, AT(places.good), 4096),
    };
    return TRY(calls, wrong);
}

unsigned bad_descriptor_calls(unsigned *wrong)
{
    int ends[2], closed[2];
    if (pipe(ends) != 0 || pipe(closed) != 0)
        return 0;
    close(closed[0]);
    uint64_t in = (uint64_t)ends[0], out = (uint64_t)ends[1], good = AT(places.good);
    struct iovec bad_part = {.iov_base = (void *)8, .iov_len = 8};
    struct iovec negative = {.iov_base = places.good, .iov_len = (size_t)-1};
    const struct bad_call calls[] = {
        CALL(read, -EBADF, out, good, 1),
        CALL(write, -EBADF, in, good, 1),
        CALL(write, -EFAULT, out, BAD_IN, 1),
        CALL(write, 0, out, 8, 0),
        CALL(writev, -EFAULT, out, BAD_IN, 1),
        CALL(writev, -EFAULT, out, AT(&bad_part), 1),
        CALL(writev, -EINVAL, out, AT(&negative), 1),
        CALL(writev, -EINVAL, out, AT(&bad_part), (uint64_t)-1),
        CALL(writev, -EINVAL, out, AT(&bad_part), 1025),
        CALL(writev, 0, out, AT(&bad_part), 0),
        CALL(pread64, -ESPIPE, in, good, 1, 0),
        CALL(pread64, -EINVAL, in, good, 1, (uint64_t)-1),
        CALL(lseek, -ESPIPE, in, 0, SEEK_SET),
        CALL(dup3, -EINVAL, in, in, 0),
        CALL(dup3, -EINVAL, in, 50, 1),
        CALL(dup3, -EBADF, in, (uint64_t)-1, 0),
        CALL(fcntl, -EINVAL, in, 0x7777),
        CALL(fcntl, -EINVAL, in, F_DUPFD, (uint64_t)-1),
        CALL(ioctl, -ENOTTY, in, TCGETS, good),
        CALL(fstat, -EFAULT, in, BAD_OUT),
        CALL(getdents64, -ENOTDIR, in, good, 4096),
        CALL(pipe2, -EFAULT, BAD_OUT, 0),
        CALL(pipe2, -EINVAL, good, 1),
        CALL(eventfd2, -EINVAL, 0, 0x7777),
    };
    unsigned made = no_descriptors(wrong) + TRY(calls, wrong);
    /* Something to read, and nowhere to put it: it stays to be read. */
    const struct bad_call reading[] = {
        CALL(write, 4, out, good, 4),
        CALL(read, -EFAULT, in, BAD_OUT, 4),
        CALL(readv, -EFAULT, in, AT(&bad_part), 1),
        CALL(read, 4, in, good, 16),
    };
    made += TRY(reading, wrong);
    const int opened[] = {ends[0], ends[1], closed[1]};
    for (unsigned i = 0; i < 3; i++)
        close(opened[i]);
    return made;
}
