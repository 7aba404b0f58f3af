/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wake-ups: harts that run threads, idle, poke each other and share who is ready. Each entry into
 * the kernel is one step; not atomic are programs, interrupts on their way, time, and what lies
 * between releasing the lock and `wfi`. See docs/model.md.
 *
 * Thread 0 has the highest priority and computes for ever once it runs; the others compute, wait,
 * and wake each other. Thread 2 uses floating point: its registers stay on the hart where it ran.
 */
#define HARTS   2
#define THREADS 4
#define NOBODY  7
#define FLOATS  2

#define bit(n) (1 << (n))

typedef hart_record {
    byte current;      /* NOBODY: idle, in wfi */
    byte ready;        /* threads in its queues, as bits */
    byte float_owner;
    bool fresh;        /* who is ready here has not waited for long yet */
    bool armed;        /* its timer is set for the end of that, */
    byte armed_for;    /* on this hart */
    bool interrupt;    /* pending: a poke, or its timer */
};

hart_record hart[HARTS];
byte idle_harts; /* as bits */
byte blocked;    /* threads that wait to be woken, as bits */

byte n_t, n_h, n_to; /* no meaning between steps */

/* ---- Queues. */

inline enqueue(h, t)
{
    if
    :: hart[h].ready == 0 -> hart[h].fresh = true
    :: else -> skip
    fi;
    hart[h].ready = hart[h].ready | bit(t)
}

inline hart_poke(h)
{
#ifndef FAULT_LOST_POKE
    hart[h].interrupt = true
#else
    skip
#endif
}

inline enqueue_and_tell(own, to, which)
{
    enqueue(to, which);
    if
    :: to != own ->
        idle_harts = idle_harts & ~bit(to);
        hart_poke(to)
    :: else -> skip
    fi
}

/* Priorities fall with the number. n_t: the best, or who would run last. */
inline best_ready(h)
{
    n_t = 0;
    do
    :: (hart[h].ready & bit(n_t)) != 0 -> break
    :: else -> n_t++
    od
}

inline last_ready(h)
{
    n_t = THREADS - 1;
    do
    :: (hart[h].ready & bit(n_t)) != 0 -> break
    :: else -> n_t--
    od
}

inline deadline_arm(mine, other)
{
    hart[mine].armed = true;
    hart[mine].armed_for = other
}

/* Its registers come home; only the hart that has them can do that. */
inline float_flush(h, t)
{
    if
    :: hart[h].float_owner == t -> hart[h].float_owner = NOBODY
    :: else -> skip
    fi
}

/* ---- Leaving the kernel. */

inline share_with_idle_hart(h)
{
    do
    :: hart[h].ready == 0 || idle_harts == 0 -> break
    :: hart[h].ready != 0 && idle_harts != 0 && hart[h].fresh ->
        deadline_arm(h, h);
        break
    :: else ->
        last_ready(h);
        float_flush(h, n_t);
        hart[h].ready = hart[h].ready & ~bit(n_t);
        n_to = (idle_harts & 1 -> 0 : 1);
        enqueue_and_tell(h, n_to, n_t);
        hart[h].fresh = true
    od
}

/* A hart that is about to idle takes who has waited elsewhere, unless that hart will look itself. */
inline look_for_work(h)
{
    n_h = 1 - h;
    if
#ifdef FAULT_NO_PULL
    :: true -> skip
#else
    :: hart[n_h].ready == 0 || hart[n_h].armed -> skip
    :: hart[n_h].ready != 0 && !hart[n_h].armed ->
        last_ready(n_h);
        if
        :: hart[n_h].fresh -> deadline_arm(h, n_h)
        :: !hart[n_h].fresh && hart[n_h].float_owner == n_t ->
            hart_poke(n_h)
        :: else ->
            hart[n_h].ready = hart[n_h].ready & ~bit(n_t);
            hart[n_h].fresh = true;
            enqueue(h, n_t)
        fi
#endif
    fi
}

inline take_best(h)
{
    best_ready(h);
    hart[h].ready = hart[h].ready & ~bit(n_t);
    hart[h].current = n_t;
    if
    :: n_t == FLOATS -> hart[h].float_owner = FLOATS
    :: else -> skip
    fi
}

/* Nobody runs here: who is ready, or who is ready elsewhere, or wfi. */
inline pick(h)
{
    if
    :: hart[h].ready == 0 -> look_for_work(h)
    :: else -> skip
    fi;
    if
    :: hart[h].ready == 0 ->
        hart[h].current = NOBODY;
#ifndef FAULT_IDLE_LATE
        idle_harts = idle_harts | bit(h)
#endif
    :: else -> take_best(h)
    fi
}

inline sched_leave(h)
{
    if
    :: hart[h].current == NOBODY -> pick(h)
    :: hart[h].current != NOBODY && hart[h].ready != 0 ->
        best_ready(h);
        if
        :: n_t < hart[h].current ->
            enqueue(h, hart[h].current);
            take_best(h)
        :: else -> skip
        fi
    :: else -> skip
    fi;
    if
    :: hart[h].current != NOBODY -> share_with_idle_hart(h)
    :: else -> skip
    fi;
    n_t = 0;
    n_h = 0;
    n_to = 0
}

/* Where a thread that wakes is queued: here, or where its registers are. */
inline sched_ready(h, t)
{
    blocked = blocked & ~bit(t);
    n_to = (hart[1 - h].float_owner == t -> 1 - h : h);
    enqueue_and_tell(h, n_to, t)
}

/* ---- What goes on by itself. */

/* Time passes: those who are ready have waited for long; then the timer that was set for that. */
proctype clock(byte h)
{
end:
    do
    :: atomic { hart[h].fresh -> hart[h].fresh = false }
    :: atomic {
           hart[h].armed && !hart[hart[h].armed_for].fresh ->
           hart[h].armed = false;
           hart[h].interrupt = true
       }
    od
}

/* Interrupts that are pending come first, on the way back to user mode. */
#define calls(h)    (hart[h].current != NOBODY && hart[h].current != 0 && !hart[h].interrupt)
#define wakes(h, t) (calls(h) && (blocked & bit(t)) != 0)

proctype run_hart(byte h)
{
end:
    do
    /* An interrupt: from user mode, or out of wfi. */
    :: d_step {
           hart[h].interrupt ->
           hart[h].interrupt = false;
           idle_harts = idle_harts & ~bit(h);
           sched_leave(h)
       }
#ifdef FAULT_IDLE_LATE
    /* The lock was free before the others were told that this hart idles. */
    :: d_step {
           hart[h].current == NOBODY && (idle_harts & bit(h)) == 0 -> idle_harts = idle_harts | bit(h)
       }
#endif
    /* The thread waits. */
    :: d_step {
           calls(h) ->
           blocked = blocked | bit(hart[h].current);
           hart[h].current = NOBODY;
           sched_leave(h)
       }
    /* It wakes another, maybe thread 0. */
    :: d_step {
           wakes(h, 0) -> sched_ready(h, 0);
           sched_leave(h)
       }
    :: d_step {
           wakes(h, 1) -> sched_ready(h, 1);
           sched_leave(h)
       }
    :: d_step {
           wakes(h, 2) -> sched_ready(h, 2);
           sched_leave(h)
       }
    :: d_step {
           wakes(h, 3) -> sched_ready(h, 3);
           sched_leave(h)
       }
    /* Or computes. */
    :: hart[h].current != NOBODY && !hart[h].interrupt -> skip
    od
}

init {
    atomic {
        hart[0].float_owner = NOBODY;
        hart[1].float_owner = NOBODY;
        hart[0].current = 1;
        hart[1].current = NOBODY;
        idle_harts = 2;
        blocked = bit(0) | bit(2) | bit(3);
        run clock(0);
        run clock(1);
        run run_hart(0);
        run run_hart(1)
    }
}

/* Nobody is ready for ever while a hart idles; nor is thread 0, which nobody outranks. */
#define somebody_ready (hart[0].ready != 0 || hart[1].ready != 0)
#define somebody_idle  (hart[0].current == NOBODY || hart[1].current == NOBODY)
#define first_waits    (((hart[0].ready | hart[1].ready) & 1) != 0)
ltl nobody_is_forgotten { ([] <> !(somebody_ready && somebody_idle)) && ([] <> !first_waits) }
