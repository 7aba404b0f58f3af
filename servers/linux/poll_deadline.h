/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting under poll_lock, with the armed timerfds' expiries. There is no thread for timers:
 * whoever waits for readiness wakes when the first of them is due, and tells the watches of all
 * that are.
 */
#ifndef ANSER_SERVERS_LINUX_POLL_DEADLINE_H
#define ANSER_SERVERS_LINUX_POLL_DEADLINE_H

#include <stdint.h>
#include "lib/clock.h"
#include "poll_watch.h"

/* As wait_for, with poll_lock. */
int poll_wait(struct task *self, struct wait_queue *queue, uint64_t deadline);

/*
 * The deadline of a timeout that is given as a timespec at an address of the program (0: none, then
 * CLOCK_NEVER). Returns 0, -EFAULT, -EINVAL.
 */
int poll_timeout(struct task *self, uint64_t address, uint64_t *deadline);

/* A structure of time in ticks, saturating; -EINVAL for one that is no time. */
int64_t poll_ticks(const struct linux_timespec *time, uint64_t *ticks);
struct linux_timespec poll_timespec(uint64_t ticks);

/* timerfd.c: the first expiry of all armed timers, or CLOCK_NEVER; and tells the watches of those
 * that have expired by now. poll_lock is held. */
uint64_t timerfd_next(void);
void timerfd_expire(void);

#endif
