/* SPDX-License-Identifier: BSD-2-Clause */
/* The service thread: turns signals from outside and timers into signals of the process. */
#ifndef ANSER_SERVERS_LINUX_SERVICE_H
#define ANSER_SERVERS_LINUX_SERVICE_H

#include <stddef.h>
#include <anser/abi.h>

#define SERVICE_TIMERS      32
#define SERVICE_TIMER_SHIFT 32 /* bit of the first timer in the signal object's word */

/* Takes the start handle "signals", or makes a signal object of its own. */
void service_init(void);

/* The service thread's life. */
_Noreturn void service_run(void);

/* A native timer whose expiries go to timer_expired(index); index < SERVICE_TIMERS. The caller's
 * handle, or -errno. */
anser_handle service_timer_create(unsigned index);

/* In timer.c: a timer has expired at least once since the last time. */
void timer_expired(unsigned index);

#endif
