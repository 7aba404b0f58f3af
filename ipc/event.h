/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving side of events; the posting side is kern/event.h. */
#pragma once

#include "kern/types.h"

struct channel;
struct thread;

#define EVENT_NONE 1

/* Gives a pending event to a receiver that has loaded its room. EVENT_NONE: there is none now;
 * 0: delivered; -errno: the receiver's fault, and the event stays. */
status_t event_receive(struct channel *channel, struct thread *self);
