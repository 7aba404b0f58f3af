/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a host test needs to report: one line of the Test Anything Protocol per statement. A failed
 * statement does not end the program, so that one run shows everything that is wrong.
 */
#ifndef ANSER_TESTS_TAP_H
#define ANSER_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* Weak: one count for all files of a program. */
__attribute__((weak)) int tap_count;
__attribute__((weak)) int tap_failures;

/* Reports one statement; `fmt` and what follows say what should be so. Returns `holds`. */
__attribute__((format(printf, 4, 5))) static inline bool tap_report(bool holds, const char *file,
                                                                    int line, const char *fmt, ...)
{
    va_list arguments;
    va_start(arguments, fmt);
    tap_count++;
    printf("%sok %d - ", holds ? "" : "not ", tap_count);
    vprintf(fmt, arguments);
    putchar('\n');
    va_end(arguments);
    if (!holds) {
        tap_failures++;
        printf("# %s:%d\n", file, line);
    }
    /* A sanitizer may end the program at the next line; what was found so far must be out. */
    fflush(stdout);
    return holds;
}

/* TEST(condition, "format", ...): one statement. Yields the condition's truth. */
#define TEST(condition, ...) tap_report((condition), __FILE__, __LINE__, __VA_ARGS__)

/* Prints the plan; `return tap_done();` ends main with a true exit status (0: all statements hold,
 * and there was at least one). */
static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures == 0 && tap_count > 0 ? 0 : 1;
}

#endif
