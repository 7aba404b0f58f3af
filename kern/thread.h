/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: a saved register set and a place in a queue. No thread ever sleeps inside the kernel. */
#ifndef KERN_THREAD_H
#define KERN_THREAD_H

#include "kern/event.h"
#include "kern/object.h"
#include "kern/timer.h"

struct process;
struct hart;
struct channel;
struct reply;

/* Integer registers by their x numbers; x[0] holds the pc. */
enum { REG_PC = 0, REG_RA = 1, REG_SP = 2, REG_GP = 3, REG_TP = 4, REG_T0 = 5, REG_S2 = 18,
       REG_S3 = 19, REG_A0 = 10, REG_A1 = 11, REG_A2 = 12, REG_A7 = 17, REG_S11 = 27, REG_T3 = 28 };

struct float_state {
    uint64_t f[32];
    uint64_t fcsr;
};

struct thread {
    struct object object;

    /* Read by assembly; see kern/layout.h. */
    uint64_t x[32];
    struct process *process;
    struct hart *hart;             /* runs there, or is queued there */
    struct thread *caller;         /* it may answer this one by reply_recv */
    struct thread *server;         /* who may answer this one */
    struct channel *wait_channel;  /* where it waits as a sender, receiver or caller */
    uint32_t state;                /* ANSER_STATE_* */
    uint32_t priority;

    /* Scheduling. */
    struct list queue;             /* in a hart's ready list */
    struct list siblings;          /* in process->threads */
    struct object *work;           /* objects to reclaim before user mode is seen again */
    uint64_t cpu_ticks;
    bool killed;
    bool interrupt_pending;
    bool float_used;               /* floats holds a state, or its hart's registers do */
    bool idle;

    /* Waiting. */
    struct list waiting;           /* in a channel's queue */
    struct tree_node word_node;    /* in process->words */
    struct deadline deadline;
    struct reply *reply;           /* the reply object that may answer it, if one was made */
    struct object *progress;       /* half-made object of a restarted call */

    /* The message that it sends, or room for the one that it receives; see ipc/message.h. */
    uint64_t info;                 /* as given in a1 */
    user_t block;                  /* memory form: its struct anser_message */
    uint64_t words[8];
    user_t send_data;
    uint64_t send_length;
    user_t receive_data;
    uint64_t receive_capacity;
    struct capability carried[ANSER_MESSAGE_HANDLES];
    uint8_t carried_count;
    uint8_t waits_as;              /* ipc/message.h: WAIT_* */
    uint64_t send_badge;
    struct badge *badge_object;

    /* Reflection (design section 7); save is NULL without a handler. */
    struct anser_save_page *save;
    struct anser_handler_params handler;
    uint8_t handler_level;         /* 0: program, 1: handler, 2: nested entry */

    struct event fault;            /* to the process's fault channel */
    struct float_state floats;
};

#endif
