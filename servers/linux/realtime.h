/* SPDX-License-Identifier: BSD-2-Clause */
/* The time of day, from the clock server's page. */
#ifndef ANSER_SERVERS_LINUX_REALTIME_H
#define ANSER_SERVERS_LINUX_REALTIME_H

#include <stdint.h>

/* Maps the page that the vDSO reads, before any thread asks. */
void realtime_init(void);

/* What the real time is ahead of the ticks, in ticks. 0 where there is no clock server. The first
 * one to ask finds the server and maps its page, from which the vDSO reads afterwards. */
uint64_t realtime_base(void);

/* Sets the time of day, nanoseconds since 1970. 0, -EPERM or -EINVAL. */
int64_t realtime_change(uint64_t nanoseconds);

#endif
