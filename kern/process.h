/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: an address space, handles, a budget and threads. */
#pragma once

#include "kern/event.h"
#include "kern/space.h"

struct process {
    struct object object;

    /* Read by assembly; see kern/layout.c. */
    struct handle_table handles;
    struct space space;

    struct account *account;
    struct list siblings; /* in process_list */
    struct list threads;
    uint32_t thread_count;
    uint32_t priority_max;
    bool started; /* has had a thread */
    bool dying;
    bool torn_down; /* everything is returned */
    bool announced; /* the exit event is sent */
    int64_t exit_status;
    uint64_t exit_words[4]; /* ANSER_EXIT_*, scause, stval, pc */
    struct object killing;  /* embedded: a work item of the killer */
    uint32_t kill_priority;
    uint32_t kill_left;      /* threads to be told */
    struct object sweep;     /* embedded: ends waits on handles that have gone (ipc/waiter.c) */
    struct list *sweep_next; /* the thread that it looks at next; NULL: it is on no work list */
    struct object teardown;  /* embedded: a work item of the last thread, or of the killer */
    uint64_t parent_id;
    uint64_t cpu_ticks; /* of threads that have ended */
    struct tree words;  /* threads in word_wait, by address */
    struct event exit;
    struct event fault_target; /* bound: threads that fault stop and say so there */
    char name[ANSER_NAME_MAX];
};

extern struct list process_list;
extern uint64_t process_count;
extern struct process *process_init; /* the first one */

/* A process object with one reference and an empty space. -ENOMEM. */
status_t process_make(struct account *parent, const struct anser_process_params *params,
                      struct process **out);

/* It has no thread (any more): everything it has is returned, as the running thread's work. */
void process_teardown_begin(struct process *process);
/* Begins the end of a process: all its threads are killed, at least at this priority. */
void process_end(struct process *process, int64_t status, uint64_t reason, uint32_t priority);
/* 0: the caller itself; else a process handle with MANAGE. -EBADF, -EPERM, -ESRCH (it has ended).
 */
status_t process_argument(struct thread *self, uint64_t handle, struct process **out);

/* ---- kern/exit.c, for the scheduler's hooks. */

/* A bounded piece of what a thread's attention asks: its end, reclaiming, an interruption. True:
 * there is more work of the same kind. */
bool exit_attend(struct thread *self);
/* It has just blocked, but another hart had killed or interrupted it on the way there. */
void exit_blocked(struct thread *self);
/* An ended thread has left its hart: drops its own reference, tells of its process's end. */
void exit_bury(struct thread *self);

/* word_wait and word_wake: a futex that is private to a process (its address space and address). */

/* Wakes up to count threads that wait on the address, oldest first; how many it woke. */
uint64_t word_wake(struct process *process, uint64_t address, uint64_t count);
void word_cancel(struct thread *thread, status_t status);
