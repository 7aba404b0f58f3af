/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the program. An address that came from it is an allegation: only these routines follow
 * one. They refuse what lies in the personality's own range, and a fault on the way is mended (the
 * handler's nested entry, entry.S): the result is -EFAULT, and nobody dies.
 */
#ifndef ANSER_SERVERS_LINUX_USER_H
#define ANSER_SERVERS_LINUX_USER_H

#include <stddef.h>
#include <stdint.h>

/* All return 0, or -EFAULT; then part of the bytes may have been copied. */
int user_read(void *to, uint64_t from, size_t length);
int user_write(uint64_t to, const void *from, size_t length);
int user_clear(uint64_t to, size_t length);

/* Copies a string with its NUL. Returns its length, -EFAULT, or -ENAMETOOLONG if no NUL is among
 * the first `size` bytes. */
int64_t user_read_string(char *to, uint64_t from, size_t size);

/* Like user_read and user_write, as far as it goes: returns the bytes copied, or -EFAULT for none
 * of length > 0. */
int64_t user_read_some(void *to, uint64_t from, size_t length);
int64_t user_write_some(uint64_t to, const void *from, size_t length);

#endif
