/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first stack of a program, as bytes: argc, argv, envp, auxv and what they point to. Pure, so
 * that it can be tested on the host. Layout: System V ABI, "Process Initialization", with our
 * entries ANSER_AT_*.
 */
#ifndef ANSER_LIB_STACK_IMAGE_H
#define ANSER_LIB_STACK_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>

struct stack_auxiliary {
    uint64_t type;
    uint64_t value;
};

/* What goes onto the stack. Lists of strings end in NULL; auxiliary has no AT_NULL at its end. */
struct stack_contents {
    const char *const *arguments;
    const char *const *environment;
    const struct stack_auxiliary *auxiliary;
    size_t auxiliary_count;
    const struct anser_start_handle *handles; /* becomes ANSER_AT_START, always */
    size_t handle_count;
    const void *random; /* 16 bytes, becomes AT_RANDOM; NULL: no such entry */
    const char *path;   /* becomes AT_EXECFN; NULL: no such entry */
};

/* Bytes that the contents take, a multiple of 16. */
size_t stack_image_size(const struct stack_contents *contents);

/*
 * Writes the contents to buffer[0..stack_image_size), the end of which will be at address `top` (a
 * multiple of 16) in the program. Returns the program's first stack pointer: top less the size.
 */
uint64_t stack_image_write(const struct stack_contents *contents, void *buffer, uint64_t top);

#endif
