/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's generic 64-bit ABI, as far as more than one room needs it: numbers and structures that
 * programs see. Errors of calls that Anser has too have the same numbers (ANSER_E*); <errno.h> of
 * the C library is not used, for its numbers are another system's.
 */
#ifndef ANSER_SERVERS_LINUX_LINUX_ABI_H
#define ANSER_SERVERS_LINUX_LINUX_ABI_H

#include <stdint.h>

/* ---- Errors. --------------------------------------------------------------------------------- */
#define LINUX_EPERM        1
#define LINUX_ENOENT       2
#define LINUX_ESRCH        3
#define LINUX_EINTR        4
#define LINUX_EIO          5
#define LINUX_ENXIO        6
#define LINUX_E2BIG        7
#define LINUX_ENOEXEC      8
#define LINUX_EBADF        9
#define LINUX_ECHILD       10
#define LINUX_EAGAIN       11
#define LINUX_ENOMEM       12
#define LINUX_EACCES       13
#define LINUX_EFAULT       14
#define LINUX_EBUSY        16
#define LINUX_EEXIST       17
#define LINUX_EXDEV        18
#define LINUX_ENODEV       19
#define LINUX_ENOTDIR      20
#define LINUX_EISDIR       21
#define LINUX_EINVAL       22
#define LINUX_ENFILE       23
#define LINUX_EMFILE       24
#define LINUX_ENOTTY       25
#define LINUX_EFBIG        27
#define LINUX_ENOSPC       28
#define LINUX_ESPIPE       29
#define LINUX_EROFS        30
#define LINUX_EMLINK       31
#define LINUX_EPIPE        32
#define LINUX_ERANGE       34
#define LINUX_EDEADLK      35
#define LINUX_ENAMETOOLONG 36
#define LINUX_ENOSYS       38
#define LINUX_ENOTEMPTY    39
#define LINUX_ELOOP        40
#define LINUX_EOVERFLOW    75
#define LINUX_EOPNOTSUPP   95
#define LINUX_ETIMEDOUT    110
#define LINUX_ESTALE       116

/* ---- Time. ----------------------------------------------------------------------------------- */
struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct linux_itimerspec {
    struct linux_timespec interval;
    struct linux_timespec value;
};

#define LINUX_CLOCK_REALTIME           0
#define LINUX_CLOCK_MONOTONIC          1
#define LINUX_CLOCK_PROCESS_CPUTIME_ID 2
#define LINUX_CLOCK_THREAD_CPUTIME_ID  3
#define LINUX_CLOCK_MONOTONIC_RAW      4
#define LINUX_CLOCK_REALTIME_COARSE    5
#define LINUX_CLOCK_MONOTONIC_COARSE   6
#define LINUX_CLOCK_BOOTTIME           7
#define LINUX_TIMER_ABSTIME            1

/* ---- Files. ---------------------------------------------------------------------------------- */
#define LINUX_O_ACCMODE   00000003
#define LINUX_O_RDONLY    00000000
#define LINUX_O_WRONLY    00000001
#define LINUX_O_RDWR      00000002
#define LINUX_O_CREAT     00000100
#define LINUX_O_EXCL      00000200
#define LINUX_O_NOCTTY    00000400
#define LINUX_O_TRUNC     00001000
#define LINUX_O_APPEND    00002000
#define LINUX_O_NONBLOCK  00004000
#define LINUX_O_DIRECTORY 00200000
#define LINUX_O_NOFOLLOW  00400000
#define LINUX_O_CLOEXEC   02000000
#define LINUX_O_PATH      010000000

#define LINUX_AT_FDCWD            (-100)
#define LINUX_AT_SYMLINK_NOFOLLOW 0x100
#define LINUX_AT_EMPTY_PATH       0x1000

#define LINUX_S_IFMT   0170000
#define LINUX_S_IFIFO  0010000
#define LINUX_S_IFCHR  0020000
#define LINUX_S_IFDIR  0040000
#define LINUX_S_IFREG  0100000
#define LINUX_S_IFLNK  0120000
#define LINUX_S_IFSOCK 0140000

#define LINUX_SEEK_SET 0
#define LINUX_SEEK_CUR 1
#define LINUX_SEEK_END 2

/* struct stat of the generic ABI (include/uapi/asm-generic/stat.h), 128 bytes. */
struct linux_stat {
    uint64_t device;
    uint64_t inode;
    uint32_t mode;
    uint32_t links;
    uint32_t user;
    uint32_t group;
    uint64_t special_device;
    uint64_t padding1;
    int64_t size;
    int32_t block_size;
    int32_t padding2;
    int64_t blocks; /* of 512 bytes */
    struct linux_timespec accessed;
    struct linux_timespec modified;
    struct linux_timespec changed;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct linux_stat) == 128, "struct stat of Linux");

struct linux_iovec {
    uint64_t base;
    uint64_t length;
};

#define LINUX_IOV_MAX 1024

/* ---- Signals. -------------------------------------------------------------------------------- */
#define LINUX_SIGHUP    1
#define LINUX_SIGINT    2
#define LINUX_SIGQUIT   3
#define LINUX_SIGILL    4
#define LINUX_SIGTRAP   5
#define LINUX_SIGABRT   6
#define LINUX_SIGBUS    7
#define LINUX_SIGFPE    8
#define LINUX_SIGKILL   9
#define LINUX_SIGUSR1   10
#define LINUX_SIGSEGV   11
#define LINUX_SIGUSR2   12
#define LINUX_SIGPIPE   13
#define LINUX_SIGALRM   14
#define LINUX_SIGTERM   15
#define LINUX_SIGCHLD   17
#define LINUX_SIGCONT   18
#define LINUX_SIGSTOP   19
#define LINUX_SIGTSTP   20
#define LINUX_SIGTTIN   21
#define LINUX_SIGTTOU   22
#define LINUX_SIGURG    23
#define LINUX_SIGVTALRM 26
#define LINUX_SIGPROF   27
#define LINUX_SIGWINCH  28

/* Bytes of a signal set, where a call asks for them. */
#define LINUX_SIGSET_SIZE 8

/* ---- Auxiliary vector (those of Anser are in <anser/abi.h>). --------------------------------- */
#define LINUX_AT_NULL         0
#define LINUX_AT_PHDR         3
#define LINUX_AT_PHNUM        5
#define LINUX_AT_ENTRY        9
#define LINUX_AT_RANDOM       25
#define LINUX_AT_EXECFN       31
#define LINUX_AT_SYSINFO_EHDR 33

#endif
