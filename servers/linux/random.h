/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes for the program. */
#ifndef ANSER_SERVERS_LINUX_RANDOM_H
#define ANSER_SERVERS_LINUX_RANDOM_H

#include <stddef.h>

/* Seeds with AT_RANDOM's 16 bytes (NULL: none) and the time. Once, before any thread asks. */
void random_init(const void *seed);

/* Fills `to`. Any thread; for getrandom, /dev/random and /dev/urandom. */
void random_fill(void *to, size_t length);

#endif
