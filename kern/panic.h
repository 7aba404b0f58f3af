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
/* The callers on a kernel stack, by name: prints where registers are (x[0] = pc, x[2] = sp), and
 * what looks like their callers. */
void backtrace(const uint64_t *registers);
/* Up to where the image is mapped and may hold a stack. */
void backtrace_set_end(uint64_t end);
/* Is it an address in the guard page of a kernel stack? */
bool backtrace_is_guard(uint64_t address);
/* Who waits on what: a line a thread, into the log. */
void dump_threads(void);
/* dump_threads, once there are any; set at boot by kern/tables.c. */
extern void (*panic_dump)(void);
