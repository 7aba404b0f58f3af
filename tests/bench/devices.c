/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anser as the other side of tests/bench/devices.py: starts the stock server, then does what the
 * console's lines say. They are those of tests/bench/linux_devices.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "disk_work.h"
#include "bench_start.h"
#include "syscall.h"

uint64_t clock_now_nanoseconds(void)
{
    return clock_nanoseconds(clock_now());
}

uint64_t busy_nanoseconds(void)
{
    struct sys_result idle = sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0);
    return clock_nanoseconds(clock_now() - idle.value);
}

/* Returns false when the machine is to be switched off. */
static bool obey(const char *line)
{
    if (strcmp(line, "busy\n") == 0)
        printf("BUSY %" PRIu64 "\n", busy_nanoseconds());
    else if (strcmp(line, "disk\n") == 0)
        printf("DISK %d\n", disk_measure());
    else if (strcmp(line, "end\n") == 0)
        return false;
    else
        printf("what is %s", line);
    return true;
}

int main(void)
{
    char line[64];
    anser_handle server = bench_start("netserve", 0);
    if (server < 0) {
        printf("netserve cannot be started: error %" PRId64 "\n", -server);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin) != NULL && obey(line))
        continue;
    return 0;
}
