/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: a saved register set and a place in a queue. No thread ever sleeps inside the kernel. */
#pragma once

#include "kern/event.h"
#include "kern/timer.h"

struct gate;
struct reply;
struct selection;

/* Integer registers by their x numbers; x[0] holds the pc. */
enum {
    REG_PC = 0,
    REG_RA = 1,
    REG_SP = 2,
    REG_GP = 3,
    REG_TP = 4,
    REG_T0 = 5,
    REG_A0 = 10,
    REG_A1 = 11,
    REG_A2 = 12,
    REG_A3 = 13,
    REG_A4 = 14,
    REG_A5 = 15,
    REG_A7 = 17,
    REG_S2 = 18,
    REG_S3 = 19,
    REG_S11 = 27,
    REG_T3 = 28
};

/* Bits of thread.attention. */
#define ATTENTION_KILLED    1u
#define ATTENTION_INTERRUPT 2u
#define ATTENTION_WORK      4u

/* A place in the queue of a channel or signal. */
struct waiter {
    struct list link;
    struct thread *thread;
};

struct float_state {
    uint64_t f[32];
    uint64_t fcsr;
};

struct thread {
    struct object object;

    /* Read by assembly; see kern/layout.c. */
    uint64_t x[32];
    struct process *process;
    struct hart *hart;          /* runs there, or is queued there */
    struct thread *caller;      /* it may answer this one by reply_recv; plain register form */
    struct thread *server;      /* who may answer this one, as caller or odd_caller */
    struct object *wait_object; /* the channel or signal in whose queue it is; see below */
    uint64_t wait_handle;       /* the handle it waits on: closing that wakes it */
    uint32_t state;             /* ANSER_STATE_*; 0: running. One load reads it with attention */
    uint32_t attention;         /* ATTENTION_*: not straight back to user mode */
    uint32_t priority;
    struct gate *gate; /* whose lock the fast paths take: kernel_gate, or closed_gate */

    /* Scheduling. */
    struct list queue;    /* in a hart's ready list */
    struct list siblings; /* in process->threads */
    struct object *work;  /* objects to reclaim before user mode is seen again */
    struct object *work_last;
    uint64_t cpu_ticks;
    bool ended; /* has left its process; only its work is left */

    /* Waiting. */
    struct thread *odd_caller;   /* like caller, but with memory form or a deadline */
    struct reply *last_reply;    /* made for the call that it is just receiving */
    struct waiter waiting;       /* in the queue of what it sends to, receives from, waits for */
    struct selection *selection; /* its places as long as it selects; NULL before the first time */
    struct tree_node word_node;  /* in process->words */
    struct deadline deadline;
    struct reply *reply;     /* the reply object that may answer it, if one was made */
    struct object *progress; /* half-made object of a restarted call */
    uint64_t progress_count; /* what a restarted call has done so far; 0 at the start of each */

    /*
     * The message that it sends and its room for one that it receives. A thread in user mode has
     * info 0: that is what the fast path leaves, and what it means is "plain register form".
     */
    uint64_t info; /* as given in a1 */
    user_t block;  /* memory form: its struct anser_message */
    uint64_t words[8];
    user_t send_data; /* of more than 64 bytes */
    uint64_t send_length;
    user_t receive_data;
    uint64_t receive_capacity;
    anser_handle carried[ANSER_MESSAGE_HANDLES];
    uint64_t badge;              /* of the handle that it sends on */
    uint64_t until;              /* deadline; UINT64_MAX: none */
    anser_handle explicit_reply; /* if flagged */

    /* Reflection (design section 7); save is NULL without a handler. */
    struct anser_save_page *save;
    struct anser_handler_params handler;
    uint64_t handler_stack;  /* its top */
    uint8_t handler_level;   /* 0: program, 1: handler, 2: nested entry; see kern/trap.S */
    bool interrupt_deferred; /* came while the handler ran: no call of it waits */

    struct event fault; /* to the process's fault channel */
    struct float_state floats;
};

extern uint64_t thread_total; /* alive */

/*
 * A thread of the process, stopped, with one reference; its registers as params say. -EINVAL
 * (priority above the ceiling), -EAGAIN (too many threads), -ENOMEM, -ESRCH (the process is dying).
 */
status_t thread_make(struct process *process, const struct anser_thread_params *params,
                     struct thread **out);
/* Lets a new thread run; it holds a reference of its own until it has ended. */
void thread_start(struct thread *thread);

/* An interruption is pending, or waits for the handler to resume: nothing blocks but what said it
 * must not be interrupted. */
static inline bool thread_interrupted(const struct thread *self)
{
    return !(self->info & ANSER_INFO_NOINTR) &&
           (self->attention & ATTENTION_INTERRUPT || self->interrupt_deferred);
}
/* May a call wait until then (ticks; UINT64_MAX: for ever)? info: NB. -EAGAIN, -ETIMEDOUT, -EINTR.
 */
status_t thread_may_block(const struct thread *self, uint64_t info, uint64_t until);
/* The running thread will not go on; the caller puts it in the queue that its state says. */
void thread_block(struct thread *self, uint32_t state, uint64_t until);
/* The same, on the channel or signal behind the handle in its a0. */
void thread_wait_on(struct thread *self, struct object *object, uint32_t state, uint64_t until);
/* A thread that is out of its queue goes on, with a0 = status. */
void thread_wake(struct thread *thread, status_t status);
/* In a queue that thread_cancel_wait can take it out of. */
bool thread_blocked(const struct thread *thread);
/* The channel or signal in whose queue it is, or NULL: wait_object is stale in one that is woken.
 */
const struct object *thread_wait_object(const struct thread *thread);
/* How to get a thread out of the queue of each state; set at boot by kern/tables.c. */
typedef void cancel_wait(struct thread *thread, status_t status);
extern cancel_wait *const *thread_cancellers;
/* Takes a blocked thread out of whatever it waits in; its call returns the status. */
void thread_cancel_wait(struct thread *thread, status_t status);

/* It is none of its process's threads any more. */
void thread_unlink(struct thread *thread);
/* Marks it; it ends at its next look at user mode, at least at this priority. */
void thread_kill(struct thread *thread, uint32_t priority);

/*
 * Reflection: what the kernel does not know (foreign system calls, faults, interruptions) goes to
 * the thread's own user-level handler. The registers are saved in the thread's save page; the
 * handler runs on its own stack; thread_resume restores what it left there.
 */

/* A call with a number >= 0 that kern/trap.S does not take to a handler. Without one: -ENOSYS; from
 * the handler itself: the process ends. */
void reflect_syscall(struct thread *self);
/* A fault that the kernel cannot resolve. reason: ANSER_FAULT_*. */
void reflect_fault(struct thread *self, uint64_t reason, uint64_t cause, uint64_t value);
/* A pending interruption, at the edge of user mode, or of a thread whose handler runs: then it
 * stays pending until the handler resumes. */
void reflect_interrupt(struct thread *self);
/* Frees save page and handler stack of an ending thread. */
void reflect_release(struct thread *self);
