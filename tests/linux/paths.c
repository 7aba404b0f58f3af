/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of files, as a C program sees them: opened, read, mapped, listed, linked, and what a system
 * refuses whose files cannot be written. Prints TAP.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int count, failures;
static char bytes[65536];
static void *volatile nowhere = (void *)8; /* which the compiler must not know */

static void report(int holds, const char *what, int line)
{
    int error = errno;
    count++;
    failures += !holds;
    printf("%sok %d - %s\n", holds ? "" : "not ", count, what);
    if (!holds)
        printf("# line %d, errno %d\n", line, error);
}

#define TEST(condition) report((condition) != 0, #condition, __LINE__)

/* The call fails with just this errno. */
#define FAILS(error, call)                                                                         \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result = (long)(call);                                                                \
        report(result == -1 && errno == (error), #call ": " #error, __LINE__);                     \
    } while (0)

/* Reads what is at a path, at most as much as there is room; the length, or -1. */
static ssize_t read_path(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes) - 1);
    bytes[length > 0 ? length : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return length;
}

static void test_reading(void)
{
    struct stat status;
    char some[16];
    int fd = open("/manifest", O_RDONLY);
    ssize_t length = read(fd, bytes, sizeof(bytes));
    TEST(length > 100);
    TEST(fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == length);
    TEST(pread(fd, some, 5, 2) == 5 && memcmp(some, bytes + 2, 5) == 0);
    TEST(lseek(fd, -3, SEEK_END) == length - 3 && read(fd, some, 16) == 3);
    TEST(read(fd, some, 16) == 0);
    TEST(lseek(fd, 1000000, SEEK_SET) == 1000000 && read(fd, some, 1) == 0);
    FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
    FAILS(EINVAL, lseek(fd, 0, 77));
    FAILS(EBADF, write(fd, "x", 1));
    FAILS(EFAULT, pread(fd, nowhere, 5, 0));
    char *map = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, fd, 0);
    TEST(map != MAP_FAILED && memcmp(map, bytes, (size_t)length) == 0);
    map = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    TEST(map != MAP_FAILED && (map[0] = '!') && map[1] == bytes[1]);
    close(fd);
}

static void test_opening(void)
{
    static char name[5000];
    FAILS(ENOENT, open("/nope", O_RDONLY));
    FAILS(ENOENT, open("/nope/x", O_RDONLY));
    FAILS(ENOENT, open("", O_RDONLY));
    FAILS(ENOTDIR, open("/manifest/x", O_RDONLY));
    FAILS(ENOTDIR, open("/manifest/", O_RDONLY));
    FAILS(ENOTDIR, open("/manifest", O_RDONLY | O_DIRECTORY));
    FAILS(EISDIR, open("/programs", O_WRONLY));
    FAILS(EFAULT, open(nowhere, O_RDONLY));
    FAILS(EBADF, openat(77, "x", O_RDONLY));
    memset(name, 'a', sizeof(name) - 1);
    FAILS(ENAMETOOLONG, open(name, O_RDONLY));
    name[300] = '\0';
    FAILS(ENAMETOOLONG, open(name, O_RDONLY));
    int fd = open("/manifest", O_PATH);
    TEST(fd >= 0);
    FAILS(EBADF, read(fd, bytes, 1));
    close(fd);
}

static void test_refusals(void)
{
    FAILS(EROFS, open("/manifest", O_WRONLY));
    FAILS(EROFS, open("/manifest", O_RDONLY | O_TRUNC));
    FAILS(EROFS, open("/new", O_CREAT | O_WRONLY, 0600));
    FAILS(EEXIST, open("/manifest", O_CREAT | O_EXCL | O_RDWR, 0600));
    FAILS(EROFS, mkdir("/new", 0777));
    FAILS(EEXIST, mkdir("/programs", 0777));
    FAILS(EROFS, unlink("/manifest"));
    FAILS(EISDIR, unlink("/programs"));
    FAILS(ENOENT, unlink("/nope"));
    FAILS(ENOTDIR, rmdir("/manifest"));
    FAILS(EROFS, rename("/manifest", "/new"));
    FAILS(EROFS, symlink("a", "/new"));
    FAILS(EROFS, link("/manifest", "/new"));
    FAILS(EROFS, chmod("/manifest", 0));
    FAILS(EROFS, truncate("/manifest", 0));
    FAILS(EROFS, access("/manifest", W_OK));
    FAILS(EACCES, access("/manifest", X_OK));
    FAILS(ENOENT, access("/nope", F_OK));
    TEST(access("/manifest", R_OK) == 0 && access("/programs/hello", X_OK) == 0);
}

static void test_directories(void)
{
    struct stat status;
    char path[64];
    TEST(chdir("/programs") == 0 && getcwd(path, sizeof(path)) && !strcmp(path, "/programs"));
    TEST(stat("hello", &status) == 0 && stat("../manifest", &status) == 0);
    FAILS(ENOTDIR, chdir("/manifest"));
    FAILS(ENOENT, chdir("/nope"));
    TEST(getcwd(path, 3) == NULL && errno == ERANGE);
    int fd = open("/tests", O_RDONLY | O_DIRECTORY);
    TEST(fstatat(fd, "files", &status, 0) == 0 && S_ISREG(status.st_mode));
    TEST(fchdir(fd) == 0 && stat("files", &status) == 0);
    FAILS(EISDIR, read(fd, bytes, 10));
    FAILS(ENOTDIR, openat(STDOUT_FILENO, "x", O_RDONLY));
    close(fd);
}

/* The entries of a directory, and how many of them are called `name`. */
static int list(const char *path, const char *name, int *found)
{
    int entries = 0;
    DIR *directory = opendir(path);
    *found = 0;
    if (directory == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL; entries++)
        *found += strcmp(entry->d_name, name) == 0 && entry->d_ino != 0;
    rewinddir(directory);
    for (int i = 0; i < entries; i++)
        entries = readdir(directory) == NULL ? -1 : entries;
    closedir(directory);
    return entries;
}

static void test_lists(void)
{
    int found, entries = list("/", "manifest", &found);
    TEST(entries > 6 && found == 1);
    TEST(list("/", "dev", &found) == entries && found == 1);
    TEST(list("/", "..", &found) == entries && found == 1);
    TEST(list("/proc/self/fd", "1", &found) >= 5 && found == 1);
    TEST(list("/dev", "urandom", &found) > 8 && found == 1);
    TEST(list("/etc", "hosts", &found) > 3 && found == 1);
    TEST(list("/nope", "x", &found) == -1 && errno == ENOENT);
    TEST(list("/manifest", "x", &found) == -1 && errno == ENOTDIR);
}

static void test_devices(void)
{
    struct stat status;
    char first[16] = "", second[16] = "";
    int fd = open("/dev/null", O_RDWR);
    TEST(write(fd, "abc", 3) == 3 && read(fd, bytes, 3) == 0);
    TEST(fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == 0x103);
    close(fd);
    fd = open("/dev/zero", O_RDWR);
    memset(bytes, 1, 10);
    TEST(read(fd, bytes, 10) == 10 && bytes[0] == 0 && bytes[9] == 0 && bytes[10] != 0);
    close(fd);
    fd = open("/dev/full", O_RDWR);
    FAILS(ENOSPC, write(fd, "abc", 3));
    close(fd);
    fd = open("/dev/urandom", O_RDONLY);
    TEST(read(fd, first, 16) == 16 && read(fd, second, 16) == 16 && memcmp(first, second, 16));
    close(fd);
    fd = open("/dev/tty", O_RDWR);
    TEST(fd >= 0 && write(fd, "# by /dev/tty\n", 14) == 14);
    close(fd);
    fd = open("/dev/stdout", O_WRONLY);
    TEST(fd >= 0 && write(fd, "# by /dev/stdout\n", 17) == 17);
    close(fd);
}

static void test_links(const char *program)
{
    struct stat status, behind;
    ssize_t length = readlink("/proc/self/exe", bytes, sizeof(bytes) - 1);
    bytes[length > 0 ? length : 0] = '\0';
    TEST(bytes[0] == '/' && strstr(bytes, program) != NULL && stat(bytes, &behind) == 0);
    TEST(stat("/proc/self/exe", &status) == 0 && status.st_ino == behind.st_ino);
    TEST(lstat("/proc/self/exe", &status) == 0 && S_ISLNK(status.st_mode));
    TEST(read_path("/proc/self/exe") > 4 && memcmp(bytes, "\177ELF", 4) == 0);
    TEST(stat("/proc/self/fd/1", &status) == 0 && S_ISCHR(status.st_mode));
    FAILS(EINVAL, readlink("/manifest", bytes, 10));
    FAILS(ENOENT, readlink("/nope", bytes, 10));
    FAILS(EINVAL, readlink("/proc/self/exe", bytes, 0));
    FAILS(ELOOP, open("/proc/self/exe", O_RDONLY | O_NOFOLLOW));
    snprintf(bytes, sizeof(bytes), "/proc/%d/exe", (int)getpid());
    TEST(access(bytes, X_OK) == 0);
}

static void test_texts(const char *program)
{
    TEST(read_path("/proc/self/auxv") >= 64);
    TEST(read_path("/proc/self/cmdline") > 0 && strstr(bytes, program) != NULL);
    TEST(read_path("/proc/self/maps") > 0 && strstr(bytes, "[stack]") != NULL);
    TEST(read_path("/proc/self/status") > 0 && strncmp(bytes, "Name:\t", 6) == 0);
    TEST(read_path("/sys/devices/system/cpu/online") >= 2 && bytes[0] == '0');
    TEST(read_path("/etc/hosts") > 0 && strstr(bytes, "localhost") != NULL);
    TEST(read_path("/proc/meminfo") == -1 && errno == ENOENT);
    FAILS(EACCES, open("/proc/self/maps", O_RDWR));
}

static void test_stat(void)
{
    struct statfs system;
    struct statx more;
    struct stat status;
    TEST(statfs("/", &system) == 0 && system.f_blocks > 0 && system.f_bfree == 0);
    TEST(stat("/manifest", &status) == 0);
    TEST(statx(AT_FDCWD, "/manifest", 0, STATX_BASIC_STATS, &more) == 0 &&
         more.stx_ino == status.st_ino && (off_t)more.stx_size == status.st_size);
    FAILS(EFAULT, stat("/manifest", nowhere));
    FAILS(EINVAL, fstatat(AT_FDCWD, "/manifest", &status, 0x80000));
}

static void test_exhaustion(void)
{
    int first = open("/manifest", O_RDONLY), last = first, fd;
    while ((fd = open("/manifest", O_RDONLY)) >= 0)
        last = fd;
    TEST(errno == EMFILE && last >= 1023);
    for (fd = first; fd <= last; fd++)
        close(fd);
    TEST(open("/manifest", O_RDONLY) == first);
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *program = slash != NULL ? slash + 1 : argv[0];
    test_reading();
    test_opening();
    test_refusals();
    test_directories();
    test_lists();
    test_devices();
    test_links(program);
    test_texts(program);
    test_stat();
    test_exhaustion();
    printf("1..%d\n", count);
    return failures != 0;
}
