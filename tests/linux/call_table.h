/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bad foreign calls as a table: a number, arguments, and what Linux returns. A case with a marker
 * among its arguments stands for many: one for each bad value that the marker means. Built for the
 * machine that compiles, the same table is checked against a Linux kernel.
 */
#ifndef ANSER_TESTS_LINUX_CALL_TABLE_H
#define ANSER_TESTS_LINUX_CALL_TABLE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* Markers. No real argument looks like them. */
#define BAD_IN   0x5bad0001ul /* an address that cannot be read */
#define BAD_OUT  0x5bad0002ul /* one that cannot be written */
#define BAD_FD   0x5bad0003ul /* no open descriptor */
#define BAD_NAME 0x5bad0004ul /* BAD_IN, and a string that runs into nothing */

struct bad_call {
    const char *name;
    long number;
    uint64_t arguments[6];
    long expected; /* -errno, or a result */
};

/* Places in memory that the cases use: set up by bad_calls_prepare. */
extern struct places {
    char *good;      /* two pages that may be written, then nothing is mapped */
    char *edge;      /* the last 4 bytes before that */
    char *read_only; /* a page */
    char *no_access; /* a page */
} places;

/* Maps the places; returns 0 or -1. */
int bad_calls_prepare(void);

/* Tries each case with each value of its marker; prints what came out otherwise. Returns how many
 * calls were made, and adds the wrong ones to *wrong. */
unsigned bad_calls_try(const struct bad_call *calls, size_t count, unsigned *wrong);

/* The call itself, without the C library in between. */
long raw_call(long number, const uint64_t arguments[6]);

/* The groups, one function each, with all that they need made and given back inside. */
unsigned bad_memory_calls(unsigned *wrong);
unsigned bad_descriptor_calls(unsigned *wrong);
unsigned bad_poll_calls(unsigned *wrong);
unsigned bad_path_calls(const char *file, unsigned *wrong);
unsigned bad_process_calls(unsigned *wrong);
unsigned bad_time_calls(unsigned *wrong);

#define CALL(name, expected, ...)                                                                  \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, expected                                                \
    }
#define TRY(table, wrong) bad_calls_try(table, sizeof(table) / sizeof((table)[0]), wrong)
#define AT(pointer)       ((uint64_t)(uintptr_t)(pointer))

#endif
