/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers as channels: a receive handle on which the kernel tells that a time has come, once or
 * periodically. It may stand in a select (lib/select.h), be duplicated, or be sent to another
 * process. Expiries that nobody has received yet are counted, not queued: a slow receiver gets one
 * message. Times are ticks, deadlines absolute, as in channel.h.
 */
#ifndef ANSER_LIB_TIMER_CHANNEL_H
#define ANSER_LIB_TIMER_CHANNEL_H

#include <stdint.h>
#include <anser/abi.h>
#include "channel.h"

#define TIMER_CHANNEL_ROOM 16 /* bytes that a channel_in needs for what comes */

struct timer_channel {
    anser_handle receive; /* to receive from; closed by timer_channel_close */
    anser_handle timer;
};

/*
 * A timer that expires once, at the deadline; CLOCK_NEVER: not before it is reset; 0: at once. The
 * handles in *timer are the caller's. Returns 0, -ENOMEM, -EMFILE; then there are none.
 */
int timer_channel_after(struct timer_channel *timer, uint64_t deadline);

/* A timer that expires every `period` ticks, the first time a period from now. Returns as above,
 * or -EINVAL for 0. */
int timer_channel_every(struct timer_channel *timer, uint64_t period);

/*
 * Ends the timer. What it told before is not received afterwards, as in Go: it is thrown away. 1:
 * that, or an expiry still to come, was prevented; 0: there was none; -errno of a bad handle.
 */
int timer_channel_stop(struct timer_channel *timer);

/* Stop, and then as _after and _every. Return what _stop does, and -EINVAL for a period of 0. */
int timer_channel_reset(struct timer_channel *timer, uint64_t deadline);
int timer_channel_reset_every(struct timer_channel *timer, uint64_t period);

/* Waits for an expiry. How many there were since the last one was received; -EAGAIN, -ETIMEDOUT,
 * -EINTR, or -EPIPE if the timer was closed. */
int64_t timer_channel_wait(anser_handle receive, uint64_t deadline);

/* The number of expiries in a message that came from a timer; 0: it came from none. */
uint64_t timer_channel_count(const struct channel_in *in);

/* Gives the timer and its channel up; a duplicate of `receive` elsewhere gets CLOSED. */
void timer_channel_close(struct timer_channel *timer);

#endif
