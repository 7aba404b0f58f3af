/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels: Go's, between processes. A channel has a buffer of `capacity` slots (0: rendezvous),
 * two FIFO queues of waiting threads, and two lists of events from the kernel, which need no room.
 */
#pragma once

#include "kern/event.h"

struct parcel;

struct channel {
    struct object object;

    /* Read by the fast path; see kern/layout.c. */
    struct thread *receiver; /* the only waiter, plain register form; NULL: nobody waits, nothing
                                is there; channel_busy: a receive must look here, slowly */
    uint32_t one_word;       /* the info words that pass fast: 8, and 64 or 8 */
    uint32_t eight_words;
    struct thread *waiter; /* channel_busy: no signal; see ipc/signal.h */

    uint32_t element_size; /* bytes */
    uint32_t capacity;     /* elements */
    uint32_t count;        /* in the buffer */
    uint32_t head;         /* slot of the oldest */
    uint64_t put_total;    /* elements ever put into the buffer, */
    uint64_t taken_total;  /* and taken out: orders GONE behind what was sent before */
    uint8_t *buffer;
    uint32_t slot_size;
    uint8_t buffer_order;
    bool closed;
    bool working;       /* its work is on a work list */
    uint32_t send_ends; /* capabilities, events' targets included */
    uint32_t receive_ends;
    struct list senders;   /* waiters in SENDING, SELECTING, or CALLING and not yet received */
    struct list receivers; /* waiters in RECEIVING or SELECTING */
    struct list events;    /* irq, timer, exit, fault: before any element */
    struct list gone;      /* badges without handles */
    struct object work;    /* embedded: what one system call is too short for; ipc/work.c */
};

/* Stands for a waiter that the fast path never takes: it is on no hart. */
extern struct thread channel_busy;

/* One element in the buffer. */
struct slot {
    uint32_t length;
    struct parcel *parcel; /* its handles, or NULL */
    uint64_t badge;
    uint8_t data[];
};

/* An end with these rights appears or disappears; the last of a kind shuts the channel down. */
void channel_end_changed(struct channel *channel, uint64_t rights, int change);
/* For the table of object types: counts the ends of channels and signals, and badge holders. The
 * last send end closes a channel, the last receive end ends it, a badge's last holder makes it
 * GONE. */
void ends_changed(const struct capability *capability, int change);
/* More is to be done than fits into one piece: the rest is the running thread's work. */
void channel_push_work(struct channel *channel);
/* Closes it: wakes all who wait, and drops what nobody can receive, as the running thread's work.
 */
void channel_shut_down(struct channel *channel);
/* A channel with one reference and no ends; NULL: no budget. */
struct channel *channel_make(struct account *payer, uint64_t element_size, uint64_t capacity);
/* Takes a thread out of the queue that its state says, or revokes the right to answer it. */
void channel_cancel(struct thread *thread, status_t status);

/* The buffer. free_slot and put: the channel has room; oldest: it has an element, which stays until
 * it is dropped. put: the slot that free_slot showed is filled. */
struct slot *channel_free_slot(const struct channel *channel);
void channel_put(struct channel *channel);
struct slot *channel_oldest(const struct channel *channel);
void channel_drop_oldest(struct channel *channel);

static inline bool channel_has_room(const struct channel *channel)
{
    return channel->count < channel->capacity;
}
