/* SPDX-License-Identifier: BSD-2-Clause */
/* A trap with every integer register under control, to see what the kernel does to each. */
#ifndef ANSER_TESTS_REGISTERS_H
#define ANSER_TESTS_REGISTERS_H

#include <stdint.h>

/* By x numbers. */
struct registers {
    uint64_t x[32];
};

#define X_RA  1
#define X_SP  2
#define X_GP  3
#define X_TP  4
#define X_T0  5
#define X_A0  10
#define X_A1  11
#define X_A2  12
#define X_A7  17
#define X_S2  18
#define X_S3  19
#define X_S11 27
#define X_T3  28

/*
 * Loads all registers but sp from *registers, executes an ecall, and stores all of them there, sp
 * as well. x[2] goes in as what sp was.
 */
void registers_trap(struct registers *registers);

/* Loads all registers but sp, counts `rounds` down to zero in a loop (in a7), stores them. What a
 * thread sees that never calls the kernel but is interrupted often. */
void registers_spin(struct registers *registers, uint64_t rounds);

/* Loads all registers but sp, reads from the address in a7, stores them. */
void registers_touch(struct registers *registers);

/* A thread's entry: stores all registers in the struct registers that its argument points to, then
 * zeroes and wakes the word behind it, and leaves. */
void registers_at_start(void);

/* A value that no other register, round or process has. */
static inline uint64_t registers_pattern(unsigned number, uint64_t seed)
{
    return (seed + 1) * 0x9e3779b97f4a7c15ul ^ (uint64_t)(number + 1) * 0x0101010101010101ul;
}

#endif
