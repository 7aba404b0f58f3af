/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a long work has come. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include "clock.h"

#define PERIOD 1000 /* ms */

const char *progress_bytes(uint64_t bytes, char text[PROGRESS_TEXT])
{
    static const char units[] = "KMGTPE";
    unsigned unit = 0;
    uint64_t whole = bytes, tenths = 0;
    for (; whole >= 1024 && units[unit] != '\0'; unit++) {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
    }
    if (unit == 0)
        snprintf(text, PROGRESS_TEXT, "%" PRIu64 " B", whole);
    else
        snprintf(text, PROGRESS_TEXT, "%" PRIu64 ".%" PRIu64 " %ciB", whole, tenths,
                 units[unit - 1]);
    return text;
}

const char *progress_rate(uint64_t bytes, uint64_t ticks, char text[PROGRESS_TEXT])
{
    char amount[PROGRESS_TEXT];
    uint64_t milliseconds = clock_nanoseconds(ticks) / 1000000;
    if (milliseconds == 0 || bytes > UINT64_MAX / 1000)
        return "-";
    snprintf(text, PROGRESS_TEXT, "%s/s", progress_bytes(bytes * 1000 / milliseconds, amount));
    return text;
}

void progress_begin(struct progress *progress, const char *what, uint64_t total, uint64_t delay)
{
    *progress = (struct progress){.what = what, .total = total, .begin = clock_now()};
    progress->next = clock_after(delay);
}

void progress_show(struct progress *progress, uint64_t done)
{
    char amount[PROGRESS_TEXT], rate[PROGRESS_TEXT];
    uint64_t now = clock_now();
    if (now < progress->next)
        return;
    progress->next = clock_after(PERIOD);
    progress->shown = true;
    fprintf(stderr, "\r%s: %s", progress->what, progress_bytes(done, amount));
    if (progress->total != UINT64_MAX && progress->total > 0)
        fprintf(stderr, ", %u%%", (unsigned)((double)done * 100 / (double)progress->total));
    fprintf(stderr, ", %s   ", progress_rate(done, now - progress->begin, rate));
    fflush(stderr);
}

uint64_t progress_end(struct progress *progress)
{
    uint64_t ticks = clock_now() - progress->begin;
    if (progress->shown)
        fputc('\n', stderr);
    return ticks;
}
