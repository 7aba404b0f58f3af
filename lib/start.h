/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program was started with, apart from argc, argv and envp. */
#ifndef ANSER_LIB_START_H
#define ANSER_LIB_START_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

/*
 * The handle that the program was given under `name` ("stdin", "names", ...), or 0. The same value
 * each time; it stays the program's own, and whoever closes it must not ask again.
 */
anser_handle start_handle(const char *name);

/* All start handles, for programs that show or pass on what they have. */
const struct anser_start *start_handles(void);

/* Value of the auxiliary vector's entry `type`, or `otherwise` when there is none. */
uint64_t start_auxiliary(uint64_t type, uint64_t otherwise);

#endif
