/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: what an interrupt, a timer, an exit, a fault or a vanished badge says on a channel. The
 * source embeds a struct event, so that delivery needs no memory; undelivered events of one source
 * coalesce.
 */
#pragma once

#include "kern/handle.h"
#include "kern/list.h"

#define EVENT_WORDS 6

struct event {
    struct list link;         /* in the channel's list of pending events */
    struct capability target; /* a send capability; object NULL: not bound */
    uint64_t words[EVENT_WORDS];
    uint64_t badge;       /* of the target */
    uint64_t after;       /* GONE: not before this many elements have left the buffer */
    uint64_t info;        /* ANSER_INFO_EVENT or ANSER_INFO_GONE */
    struct object *owner; /* referenced while pending, so that it is not lost; may be NULL */
    bool pending;
};

/* Binds to a send handle of the process (which keeps its handle). -EBADF, -EPERM. */
status_t event_bind(struct event *event, struct process *process, anser_handle send);
/* Withdraws an undelivered event, drops the target. Harmless if unbound. */
void event_unbind(struct event *event);
/*
 * Delivers: words[0] = kind; for IRQ and TIMER words[1] counts what has coalesced (`value` is
 * added); other kinds set words before and pass value 0. May wake a receiver. Lock held.
 */
void event_post(struct event *event, uint64_t kind, uint64_t value);

/* IRQ and TIMER count what has coalesced in words[1]. */
static inline bool event_counts(uint64_t kind)
{
    return kind == ANSER_EVENT_IRQ || kind == ANSER_EVENT_TIMER;
}
/* Takes a pending event out of its channel's list; the counter starts again. */
void event_settle(struct event *event);
/* Throws away the first event of a channel's list; false if there is none. */
bool event_discard_first(struct list *events);
/* Is an event pending that could be received now? */
bool event_ready(const struct channel *channel);
/* Gives one to a receiver who waits already; false: there may be more to do. */
bool event_offer_pending(struct channel *channel);
/* Gives a pending event of the channel to a receiver that has loaded its room. 1: delivered; 0:
 * there is none now; -errno: the receiver's fault, and the event stays. */
status_t event_receive(struct channel *channel, struct thread *self);
