/* SPDX-License-Identifier: BSD-2-Clause */
/* How long Linux was busy. */
#ifndef BENCH_LINUX_BUSY_H
#define BENCH_LINUX_BUSY_H

#include <stdint.h>

/* Nanoseconds since the machine began in which hart 0 did not idle, firmware included. Needs /proc.
 */
uint64_t busy_nanoseconds(void);

/* Nanoseconds since the machine began. */
uint64_t clock_now_nanoseconds(void);

#endif
