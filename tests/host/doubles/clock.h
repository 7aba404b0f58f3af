/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of lib/clock.h, whose clock is an instruction of the machine. It goes on by itself.
 */
#ifndef ANSER_LIB_CLOCK_H
#define ANSER_LIB_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER UINT64_MAX

uint64_t clock_now(void);

#endif
