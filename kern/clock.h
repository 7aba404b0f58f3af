/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart's clock and the comparator beside it (privileged specification, "time", "Sstc").
 * Where there is no RISC-V, a test has its own.
 */
#pragma once

#include <stdint.h>

#ifdef __riscv

static inline uint64_t time_now(void)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now));
    return now;
}

/* stimecmp, by number: the assembler in use does not know its name. */
static inline void clock_compare(uint64_t when)
{
    __asm__ volatile("csrw 0x14d, %0" ::"r"(when));
}

#else

uint64_t time_now(void);
void clock_compare(uint64_t when);

#endif
