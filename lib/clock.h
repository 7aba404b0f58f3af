/* SPDX-License-Identifier: BSD-2-Clause */
/* Time and counters. Deadlines are absolute, in ticks of the `time` CSR, as in the ABI. */
#ifndef ANSER_LIB_CLOCK_H
#define ANSER_LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A deadline that never comes, for the functions of this library that take one. */
#define CLOCK_NEVER UINT64_MAX

/* The time now, in ticks. Never traps. */
static inline uint64_t clock_now(void)
{
    uint64_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

/* Instructions that this hart retired, kernel and other threads included. */
static inline uint64_t clock_instructions(void)
{
    uint64_t count;
    __asm__ volatile("rdinstret %0" : "=r"(count));
    return count;
}

/*
 * Whether clock_instructions tells the truth: QEMU counts instructions under -icount only, and
 * something like nanoseconds of its host without. Looks at a loop of known length.
 */
bool clock_counts_instructions(void);

/* Ticks in a second, from the start data (ANSER_AT_TIMEBASE); 10,000,000 if there are none. */
uint64_t clock_hertz(void);

/* Conversions, rounding towards zero, saturating at CLOCK_NEVER. */
uint64_t clock_ticks(uint64_t nanoseconds);
uint64_t clock_nanoseconds(uint64_t ticks);

/* The deadline `milliseconds` from now. */
uint64_t clock_after(uint64_t milliseconds);

/* Sleeps until `deadline` (ticks). Returns 0, or -EINTR after thread_interrupt. */
int clock_sleep_until(uint64_t deadline);

/* Sleeps that long. Returns as clock_sleep_until. */
int clock_sleep(uint64_t milliseconds);

#endif
