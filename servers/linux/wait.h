/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the process that wait for each other, or for what a server brings. */
#ifndef ANSER_SERVERS_LINUX_WAIT_H
#define ANSER_SERVERS_LINUX_WAIT_H

#include <stdint.h>
#include "lib/thread.h" /* struct mutex */
#include "task.h"

/* A place to wait at; valid when zeroed. */
struct wait_queue {
    uint32_t sequence;
    uint32_t waiters;
    uint32_t leads; /* one of them waits for the signal of sockets: socket_lead.h */
};

/*
 * Releases the mutex, waits for wait_wake or for the deadline (ticks, absolute; CLOCK_NEVER: none),
 * and takes the mutex again. Returns 0 (also without reason: look again), -ETIMEDOUT, or -EINTR: a
 * signal that is not blocked is pending for this task, and the call should end.
 */
int wait_for(struct task *self, struct wait_queue *queue, struct mutex *mutex, uint64_t deadline);

/* Wakes all who wait there. The mutex may be held or not. */
void wait_wake(struct wait_queue *queue);

#endif
