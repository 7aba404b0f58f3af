/* SPDX-License-Identifier: BSD-2-Clause */
/* Bad calls on names of files, and on files that were opened. */
#define _GNU_SOURCE
#include "call_table.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define HERE ((uint64_t)AT_FDCWD)

static unsigned names(const char *file, unsigned *wrong)
{
    static char long_name[300], long_path[5000], below[400];
    uint64_t good = AT(places.good);
    memset(long_name, 'n', sizeof(long_name) - 1);
    memset(long_path, '/', sizeof(long_path) - 1);
    strcat(strcpy(below, file), "/x");
    const struct bad_call calls[] = {
        CALL(openat, -EFAULT, HERE, BAD_NAME, O_RDONLY),
        CALL(openat, -ENOENT, HERE, AT(""), O_RDONLY),
        CALL(openat, -ENOENT, HERE, AT("/no/such/file"), O_RDONLY),
        CALL(openat, -ENOTDIR, HERE, AT(below), O_RDONLY),
        CALL(openat, -ENOTDIR, HERE, AT(file), O_RDONLY | O_DIRECTORY),
        CALL(openat, -ENAMETOOLONG, HERE, AT(long_name), O_RDONLY),
        CALL(openat, -ENAMETOOLONG, HERE, AT(long_path), O_RDONLY),
        CALL(openat, -EBADF, BAD_FD, AT("relative"), O_RDONLY),
        CALL(openat, -EISDIR, HERE, AT("/"), O_RDWR),
        CALL(newfstatat, -EFAULT, HERE, BAD_NAME, good, 0),
        CALL(newfstatat, -EFAULT, HERE, AT(file), BAD_OUT, 0),
        CALL(newfstatat, -ENOENT, HERE, AT("/no/such/file"), good, 0),
        CALL(newfstatat, -EINVAL, HERE, AT(file), good, 0x80000000),
        CALL(newfstatat, -EBADF, BAD_FD, AT("relative"), good, 0),
        CALL(readlinkat, -EFAULT, HERE, BAD_NAME, good, 100),
        CALL(readlinkat, -EINVAL, HERE, AT(file), good, 100),
        CALL(readlinkat, -EINVAL, HERE, AT("/proc/self/exe"), good, 0),
        CALL(readlinkat, -EFAULT, HERE, AT("/proc/self/exe"), BAD_OUT, 100),
        CALL(readlinkat, -ENOENT, HERE, AT("/no/such/file"), good, 100),
        CALL(faccessat, -EFAULT, HERE, BAD_NAME, R_OK),
        CALL(faccessat, -ENOENT, HERE, AT("/no/such/file"), R_OK),
        CALL(faccessat, -EINVAL, HERE, AT(file), 0x77),
        CALL(chdir, -EFAULT, BAD_NAME),
        CALL(chdir, -ENOENT, AT("/no/such/place")),
        CALL(chdir, -ENOTDIR, AT(file)),
        CALL(getcwd, -ERANGE, good, 1),
        CALL(getcwd, -EFAULT, BAD_OUT, 100),
    };
    return TRY(calls, wrong);
}

unsigned bad_path_calls(const char *file, unsigned *wrong)
{
    int opened = open(file, O_RDONLY), root = open("/", O_RDONLY | O_DIRECTORY);
    if (opened < 0 || root < 0)
        return 0;
    uint64_t in = (uint64_t)opened, directory = (uint64_t)root, good = AT(places.good);
    const struct bad_call calls[] = {
        CALL(read, -EFAULT, in, BAD_OUT, 16),
        CALL(read, 0, in, 8, 0),
        CALL(pread64, -EFAULT, in, BAD_OUT, 16, 0),
        CALL(pread64, -EINVAL, in, good, 16, (uint64_t)-1),
        CALL(pread64, 0, in, good, 16, 0x7000000000000000),
        CALL(write, -EBADF, in, good, 16),
        CALL(lseek, -EINVAL, in, (uint64_t)-1, SEEK_SET),
        CALL(lseek, -EINVAL, in, 0, 77),
        CALL(lseek, 0, in, 0, SEEK_CUR), /* nothing of the above has moved it */
        CALL(ioctl, -ENOTTY, in, 0x5401, good),
        CALL(getdents64, -ENOTDIR, in, good, 4096),
        CALL(mmap, -EINVAL, 0, 4096, PROT_READ, MAP_PRIVATE, in, 1),
        CALL(mmap, -EACCES, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, in, 0),
        CALL(mmap, -EINVAL, 0, 4096, PROT_READ, 0, in, 0),
        CALL(mmap, -ENODEV, 0, 4096, PROT_READ, MAP_PRIVATE, directory, 0),
        CALL(read, -EISDIR, directory, good, 16),
        CALL(getdents64, -EFAULT, directory, BAD_OUT, 4096),
        CALL(getdents64, -EINVAL, directory, good, 4),
        CALL(newfstatat, -ENOENT, directory, AT("not-there"), good, 0),
        CALL(openat, -ENOTDIR, in, AT("relative"), O_RDONLY),
    };
    unsigned made = names(file, wrong) + TRY(calls, wrong);
    close(opened);
    close(root);
    return made;
}
