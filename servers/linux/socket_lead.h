/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits for the signal of the session with the TCP/IP server. As a rule it is the thread that
 * waits for readiness anyway, the leader: so an arrival costs one wake-up, not two. If others wait,
 * too, and the leader goes, a thread of the process that no signal reaches, the pump, leads.
 */
#ifndef ANSER_SERVERS_LINUX_SOCKET_LEAD_H
#define ANSER_SERVERS_LINUX_SOCKET_LEAD_H

#include "wait.h"

/* Starts the pump, when there is a session. 0, -ENOMEM. */
int64_t socket_lead_begin(void);

/* As wait_for; what sockets the signal names while it waits are told that they have changed, with
 * the mutex released. */
int socket_wait_for(struct task *self, struct wait_queue *queue, struct mutex *mutex,
                    uint64_t deadline);

/* Takes what the signal says by now, if nobody leads. Without locks. */
void socket_look(void);

/* Ends the leader's wait: for wait_wake. */
void socket_wake_leader(void);

#endif
