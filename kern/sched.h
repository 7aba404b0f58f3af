/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling: fixed priorities, round robin within one, preemptive, a set of queues per hart. All
 * functions: kernel lock held.
 */
#pragma once

#include "kern/thread.h"

/* The threads that stand for a hart with nothing to do; tp before there are others. */
extern struct thread idle_threads[];

/* Ticks of a time slice; set from the timebase at boot (10 ms). */
extern uint64_t slice_ticks;

/* What the scheduler needs of rooms above it; set at boot by kern/tables.c. */
struct sched_hooks {
    bool (*attend)(struct thread *self);  /* a piece of what `attention` asks; true: more to do */
    void (*blocked)(struct thread *self); /* it blocks, with attention asked for */
    void (*bury)(struct thread *ended);   /* it has left its hart: drops its own reference */
    void (*poll)(void);                   /* a look at pending interrupts */
};
extern const struct sched_hooks *sched_hooks;

/* Idle threads, queues; the boot hart's tp. Called once, before anything else of the kernel. */
void sched_init(uint64_t ticks_per_second);
/* Leaves boot and its stack for ever: the idle thread in tp runs what is ready on this hart. */
_Noreturn void sched_enter(void);

/* A thread that waited may run: at the end of a queue of this hart; idle harts take from it. */
void sched_ready(struct thread *thread);
/* The same, at the front of this hart's queue: the running thread is about to block on it. */
void sched_ready_next(struct thread *thread);
/* A thread that runs on another hart goes through sched_leave there before it makes a call again:
 * its attention or its priority has changed. Harmless on any other thread. */
void sched_summon(struct thread *thread);
/* The running thread lets those of its priority pass. */
void sched_yield(struct thread *self);
/* Changes the priority of a thread in whatever state it is. */
void sched_set_priority(struct thread *thread, uint32_t priority);

/*
 * The end of every way through C: does the running thread's work, obeys kills and interruptions,
 * and says which thread goes to user mode, its address space active, floating point set for it.
 */
struct thread *sched_leave(struct thread *self);

/*
 * The fast paths' part of that, for calls whose registers are all saved, by the rules of
 * ipc/fastpath.S. can_pass: `to`, which waits without a deadline, and self can share the hart
 * without the scheduler. pass: the better one goes on, and is returned; the other one is left
 * aside. take_aside: self has blocked, and who was left aside (hart.next) goes on.
 */
bool sched_can_pass(const struct thread *self, const struct thread *to);
struct thread *sched_pass(struct thread *self, struct thread *to);
bool sched_has_aside(const struct thread *self);
struct thread *sched_take_aside(struct thread *self);

/* Floating point: on for this thread, its registers live; false if they were already. */
bool float_enable(struct thread *self);
/* Brings a thread's live registers home, or forgets them. */
void float_forget(struct thread *thread);
