/* SPDX-License-Identifier: BSD-2-Clause */
/* `files DIRECTORY NAME`: a file as the C library reads it: stdio, stat, directories, mappings.
 * Prints TAP. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned number;
static int failed;
static char path[512];
static char *whole;
static size_t size;

static void check(int good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
    fflush(stdout);
    failed |= !good;
}

static void read_whole(void)
{
    struct stat status;
    FILE *file = fopen(path, "r");
    if (!file || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        perror(path);
        exit(2);
    }
    size = (size_t)status.st_size;
    whole = malloc(size + 1);
    check(fread(whole, 1, size + 1, file) == size && feof(file),
          "fread brings as much as stat says");
    rewind(file);
    size_t at = 0;
    int byte, good = 1;
    while ((byte = getc(file)) != EOF)
        good &= at < size && (unsigned char)whole[at++] == byte;
    check(good && at == size, "byte for byte the same");
    good =
        fseek(file, (long)size / 3, SEEK_SET) == 0 && getc(file) == (unsigned char)whole[size / 3];
    check(good && ftell(file) == (long)size / 3 + 1, "fseek and ftell");
    fclose(file);
}

static void list(const char *directory, const char *name)
{
    DIR *open = opendir(directory);
    unsigned names = 0, found = 0;
    for (struct dirent *entry; open && (entry = readdir(open));) {
        names++;
        found += strcmp(entry->d_name, name) == 0;
    }
    unsigned again = 0;
    if (open)
        rewinddir(open);
    while (open && readdir(open))
        again++;
    printf("# %u names in %s\n", names, directory);
    check(found == 1 && names == again, "a directory lists its file, once, and twice the same");
    if (open)
        closedir(open);
    int at = openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
    struct stat status;
    check(fstatat(at, name, &status, 0) == 0 && (size_t)status.st_size == size,
          "stat relative to a directory");
    close(at);
}

static void map(void)
{
    int file = open(path, O_RDONLY);
    char *shared = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    char *private = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    check(shared != MAP_FAILED && memcmp(shared, whole, size) == 0, "a mapping shows the file");
    check(private != MAP_FAILED && memcmp(private, whole, size) == 0, "so does a private one");
    if (private != MAP_FAILED && shared != MAP_FAILED) {
        private[0]++;
        check(private[0] != whole[0] && shared[0] == whole[0], "which can be written to, alone");
    }
    if (size % 4096 != 0 && shared != MAP_FAILED) {
        int zeros = 1;
        for (size_t at = size; at % 4096 != 0; at++)
            zeros &= shared[at] == 0;
        check(zeros, "behind the end of the file there are zeros");
    }
    close(file);
    check(shared == MAP_FAILED || memcmp(shared, whole, size) == 0,
          "a mapping outlives its descriptor");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: files DIRECTORY NAME\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/%s", argv[1], argv[2]);
    read_whole();
    list(argv[1], argv[2]);
    map();
    errno = 0;
    check(!fopen(path, "r+") && errno == EROFS, "it cannot be written to");
    printf("1..%u\n", number);
    return failed;
}
