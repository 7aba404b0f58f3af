/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits on channels and signals: FIFO queues of struct waiter. A thread in one call has one
 * place (thread.waiting); one that selects has a place for each of its cases, in an object of its
 * own, and leaves all of them at once when one fires.
 */
#pragma once

#include "ipc/channel.h"
#include "kern/thread.h"

/* A case of a thread's select. The process's handle keeps the object. */
struct select_case {
    struct waiter waiter;
    struct object *object; /* a channel or signal; NULL: never ready */
    anser_handle handle;
    user_t message; /* its struct anser_message */
    uint32_t info;  /* as in struct anser_case */
};

/* Made at a thread's first select, grown when a later one has more cases, freed with the thread. */
struct selection {
    uint32_t capacity;
    uint32_t count;    /* cases; 0 in one that does not wait */
    int32_t index;     /* whose turn it is, or who is to blame; -1: none */
    uint64_t again[4]; /* a0 to a3, to make the call again */
    struct select_case cases[];
};

/* The queues' first, or NULL. */
static inline struct waiter *waiter_first(const struct list *queue)
{
    return list_empty(queue) ? NULL : container_of(queue->next, struct waiter, link);
}

static inline bool waiter_selects(const struct waiter *waiter)
{
    return waiter != &waiter->thread->waiting;
}

/* The handle that it waits on has gone, and it is about to be told. */
bool waiter_lost(const struct waiter *waiter);
/*
 * Before a message is taken from a waiter or given to it: a thread that selects loads the block of
 * that case; others have theirs loaded. An error is this thread's fault; CALL_RESTART: it must
 * leave with waiter_restart, for what it sends must be worked on in its own time.
 */
status_t waiter_load(struct waiter *waiter);
/* The same for a thread that does not wait yet. */
status_t select_case_load(struct select_case *place);
/* Takes it out of its queue of the channel: a thread that selects, out of all. Not yet awake. */
void waiter_take(struct channel *channel, struct waiter *waiter);
/* The same, and its call returns the status, blamed on this case if it selects. */
void waiter_end(struct channel *channel, struct waiter *waiter, status_t status);
/* What waits on a signal and selects: the same. */
void waiter_end_case(struct waiter *waiter, status_t status);
/* A thread that selects makes its call again. */
void waiter_restart(struct waiter *waiter);
/* The thread's call has succeeded: it has left, whatever now becomes of its handles. */
void waiter_settle(struct thread *thread);
/* A handle of the process has just been closed or moved: threads that wait on it get -EBADF, in a
 * large process as the running thread's work. */
void waiter_lose_handle(struct process *process, anser_handle handle,
                        const struct capability *capability);

/* To be called after any change of queues, buffer or events. */
void channel_update_pending(struct channel *channel);
/* The receiver who has waited longest, still queued, or NULL. */
struct waiter *channel_first_receiver(const struct channel *channel);
void channel_add_receiver(struct channel *channel, struct waiter *waiter);
void channel_add_sender(struct channel *channel, struct waiter *waiter);
/* No fast path any more: whoever receives looks at the lists. */
void channel_slow_down(struct channel *channel);
