/* SPDX-License-Identifier: BSD-2-Clause */
/* The first stack of the first process: arguments, environment, auxiliary vector, handles. */
#pragma once

#include <anser/abi.h>
#include "kern/types.h"

#define INIT_HANDLES 3

struct init_stack {
    const char *command_line;
    uint64_t initrd_size;
    uint64_t device_tree_size;
    uint64_t timebase; /* ticks a second */
    struct anser_start_handle handles[INIT_HANDLES];
};

/*
 * Writes the topmost page (zeroed, 16-byte aligned) of a stack that ends at the user address `top`.
 * Returns the stack pointer of the process; layout as Linux has it, see ANSER_AT_START.
 */
uint64_t init_stack_build(uint8_t page[PAGE_SIZE], uint64_t top, const struct init_stack *what);
