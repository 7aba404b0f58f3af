/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's panic in a host program: says so and aborts. Included by one file of a program. */
#ifndef TESTS_PANIC_HOST_H
#define TESTS_PANIC_HOST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "kern/panic.h"

_Noreturn void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("# panic: ", stdout);
    vprintf(format, arguments);
    va_end(arguments);
    fputc('\n', stdout);
    fflush(stdout);
    abort();
}

#endif
