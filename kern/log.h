/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's log: a ring of the last 64 KiB of text with absolute positions. Until a user-level
 * driver has taken the console (log_console(false)), lines go to the SBI console as well.
 */
#pragma once

#include <stdarg.h>
#include "kern/types.h"

/* %s %d %u %x %ld %lu %lx %%, with a width and zeros before numbers; nothing else. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kvprintf(const char *format, va_list arguments);
void log_write(const char *text, size_t length);
void log_console(bool on);
/* Copies up to size bytes from the absolute position (moved up to what is still there) into
 * buffer; *position moves past them. Returns the number of bytes. */
size_t log_read(char *buffer, size_t size, uint64_t *position);
