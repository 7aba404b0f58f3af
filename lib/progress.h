/* SPDX-License-Identifier: BSD-2-Clause */
/* Amounts of bytes for people, and a line on stderr that says how far a long work has come. */
#ifndef ANSER_LIB_PROGRESS_H
#define ANSER_LIB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_TEXT 32

/* "512 B", "64.0 KiB", "3.5 GiB". Returns text. */
const char *progress_bytes(uint64_t bytes, char text[PROGRESS_TEXT]);

/* Bytes a second, likewise; "-" if no time has passed. */
const char *progress_rate(uint64_t bytes, uint64_t ticks, char text[PROGRESS_TEXT]);

struct progress {
    const char *what;
    uint64_t total; /* bytes, or UINT64_MAX: not known */
    uint64_t begin; /* ticks */
    uint64_t next;  /* when the line is shown again */
    bool shown;
};

/* Begins to take the time. The line comes after `delay` milliseconds, and then each second. */
void progress_begin(struct progress *progress, const char *what, uint64_t total, uint64_t delay);

/* `done` bytes are done: shows the line when it is time. */
void progress_show(struct progress *progress, uint64_t done);

/* Ends the line, if there was one. Returns how many ticks it took. */
uint64_t progress_end(struct progress *progress);

#endif
