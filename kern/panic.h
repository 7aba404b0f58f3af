/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end: prints the reason, registers, a backtrace with symbols and what each thread waits for,
 * stops all harts, then does what the command line's panic= says. Only for the kernel's own bugs;
 * no user input leads here.
 */
#pragma once

#include "kern/types.h"

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An assertion about the kernel's own state; prints expression, file and line. */
#define kassert(condition)                                                                         \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            panic("assertion failed: %s (%s:%d)", #condition, __FILE__, __LINE__);                 \
    } while (0)

/* What happens at the end of a panic: enum boot_panic_action. */
extern uint64_t panic_action;
/* Set once a panic has begun; lock spinners look at it. */
extern volatile uint32_t panic_begun;
/* Registers of the trap in the kernel that led here (x[0] = pc), or NULL. */
_Noreturn void panic_trap(const uint64_t *registers, uint64_t cause, uint64_t value);
/* Who waits on what: a line a thread, into the log. */
void dump_threads(void);
/* dump_threads, once there are any; set at boot by kern/tables.c. */
extern void (*panic_dump)(void);
