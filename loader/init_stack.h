/* SPDX-License-Identifier: BSD-2-Clause */
/* The first stack of the first process: arguments, environment, auxiliary vector, handles. */
#ifndef ANSER_INIT_STACK_H
#define ANSER_INIT_STACK_H

#include <anser/abi.h>
#include <anser/bootinfo.h>
#include <stddef.h>

struct init_stack {
    const char *command_line;
    uint64_t initrd_size;
    uint64_t device_tree_size;
    uint64_t timebase; /* ticks a second */
    struct anser_start_handle handles[BOOTINFO_INIT_HANDLES];
};

/*
 * Writes the topmost page (zeroed, 16-byte aligned) of a stack that ends at the user address `top`.
 * Its last bytes are the start handles, which the kernel fills in. Returns the stack pointer of the
 * process, the page's beginning; layout as Linux has it, see ANSER_AT_START.
 */
uint64_t init_stack_build(uint8_t page[ANSER_PAGE_SIZE], uint64_t top,
                          const struct init_stack *what);

#endif
