/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux's times and Anser's ticks. */
#ifndef ANSER_SERVERS_LINUX_TIME_H
#define ANSER_SERVERS_LINUX_TIME_H

#include <stdint.h>
#include "linux_abi.h"

/* Reads a time from the program. 0, -EFAULT, or -EINVAL: negative, or a second's worth of ns. */
int time_read(struct linux_timespec *time, uint64_t address);

/* Ticks of a length of time, rounded up; saturates at CLOCK_NEVER. */
uint64_t time_to_ticks(const struct linux_timespec *time);
struct linux_timespec time_of_ticks(uint64_t ticks);

/* The deadline, in ticks, that is this time of the clock LINUX_CLOCK_*. */
uint64_t time_deadline(const struct linux_timespec *time, int clock);

#endif
