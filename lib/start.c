/* SPDX-License-Identifier: BSD-2-Clause */
/* From the first stack of a program to main, and from exit to the kernel. */
#include <picolibc.h>
#include <picotls.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "start.h"
#include "stream.h"
#include "syscall.h"

#define AT_NULL 0

struct auxiliary {
    uint64_t type;
    uint64_t value;
};

extern char __tls_first[];
void __libc_init_array(void);

int main(int argc, char **argv, char **envp);
_Noreturn void start_program(uint64_t *stack);

char **environ;

static const struct auxiliary *auxiliary_vector;
static const struct anser_start no_handles;

uint64_t start_auxiliary(uint64_t type, uint64_t otherwise)
{
    for (const struct auxiliary *entry = auxiliary_vector; entry->type != AT_NULL; entry++) {
        if (entry->type == type)
            return entry->value;
    }
    return otherwise;
}

const struct anser_start *start_handles(void)
{
    return (const struct anser_start *)start_auxiliary(ANSER_AT_START, (uint64_t)&no_handles);
}

anser_handle start_handle(const char *name)
{
    const struct anser_start *start = start_handles();
    for (uint64_t i = 0; i < start->count; i++) {
        if (strncmp(start->handles[i].name, name, ANSER_NAME_MAX) == 0)
            return start->handles[i].handle;
    }
    return 0;
}

/* The C entry: `stack` is where the program's first stack pointer pointed. */
_Noreturn void start_program(uint64_t *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    environ = argv + argc + 1;
    char **end = environ;
    while (*end != NULL)
        end++;
    auxiliary_vector = (const struct auxiliary *)(end + 1);

    _init_tls(__tls_first);
    _set_tls(__tls_first);
    stream_init();
    __libc_init_array();
    exit(main(argc, argv, environ));
}

/* Where the C library's exit, having run what was registered, and abort end: all threads end. */
void _exit(int status)
{
    stream_flush();
    sys_process_exit((uint64_t)(int64_t)status);
}

/* Ends with a breakpoint, so that the exit event, or a debugger, shows where it happened. */
void abort(void)
{
    stream_flush();
    for (;;)
        __asm__ volatile("ebreak");
}
