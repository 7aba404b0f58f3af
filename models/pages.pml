/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that move: two processes send each other objects of pages through channels with one slot,
 * map them, touch them from several harts, let go of them, and die at any moment. Not atomic: the
 * fences, with programs running on; the pieces in which large mappings are taken apart before a
 * send; the pieces of a process's and a channel's end. See docs/model.md.
 *
 * Process 0 has harts 0 and 1, process 1 has hart 2. A message carries both objects, or one.
 */
#define OBJECTS   2
#define PROCESSES 2
#define HARTS     3
#define NOBODY    7
#define WIDE      2 /* objects whose mappings are large, as bits */
#define bit(o)    (1 << (o))

#define process_of(h) (h >> 1)

typedef process_record {
    byte handles;  /* objects that it holds a handle of, as bits */
    byte mapped;   /* objects in its page tables; the mapping holds a reference of its own */
    bool poor;     /* its account cannot pay for more than one object, so not for two at once */
    bool dying;    /* no thread of it runs any more */
    bool gone;
};

process_record process[PROCESSES];
byte tlb[HARTS];        /* objects that it has translations of */
byte fence[HARTS];      /* of which objects firmware is to drop them */
byte payer[OBJECTS];    /* who is charged */
bool is_free[OBJECTS];  /* its frames are back */
byte parcel;            /* objects that wait in the channel's buffer, as bits */
byte sender_of_parcel;  /* who pays for them meanwhile */
bool closed;            /* the channel: its receive ends are gone, or its senders */
bool shutting;
byte lock = NOBODY;     /* held across steps only while fences are waited for */

hidden byte n_o, n_h, n_held;

/* ---- The machine. */

proctype machine(byte h)
{
    byte o = 0;
end:
    do
    :: d_step {
           fence[h] != 0 ->
           tlb[h] = tlb[h] & ~fence[h];
           fence[h] = 0
       }
    :: d_step {
           !process[process_of(h)].dying && tlb[h] != process[process_of(h)].mapped ->
           tlb[h] = tlb[h] | process[process_of(h)].mapped
       }
    od
}

#define acknowledged (fence[0] == 0 && fence[1] == 0 && fence[2] == 0)
#ifdef FAULT_EARLY_VISIBILITY
#define may_go_on true
#else
#define may_go_on acknowledged
#endif

inline unmap(p, objects)
{
    process[p].mapped = process[p].mapped & ~(objects);
    n_h = 0;
    do
    :: n_h == HARTS -> break
    :: n_h < HARTS && process_of(n_h) == p ->
        fence[n_h] = objects;
        n_h++
    :: else -> n_h++
    od;
    n_h = 0
}

/* ---- Who owns what. */

#define holders(o)                                                                                 \
    (((process[0].handles | process[0].mapped) >> o & 1) +                                         \
     ((process[1].handles | process[1].mapped) >> o & 1) + (parcel >> o & 1))

#define payer_is_owner(o)                                                                          \
    (((parcel >> o & 1) && payer[o] == sender_of_parcel) ||                                        \
     (((process[payer[o]].handles | process[payer[o]].mapped) >> o) & 1))

/* Each object has one owner, or is free; and the owner pays. Holds whenever the lock is free. */
inline check_owners()
{
    n_o = 0;
    do
    :: n_o == OBJECTS -> break
    :: else ->
        n_held = holders(n_o);
        assert(n_held + is_free[n_o] == 1); /* one owner, or none and free */
        assert(is_free[n_o] || payer_is_owner(n_o));
        n_o++
    od;
    n_o = 0
}

/* References that are dropped: what nobody holds any more is freed. */
inline release_all(objects)
{
    n_o = 0;
    do
    :: n_o == OBJECTS -> break
    :: else ->
        if
        :: (objects >> n_o & 1) && holders(n_o) == 0 -> is_free[n_o] = true
        :: else -> skip
        fi;
        n_o++
    od;
    n_o = 0
}

/* transfer_pages: the charge of all of them moves, or of none. ok: it has moved. */
inline transfer_pages(objects, to)
{
    ok = true;
    n_o = 0;
    do
    :: n_o == OBJECTS -> break
    :: else ->
        if
        :: (objects >> n_o & 1) && process[to].poor && n_o > 0 ->
            ok = false;
#ifndef FAULT_HALF_MOVE
            if
            :: objects & 1 -> payer[0] = 1 - to /* pages_transfer_back */
            :: else -> skip
            fi
#endif
        :: (objects >> n_o & 1) && !(process[to].poor && n_o > 0) -> payer[n_o] = to
        :: else -> skip
        fi;
        n_o++
    od;
    n_o = 0
}

/* ---- Calls of process p, from hart h. */

/* send: looked up, large mappings apart in pieces (pages_detach_begin), then into the buffer. */
inline call_send(h, p, objects)
{
    if
    :: (process[p].mapped & objects & WIDE) != 0 ->
        /* A piece, and the call is made again: another thread may do anything in between. */
        d_step {
            unmap(p, objects & WIDE);
            lock = h
        }
        acknowledged;
        lock = NOBODY
    :: else ->
        d_step {
            unmap(p, objects); /* pages_detach */
            lock = h
        }
        may_go_on;
        d_step {
            process[p].handles = process[p].handles & ~objects;
            parcel = objects;
            sender_of_parcel = p;
            lock = NOBODY;
            check_owners()
        }
    fi
}

inline call_recv(p)
{
    d_step {
        transfer_pages(parcel, p);
        if
        :: ok ->
            process[p].handles = process[p].handles | parcel;
            parcel = 0
        :: else ->
#ifdef FAULT_LOST_PAGE
            parcel = 0 /* the receiver had no room: the element goes, and its handles with it */
#else
            skip /* -ENOMEM to the receiver, the element stays */
#endif
        fi;
        ok = false;
        check_owners()
    }
}

/* A process goes: handles, then mappings, in pieces; its ends of the channel are among them. */
inline teardown_handles(p)
{
    d_step {
        objects = process[p].handles;
        process[p].handles = 0;
        release_all(objects);
        objects = 0;
        closed = true;
        check_owners()
    }
}

/* abandon: one fence for everything. The harts have left: they drop what they had. */
inline teardown_space(p)
{
    d_step {
        n_h = 0;
        do
        :: n_h == HARTS -> break
        :: n_h < HARTS && process_of(n_h) == p ->
            tlb[n_h] = 0;
            n_h++
        :: else -> n_h++
        od;
        n_h = 0;
        objects = process[p].mapped;
        process[p].mapped = 0;
        release_all(objects);
        objects = 0;
        process[p].gone = true;
        check_owners()
    }
}

/* What is in the buffer of a channel that nobody can receive from any more. */
inline drop_one()
{
    d_step {
        objects = parcel;
        parcel = 0;
#ifndef FAULT_PARCEL_LEAK
        release_all(objects);
#endif
        objects = 0;
        check_owners()
    }
}

#define holds(p, o) ((process[p].handles & o) == o)

/* What it can see is its own, and nobody's but its own. */
#define sees_own(p, seen)                                                                          \
    ((seen & ~(process[p].handles | process[p].mapped | fenced(p))) == 0 &&                        \
     (seen & (process[1 - p].handles | process[1 - p].mapped | parcel)) == 0 &&                    \
     !((seen & 1) && is_free[0]) && !((seen & 2) && is_free[1]))
/* Just being taken away, with the lock held: still its own. */
#define fenced(p) (lock != NOBODY && process_of(lock) == p -> 3 : 0)

proctype run_hart(byte h; byte p)
{
    byte objects = 0;
    bool ok = false;
end:
    do
    /* The program touches all that it has translations of: it must be the only one who sees it. */
    :: d_step {
           !process[p].dying && tlb[h] != 0 -> assert(sees_own(p, tlb[h]))
       }
    :: atomic {
           lock == NOBODY && !process[p].dying;
           if
           :: process[p].handles != 0 ->
               process[p].mapped = process[p].mapped | process[p].handles /* map_here */
           :: process[p].mapped != 0 ->
               /* unmap; the handle may be gone already, then that was the last reference. */
               d_step {
                   objects = process[p].mapped;
                   unmap(p, objects);
                   lock = h
               }
               acknowledged;
               d_step {
                   release_all(objects);
                   objects = 0;
                   lock = NOBODY;
                   check_owners()
               }
           :: process[p].handles != 0 ->
               d_step { /* handle_close; a mapping keeps the pages */
                   objects = process[p].handles;
                   process[p].handles = 0;
                   release_all(objects);
                   objects = 0;
                   check_owners()
               }
           :: holds(p, 1) && parcel == 0 && !closed -> call_send(h, p, 1)
           :: holds(p, 2) && parcel == 0 && !closed -> call_send(h, p, 2)
           :: holds(p, 3) && parcel == 0 && !closed -> call_send(h, p, 3)
           :: parcel != 0 && sender_of_parcel != p && !shutting -> call_recv(p)
           :: h != 1 -> process[p].poor = !process[p].poor
           :: h != 1 -> process[p].dying = true /* killed, and its threads have left */
           :: true -> skip
           fi
       }
    /* The last thread takes the process apart. */
    :: atomic {
           h != 1 && lock == NOBODY && process[p].dying && process[p].handles != 0 ->
           teardown_handles(p)
       }
    :: atomic {
           h != 1 && lock == NOBODY && process[p].dying && process[p].handles == 0 &&
               !process[p].gone ->
           closed = true;
           teardown_space(p)
       }
    /* Then its channel: whoever held the last receive end drops what is in it. */
    :: atomic {
           h != 1 && lock == NOBODY && process[p].gone && parcel != 0 && sender_of_parcel != p ->
           drop_one()
       }
    od
}

init {
    d_step {
        process[0].handles = 1;
        process[1].handles = 2;
        payer[0] = 0;
        payer[1] = 1
    }
    atomic {
        run machine(0);
        run machine(1);
        run machine(2);
        run run_hart(0, 0);
        run run_hart(1, 0);
        run run_hart(2, 1)
    }
    /* Both are gone and nothing moves: everything is back. */
    timeout;
    assert(is_free[0] && is_free[1])
}
