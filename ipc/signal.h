/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: channels of one 64-bit word, whose sends never block and are OR-ed together. Its first
 * members stand where a channel has them, since a handle's slot leads to either.
 */
#pragma once

#include "ipc/waiter.h"

struct signal {
    struct object object;

    /* Read by the fast paths; see kern/layout.c. */
    struct thread *receiver; /* channel_busy: no message passes here */
    uint32_t one_word;
    uint32_t eight_words;
    struct thread *waiter; /* who waits alone, without a deadline; NULL: nobody waits, no bit is
                              set, it is open; channel_busy: look */

    uint64_t bits;
    struct list waiters; /* all others, and all if there is more than one */
    uint32_t send_ends;
    uint32_t receive_ends;
    bool closed;
    struct object shutdown;
};

/* ORs bits in; wakes the thread that has waited longest, which gets the whole word. */
void signal_post(struct signal *signal, uint64_t bits);
/* The word, which is 0 afterwards. */
uint64_t signal_take(struct signal *signal);
void signal_cancel(struct thread *thread, status_t status);
void signal_end_changed(struct signal *signal, uint64_t rights, int change);

/* ---- ipc/waiter.c */

/* Who has waited longest, still queued, or NULL. */
struct waiter *signal_first_waiter(const struct signal *signal);
/* To the end of the queue. plain: alone, the fast path may wake it. */
void signal_add_waiter(struct signal *signal, struct waiter *waiter, bool plain);
/* The fast path's waiter joins the others, and no other takes its place while they are there. */
void signal_slow_down(struct signal *signal);
/* To be called after any change of bits, queue or state. */
void signal_update_pending(struct signal *signal);
