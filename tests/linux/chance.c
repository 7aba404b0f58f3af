/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chance and the time of day, as a C program for Linux finds them: AT_RANDOM, getrandom, the
 * devices; a clock that goes on. What it prints as hexadecimal digits has to differ each time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define READS 1000

static unsigned results;

static void test(int holds, const char *what)
{
    printf("%sok %u - %s\n", holds ? "" : "not ", ++results, what);
}

static void show(const char *from, const unsigned char *bytes)
{
    printf("# %s ", from);
    for (int i = 0; i < 16; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void test_file(const char *path)
{
    unsigned char bytes[4096], more[4096];
    int file = open(path, O_RDONLY);
    test(file >= 0 && read(file, bytes, sizeof(bytes)) == sizeof(bytes) &&
             read(file, more, sizeof(more)) == sizeof(more) &&
             memcmp(bytes, more, sizeof(bytes)) != 0,
         path);
    show(path, bytes);
    close(file);
}

static void test_chance(void)
{
    static unsigned char many[3 << 20];
    unsigned char bytes[16];
    unsigned bits = 0;
    show("AT_RANDOM", (const unsigned char *)getauxval(AT_RANDOM));
    test(getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes), "getrandom");
    show("getrandom", bytes);
    test(getrandom(bytes, sizeof(bytes), GRND_NONBLOCK | GRND_RANDOM) == sizeof(bytes),
         "GRND_NONBLOCK and GRND_RANDOM: the same");
    test(getrandom(many, sizeof(many), 0) == sizeof(many), "three MiB, over two new seeds");
    for (size_t i = 0; i < sizeof(many); i++)
        bits += (unsigned)__builtin_popcount(many[i]);
    /* Six standard deviations of 3 * 2^23 coins. */
    test(bits > 12582912 - 15100 && bits < 12582912 + 15100, "half of their bits are set");
    test_file("/dev/random");
    test_file("/dev/urandom");
}

static void test_clock(void)
{
    struct timespec before, now;
    int forward = clock_gettime(CLOCK_REALTIME, &before) == 0;
    for (int i = 0; i < READS; i++, before = now) {
        clock_gettime(CLOCK_REALTIME, &now);
        forward = forward && (now.tv_sec > before.tv_sec ||
                              (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec));
    }
    test(forward, "the time of day goes forward");
    printf("# seconds %ld\n", (long)time(NULL));
    test(clock_settime(CLOCK_REALTIME, &now) < 0 && errno == EPERM, "and is not set by anybody");
}

int main(void)
{
    test_chance();
    test_clock();
    printf("1..%u\n", results);
    return 0;
}
