/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel keeps for each hart, and how harts are started and reach each other. */
#pragma once

#include <anser/abi.h>
#include "kern/list.h"
#include "kern/timer.h"

#define HARTS_MAX         BOOTINFO_HARTS_MAX
#define KERNEL_STACK_SIZE (2 * PAGE_SIZE)

/* What a fast path has left to the thread in hart.next, beside sp, ra, gp, tp, s11, a0 and a1. */
#define NEXT_NONE  0 /* all others are lost */
#define NEXT_WORDS 1 /* a message: a2-a6, t0-t2 */
#define NEXT_ALL   2 /* all */

struct hart {
    /* Read by assembly; see kern/layout.c. */
    uint32_t max_ready;  /* highest priority in `ready` and `next`, 0: none; all ones: reschedule */
    uint32_t reschedule; /* look at the ready queues before user mode */
    uint32_t queue_max;  /* highest priority in `ready`; 0: none */
    uint32_t slice_armed;       /* the slice's end will interrupt */
    struct thread *next;        /* ready, in no queue, before all others of its priority: left by
                                   the fast paths; whoever else looks queues it first */
    uint64_t next_registers;    /* NEXT_*: which of its registers are where they should be */
    struct thread *float_owner; /* whose floating-point registers are live here */
    uint64_t stack_top;
    uint64_t panic_stack_top;
    uint64_t trap_user;     /* stvec in user mode */
    uint64_t trap_kernel;   /* stvec in the kernel: a trap there is a panic */
    struct thread *current; /* as of the last slow path; the fast path changes only sscratch */
    uint32_t *lock;         /* of kernel_gate */
    struct thread *idle;    /* its kernel context when nothing is ready */

    bool online;
    uint32_t index; /* logical: 0.. */
    uint64_t id;    /* hart id of the SBI */
    uint64_t plic_context;
    struct space *space; /* what satp holds; NULL: the kernel's own table */
    bool idling;         /* waits in wfi; an IPI wakes it */
    bool owes_fence;     /* was spared remote fences while it idled */

    uint64_t ready_mask; /* bit p: ready[p] is not empty */
    struct list ready[ANSER_PRIORITIES];
    uint64_t waiting_since; /* when the first of them was queued */
    struct deadline share;  /* when an idle hart gets one of them, or an idle one looks for some */
    struct thread *heir;    /* who gets the rest of the time slice of the one that blocks now */

    struct tree deadlines;
    uint64_t slice_end;      /* UINT64_MAX: no slice */
    uint64_t timer_set;      /* what the timer is programmed for */
    uint64_t deadline_floor; /* no interrupt for a deadline before this; see kern/timer.c */
    uint64_t running_since;  /* when `current` began to run, ticks */
    uint64_t idle_since;     /* while it idles */
    uint64_t idle_ticks;     /* before that */
};

extern struct hart harts[HARTS_MAX];
/* Per hart: a guard page, then the stack. */
extern char kernel_stacks[HARTS_MAX][PAGE_SIZE + KERNEL_STACK_SIZE];
extern uint32_t hart_count;

/* The hart that runs this code, from tp (the current thread). */
struct hart *hart_self(void);

/* Before anything else: the boot hart's record, and the part of every other that never changes. */
void harts_init(const struct bootinfo *info);
/* Which physical hart a record stands for. */
void hart_set_id(struct hart *hart, const struct boot_hart *from);
/* Starts up to `most` harts in all through SBI HSM; each arrives in hart_main and waits there. */
status_t harts_start(const struct bootinfo *info, uint64_t most);
/* Boot is over: lets the waiting harts into the scheduler. */
void harts_release(void);
_Noreturn void hart_main(struct hart *hart);
/* Sends a supervisor software interrupt: look at your queues and flags. */
void hart_poke(struct hart *hart);

/* For how long they have idled until now, all together, ticks. Kernel lock held. */
uint64_t harts_idle_ticks(uint64_t now);

/* What interrupts want of this hart. Kernel lock held. */

/* Bounded look at pending interrupts (timer, software, external), handled by poll, not by trap. */
void interrupts_poll(void);
/* sip & sie; not 0: somebody wants this hart. */
static inline uint64_t interrupts_pending(void)
{
    uint64_t raised, wanted;
    __asm__ volatile("csrr %0, sip" : "=r"(raised));
    __asm__ volatile("csrr %0, sie" : "=r"(wanted));
    return raised & wanted;
}

/* Traps: where assembly and C meet. */

/* From kern/trap.S, lock held: deals with the trap; the thread to return to. */
struct thread *trap_handle(struct thread *self, uint64_t cause, uint64_t value);
/* This hart's trap vector, counters for user mode, interrupts enabled (for user mode, and wfi);
 * floating point and vector off, no access to user pages. */
void trap_init_hart(void);

extern char trap_entry[];        /* traps in user mode */
extern char trap_kernel_entry[]; /* traps in the kernel: a panic */
