/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack as the server drives it: one thread, which after each message does all that has become
 * possible (stack_work) and then waits for the next message.
 */
#ifndef ANSER_SERVERS_TCPIP_STACK_H
#define ANSER_SERVERS_TCPIP_STACK_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>

/* Badges of the server's own send handles to its channel; init's have fewer bits. */
#define STACK_BADGE_TIMER (1ul << 61)
#define STACK_BADGE_NET   (1ul << 62) /* + number of the interface */

/* Address space for lwIP's blocks. False: there is none. */
bool memory_begin(void);

/* Starts lwIP and its timer, whose events come to `receive`. Returns 0 or -errno. */
int stack_begin(anser_handle receive);

/* Frames in, timers, frames out, clients woken, until nothing is left to do; then the timer is set
 * for what comes next. */
void stack_work(void);

/* Something could not be sent for want of a buffer: stack_work tries again when there is one. */
void stack_starve(void);
bool stack_starves(void);

#endif
