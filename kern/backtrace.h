/* SPDX-License-Identifier: BSD-2-Clause */
/* The callers on a kernel stack, by name. */
#pragma once

#include "kern/types.h"

/* Prints where registers (x[0] = pc, x[2] = sp) are, and what looks like their callers. */
void backtrace(const uint64_t *registers);
/* Up to where the image is mapped and may hold a stack. */
void backtrace_set_end(uint64_t end);
/* Is it an address in the guard page of a kernel stack? */
bool backtrace_is_guard(uint64_t address);
