/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel tells in /proc/uptime and /proc/stat how long it idled, in steps of 10 ms. The same
 * two counters stand in /proc/timer_list in nanoseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "linux_busy.h"

#define NANOSECONDS_PER_TICK 100 /* of QEMU's virt machine: 10 MHz */

uint64_t clock_now_nanoseconds(void)
{
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks * NANOSECONDS_PER_TICK;
}

static uint64_t value_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    const char *colon = line ? strchr(line, ':') : NULL;
    if (colon == NULL) {
        printf("/proc/timer_list has no %s\n", name);
        exit(1);
    }
    return strtoull(colon + 1, NULL, 10);
}

static size_t read_all(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY);
    size_t length = 0;
    ssize_t piece = 0;
    while (file >= 0 && length < size - 1 &&
           (piece = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)piece;
    if (file >= 0)
        close(file);
    text[length] = 0;
    return length;
}

uint64_t busy_nanoseconds(void)
{
    static char text[1 << 16];
    uint64_t now = clock_now_nanoseconds();
    read_all("/proc/timer_list", text, sizeof(text));
    return now - value_of(text, ".idle_sleeptime") - value_of(text, ".iowait_sleeptime");
}
