/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the cheapest calls cost a static C program. The same binary runs on Anser and on Linux;
 * under -icount shift=0 a nanosecond of the clock is an instruction.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 100000

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void report(const char *name, uint64_t begin, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %d\n", name,
           (unsigned long)((now() - begin + ROUNDS / 2) / ROUNDS), how, ROUNDS);
}

int main(void)
{
    struct timespec time;
    long wrong = 0;
    long parent = getppid();
    uint64_t begin = now();
    for (int i = 0; i < ROUNDS; i++)
        wrong |= syscall(SYS_getppid) ^ parent;
    report("getppid", begin, "static C, syscall() in a loop");
    begin = now();
    for (int i = 0; i < ROUNDS; i++)
        wrong |= clock_gettime(CLOCK_MONOTONIC, &time);
    report("clock_gettime", begin, "static C, through the vDSO");
    return wrong != 0;
}
