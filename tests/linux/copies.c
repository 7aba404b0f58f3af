/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call copies into and out of the program, however both sides lie, and up to the edge of
 * what is there. Runs on any Linux as well. Prints TAP. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONGEST 200
#define PAGE    4096

static unsigned number;
static int failed, ends[2];

static void check(int good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
    fflush(stdout);
    failed |= !good;
}

static unsigned char pattern(size_t n)
{
    return (unsigned char)(n * 37 + n / 7 + 1);
}

static int copies(unsigned char *to, const unsigned char *from, size_t size)
{
    memset(to - 8, 0xee, size + 16);
    return write(ends[1], from, size) == (ssize_t)size &&
           read(ends[0], to, size) == (ssize_t)size && to[-1] == 0xee && to[size] == 0xee &&
           memcmp(to, from, size) == 0;
}

static void alignments(void)
{
    static unsigned char to[LONGEST + 32], from[LONGEST + 32];
    int wrong = 0;
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = pattern(i);
    for (size_t t = 8; t < 16; t++) {
        for (size_t f = 0; f < 8; f++) {
            for (size_t size = 1; size <= LONGEST; size += 1 + size / 24)
                wrong += !copies(to + t, from + f, size);
        }
    }
    check(wrong == 0, "every alignment of both sides");
}

/* Bytes before the end of what is there go through; with none of them it is an error. */
static void edges(unsigned char *end)
{
    static unsigned char beside[PAGE];
    int wrong = 0;
    for (size_t there = 1; there <= 96; there++) {
        for (size_t i = 0; i < there; i++)
            end[-(ssize_t)there + (ssize_t)i] = pattern(i);
        ssize_t written = write(ends[1], end - there, there);
        wrong += written != (ssize_t)there;
        wrong += read(ends[0], beside, sizeof(beside)) != (ssize_t)there;
        wrong += memcmp(beside, end - there, there) != 0;
        wrong += write(ends[1], beside, there) != (ssize_t)there;
        memset(end - there, 0, there);
        wrong += read(ends[0], end - there, there) != (ssize_t)there;
        wrong += memcmp(beside, end - there, there) != 0;
    }
    check(wrong == 0, "whatever lies at the end of a mapping");
    errno = 0;
    check(write(ends[1], end, 64) == -1 && errno == EFAULT, "nothing behind it");
}

int main(void)
{
    unsigned char *pages =
        mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(pages != MAP_FAILED && munmap(pages + PAGE, PAGE) == 0 && pipe(ends) == 0,
          "a page, a pipe");
    alignments();
    edges(pages + PAGE);
    printf("1..%u\n", number);
    return failed;
}
