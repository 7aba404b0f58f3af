/* SPDX-License-Identifier: BSD-2-Clause */
/* What send, receive and select have in common: one message changes hands, now or not at all. */
#pragma once

#include "ipc/message.h"

/* A loaded thread's message goes to who waits, or into the buffer. 1: done; 0: it would have to
 * wait; -errno: the sender's own fault, -EPIPE if the channel is closed; CALL_RESTART: nothing
 * yet, for those who wait are at fault. */
status_t exchange_send(struct channel *channel, struct thread *self);
/* A thread that has loaded its room gets what is there, in order: events, the buffer, waiting
 * senders. 1: done, its registers are set; 0: there was nothing; -errno: its own fault;
 * CALL_RESTART. */
status_t exchange_receive(struct channel *channel, struct thread *self);
/* Moves some elements of waiting senders to where there is room; false: there are more. */
bool exchange_refill(struct channel *channel);
/* Would the one above do something? Not if the senders that wait turn out to be at fault. */
bool exchange_can_send(const struct channel *channel);
bool exchange_can_receive(const struct channel *channel);
/* The caller's message has arrived: it waits for the answer. */
void exchange_call_received(struct thread *caller, struct thread *server);
