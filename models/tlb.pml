/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences: harts that run address spaces, switch between them on the slow and on the fast path, idle,
 * map, unmap, move pages, and end whole spaces, whose identifiers are then used again. Not atomic is
 * what the machine does by itself: a TLB fills whenever a space is current, firmware answers a
 * remote fence when it comes to it, and programs on other harts go on while the kernel waits for
 * that. See docs/model.md.
 *
 * One page in each space, FRAMES frames; an address space identifier is the number of its space.
 */
#ifndef HARTS
#define HARTS 2
#endif
#define SPACES 2
#define FRAMES 2
#define NONE   15
#define KERNEL SPACES /* in satp: the kernel's own table */

typedef hart_record {
    byte satp;
    bool idling;
    bool owes_fence;
    byte fence;       /* firmware has been asked to fence this identifier, or NONE */
    byte tlb[SPACES]; /* the frame that it holds for the page of this identifier */
};

typedef space_record {
    byte pte;       /* frame, or NONE */
    byte hart_mask; /* may hold translations of it; only ever grows */
    byte parked;    /* harts on which a thread of it waits, where the fast path may come back to it */
    byte users;     /* harts that run it */
    bool dying;
};

hart_record hart[HARTS];
space_record space[SPACES];
byte owner[FRAMES];  /* a space, or NONE: free */
byte lock = NONE;    /* held across steps only while fences are waited for */

#define bit(h) (1 << (h))

/* ---- The machine. */

proctype machine(byte h)
{
end:
    do
    :: d_step {
           hart[h].fence != NONE ->
           hart[h].tlb[hart[h].fence] = NONE;
           hart[h].fence = NONE
       }
    :: d_step {
           hart[h].satp != KERNEL && hart[h].tlb[hart[h].satp] == NONE &&
           space[hart[h].satp].pte != NONE ->
           hart[h].tlb[hart[h].satp] = space[hart[h].satp].pte
       }
    od
}

#define acknowledged (hart[0].fence == NONE && hart[1].fence == NONE && third_acknowledged)
#if HARTS == 3
#define third_acknowledged (hart[2].fence == NONE)
#else
#define third_acknowledged true
#endif

/* ---- The kernel. */

byte n_h; /* no meaning between steps */

/* Asks the others; an idle hart is spared now, and pays when it wakes. */
inline fence_others(h, s)
{
    n_h = 0;
    do
    :: n_h == HARTS ->
        n_h = 0;
        break
    :: n_h < HARTS && (n_h == h || (space[s].hart_mask & bit(n_h)) == 0) -> n_h++
    :: else ->
        if
        :: hart[n_h].idling ->
#ifndef FAULT_IDLE_FENCE
            hart[n_h].owes_fence = true
#else
            skip
#endif
        :: else -> hart[n_h].fence = s
        fi;
        n_h++
    od
}

inline tlb_shootdown(h, s)
{
    hart[h].tlb[s] = NONE;
    fence_others(h, s)
#ifdef FAULT_MASK_SHRINKS
    ;
    space[s].hart_mask = 0
#endif
}

inline tlb_pay_fence(h)
{
    if
    :: hart[h].owes_fence ->
        hart[h].owes_fence = false;
#ifndef FAULT_UNPAID
        hart[h].tlb[0] = NONE;
        hart[h].tlb[1] = NONE
#endif
    :: else -> skip
    fi
}

inline space_activate(h, s)
{
    space[s].hart_mask = space[s].hart_mask | bit(h);
    hart[h].satp = s
}

#define owned_by(f, s) (owner[f] == s)
#define may_map(f, s)  (owner[f] == s || (owner[f] == NONE && owner[1 - f] != s))
#define has_none(s)    (owner[0] != s && owner[1] != s)
#ifdef FAULT_EARLY_VISIBILITY
#define may_go_on true
#else
#define may_go_on acknowledged
#endif

/* Takes the page out of the space, then gives its frame to somebody: to `heir`, or free (NONE). */
inline take_page(h, s, f, heir)
{
    atomic {
        d_step {
            f = space[s].pte;
#ifdef FAULT_FENCE_FIRST
            tlb_shootdown(h, s);
            lock = h
        }
        acknowledged;
        d_step {
            space[s].pte = NONE
#else
            space[s].pte = NONE;
            tlb_shootdown(h, s);
            lock = h
#endif
        }
        may_go_on;
        d_step {
            owner[f] = heir;
            f = 0;
            lock = NONE
        }
    }
}

/* The last thread has left: nobody runs here again, and what is taken away needs no more fences. */
inline abandon(h, s)
{
    d_step {
        tlb_shootdown(h, s);
        space[s].hart_mask = 0;
        lock = h
    }
#ifndef FAULT_ASID_EARLY
    acknowledged;
#endif
    lock = NONE
}

/* A later piece: frames, tables, the identifier, which is another space's from now on. */
inline space_reclaim(s)
{
    d_step {
        if
        :: space[s].pte != NONE -> owner[space[s].pte] = NONE
        :: else -> skip
        fi;
        space[s].pte = NONE;
        space[s].dying = false
    }
}

/* ---- What a hart runs. Each entry is one step but where it waits for fences. */

inline leave_space(h)
{
    space[hart[h].satp].users--;
    space[hart[h].satp].parked = space[hart[h].satp].parked | bit(h)
}

#define RUN     0
#define IDLE    1 /* in wfi, the lock is free */
#define RECLAIM 2 /* between two pieces, the lock is free */

inline idle_begin(h)
{
    d_step {
        hart[h].satp = KERNEL;
        hart[h].idling = true;
        doing = IDLE
    }
}

inline idle_end(h)
{
    d_step {
        hart[h].idling = false;
        tlb_pay_fence(h)
    }
    if
    :: !space[0].dying -> s = 0
    :: !space[1].dying -> s = 1
    fi;
    d_step {
        space[s].users++;
        space_activate(h, s);
        doing = RUN
    }
}

proctype run_hart(byte h)
{
    byte s = 0;
    byte f = 0;
    byte doing = IDLE;
end:
    do
    /* The program touches its page. */
    :: d_step {
           doing == RUN && hart[h].tlb[s] != NONE && !space[s].dying -> assert(owned_by(hart[h].tlb[s], s))
       }
    :: atomic {
           lock == NONE && doing == RUN && !space[s].dying;
           if
           :: space[s].pte != NONE -> take_page(h, s, f, NONE) /* unmap */
           :: space[s].pte != NONE && has_none(1 - s) && !space[1 - s].dying ->
               take_page(h, s, f, 1 - s); /* pages_detach, and its receiver has it */
           /* Maps what it owns, or a free frame. */
           :: space[s].pte == NONE && (may_map(0, s) || may_map(1, s)) ->
               if
               :: may_map(0, s) -> f = 0
               :: may_map(1, s) -> f = 1
               fi;
               d_step {
                   owner[f] = s;
                   space[s].pte = f;
                   hart[h].tlb[s] = NONE; /* tlb_refresh */
                   f = 0
               }
           :: !space[1 - s].dying ->
               d_step {
                   leave_space(h);
                   s = 1 - s;
                   space[s].users++;
                   space_activate(h, s)
               }
           :: !space[1 - s].dying && (space[1 - s].parked & bit(h)) != 0 ->
               d_step {
                   /* The fast path: satp, and nothing else. */
                   leave_space(h);
                   s = 1 - s;
                   space[s].users++;
                   hart[h].satp = s
               }
           :: true ->
               leave_space(h);
               idle_begin(h)
           :: true -> space[s].dying = true /* its process is killed */
           fi
       }
    /* Its own hart obeys: the thread ends; the last one takes the space apart. */
    :: atomic {
           lock == NONE && doing == RUN && space[s].dying;
           d_step {
               space[s].users--;
               space[s].parked = 0;
               hart[h].satp = KERNEL
           }
           if
           :: space[s].users == 0 ->
               doing = RECLAIM;
               abandon(h, s)
           :: else -> idle_begin(h)
           fi
       }
    :: atomic {
           lock == NONE && doing == RECLAIM;
           space_reclaim(s);
           idle_begin(h)
       }
    :: atomic {
           lock == NONE && doing == IDLE && (!space[0].dying || !space[1].dying);
           idle_end(h)
       }
    od
}

byte i_h;

init {
    d_step {
        owner[0] = NONE;
        owner[1] = NONE;
        space[0].pte = NONE;
        space[1].pte = NONE;
        i_h = 0;
        do
        :: i_h == HARTS -> break
        :: i_h < HARTS ->
            hart[i_h].satp = KERNEL;
            hart[i_h].idling = true;
            hart[i_h].fence = NONE;
            hart[i_h].tlb[0] = NONE;
            hart[i_h].tlb[1] = NONE;
            i_h++
        od
    }
    atomic {
        run machine(0);
        run machine(1);
        run run_hart(0);
        run run_hart(1);
#if HARTS == 3
        run machine(2);
        run run_hart(2);
#endif
    }
}
