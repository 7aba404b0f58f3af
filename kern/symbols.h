/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names of the core's functions, for the backtrace of a panic. The table is made by
 * tools/make-symbols from the first link of the core and linked into the second.
 */
#pragma once

#include <stdint.h>

struct symbol {
    uint32_t offset;      /* of the function's first byte from kernel_start */
    uint32_t name_offset; /* of its NUL-terminated name in symbol_names */
};

extern const struct symbol symbol_table[]; /* sorted by offset, symbol_count of them */
extern const uint32_t symbol_count;
extern const char symbol_names[];
