/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls that map, unmap and protect memory, and on futexes in it. */
#include "call_table.h"

#include <linux/futex.h>
#include <sys/mman.h>

#define ANONYMOUS  (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED      (ANONYMOUS | MAP_FIXED)
#define READ_WRITE (PROT_READ | PROT_WRITE)
#define NO_FD      ((uint64_t)-1)

unsigned bad_memory_calls(unsigned *wrong)
{
    uint64_t good = AT(places.good);
    const struct bad_call calls[] = {
        CALL(mmap, -EINVAL, 0, 0, READ_WRITE, ANONYMOUS, NO_FD),
        CALL(mmap, -ENOMEM, 0, (uint64_t)-1, READ_WRITE, ANONYMOUS, NO_FD),
        CALL(mmap, -ENOMEM, 0, 0x7fffffffffff0000, READ_WRITE, ANONYMOUS, NO_FD),
        CALL(mmap, -EINVAL, 0, 4096, READ_WRITE, MAP_ANONYMOUS, NO_FD),
        CALL(mmap, -EINVAL, good + 1, 4096, READ_WRITE, FIXED, NO_FD),
        CALL(mmap, -ENOMEM, (uint64_t)-4096, 4096, READ_WRITE, FIXED, NO_FD),
        CALL(mmap, -ENOMEM, 0x8000000000000000, 4096, READ_WRITE, FIXED, NO_FD),
        CALL(mmap, -EBADF, 0, 4096, PROT_READ, MAP_PRIVATE, BAD_FD),
        CALL(mmap, -EEXIST, good, 4096, READ_WRITE, ANONYMOUS | MAP_FIXED_NOREPLACE, NO_FD),
        CALL(munmap, -EINVAL, good, 0),
        CALL(munmap, -EINVAL, good + 1, 4096),
        CALL(munmap, -EINVAL, (uint64_t)-4096, 4096),
        CALL(munmap, -EINVAL, good, (uint64_t)-1),
        CALL(munmap, 0, good + 2 * 4096, 4096), /* nothing is there: no error */
        CALL(mprotect, -EINVAL, good + 1, 4096, PROT_READ),
        CALL(mprotect, -ENOMEM, good + 2 * 4096, 4096, PROT_READ),
        CALL(mprotect, -ENOMEM, good, (uint64_t)-8192, PROT_READ),
        CALL(mprotect, -EINVAL, good, 4096, 0xff00),
        CALL(mprotect, 0, good, 0, PROT_READ),
        CALL(madvise, -EINVAL, good + 1, 4096, MADV_DONTNEED),
        CALL(madvise, -EINVAL, good, 4096, 0x7777),
        CALL(futex, -ENOSYS, good, 0x7f, 0, 0),
        CALL(futex, -EFAULT, AT(places.no_access), FUTEX_WAIT_PRIVATE, 0, 0),
        CALL(futex, -EFAULT, 0x3e00000000, FUTEX_WAIT_PRIVATE, 0, 0),
        CALL(futex, -EFAULT, 0xffffffd600000000, FUTEX_WAIT_PRIVATE, 0, 0),
        CALL(futex, -EINVAL, good + 1, FUTEX_WAIT_PRIVATE, 0, 0),
        CALL(futex, -EINVAL, good + 2, FUTEX_WAKE_PRIVATE, 1, 0),
        CALL(futex, -EAGAIN, good, FUTEX_WAIT_PRIVATE, 1, 0),
        CALL(futex, -EFAULT, good, FUTEX_WAIT_PRIVATE, 0x78787878, AT(places.no_access)),
        CALL(futex, -EINVAL, good, FUTEX_WAIT_BITSET_PRIVATE, 0x78787878, 0, 0, 0),
        CALL(futex, 0, good, FUTEX_WAKE_PRIVATE, 1, 0),
    };
    return TRY(calls, wrong);
}
