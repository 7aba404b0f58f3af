/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels: senders, callers, receivers, selectors, closers and whoever cancels a wait, in every
 * order, on as many harts as there are threads. See docs/model.md.
 *
 * CAPACITY is the size of the buffers. SCENARIO says who takes part; without it, each of them in
 * turn. OPEN: nobody closes, and each receiver receives once, so that threads may wait for ever
 * where Go's would; CLOSING: not so; without either, both. FAULT_* plants a fault.
 */
#define RENDEZVOUS 1 /* senders, a caller, receivers, one of them on the fast path */
#define SELECTS    2 /* selectors of sends and receives, also on the same channel */
#define BROKEN     3 /* buffers that go away while their owner waits */
#define ENDS       4 /* the last receive end goes while the channel closes */

#ifndef CAPACITY
#define CAPACITY 0
#endif
#define CHANNELS 2
#define THREADS  5
#define SEQUENCE 4 /* values that one thread may send */

#include "channel_kernel.pml"

bool open; /* nobody closes */

/* What users have seen; values as bits. */
int sent, got, refused;
byte running = 0;    /* threads that have not ended */
bool served[THREADS]; /* its operation has ended; reset at its next */

hidden int lost, both, buffered;
hidden byte n_v, u_v;

/* ---- What a user finds when a call has ended. */

inline note_send(v, result)
{
    u_v = v;
    if
    :: result == OK -> sent = sent | (1 << u_v)
    :: else ->
        refused = refused | (1 << u_v);
        both = refused & got;
        assert(both == 0) /* an error, and yet it has arrived */
    fi
}

inline note_receive(v)
{
    u_v = v;
    both = (got | refused) & (1 << u_v);
    assert(both == 0); /* neither twice, nor after its sender was told that it failed */
    got = got | (1 << u_v)
}

/* The send cases of a select that did not fire have not been sent. */
inline note_others(me)
{
    if
    :: is_there(me, 0) && thread[me].at[0].send && thread[me].fired != 0 ->
        n_v = thread[me].at[0].value;
        note_send(n_v, EAGAIN)
    :: else -> skip
    fi;
    if
    :: is_there(me, 1) && thread[me].at[1].send && thread[me].fired != 1 ->
        n_v = thread[me].at[1].value;
        note_send(n_v, EAGAIN)
    :: else -> skip
    fi
}

inline note(me)
{
    note_others(me);
    if
    :: thread[me].fired == NONE -> skip
    :: thread[me].fired != NONE && thread[me].at[thread[me].fired].send ->
        n_v = thread[me].at[thread[me].fired].value;
        if
        :: thread[me].status == OK -> note_send(n_v, OK)
        :: else -> note_send(n_v, EAGAIN)
        fi
    :: else ->
        if
        :: thread[me].status == OK ->
            n_v = thread[me].value;
            note_receive(n_v)
        :: else -> skip
        fi
    fi;
    thread[me].broken = false; /* it mends what was wrong */
    thread[me].value = 0;
    served[me] = true
}

inline set_case(me, k, is_send, c)
{
    thread[me].at[k].send = is_send;
    thread[me].at[k].channel = c
}

inline set_value(me, k, next)
{
    thread[me].at[k].value = me * SEQUENCE + next;
    next++
}

/* ---- Threads. */

proctype sender(byte me; byte c; byte count; bool calls)
{
    byte next = 0;
    d_step {
        set_case(me, 0, true, c);
        thread[me].at[0].calling = calls;
        thread[me].cases = 1
    }
    do
    :: next == count -> break
    :: next < count ->
        atomic {
            d_step {
                set_value(me, 0, next)
            }
            if
            :: has_fast(c) ->
                d_step {
                    fast_call(me, c)
                }
            :: true -> call_chan_select(me, false)
            fi
        }
        atomic {
            !thread[me].waits;
            d_step {
                note(me)
            }
            if
            :: thread[me].status == EPIPE -> break
            :: else -> skip
            fi
        }
    od;
    running--
}

proctype receiver(byte me; byte c; bool goes_fast)
{
    byte left = 1;
    d_step {
        set_case(me, 0, false, c);
        thread[me].cases = 1
    }
    do
    :: left == 0 -> break
    :: left > 0 ->
        atomic {
            if
            :: goes_fast && channel[c].fast == NONE ->
                d_step {
                    fast_reply_recv(me, c)
                }
            :: true -> call_chan_select(me, false)
            fi
        }
        atomic {
            !thread[me].waits;
            d_step {
                note(me)
            }
            if
            :: thread[me].status == CLOSED -> break
            :: else -> left = left - open
            fi
        }
    od;
    running--
}

/* A case that says "closed" becomes nil, as Go's programs do it. */
inline drop_closed(me)
{
    if
    :: thread[me].status == CLOSED || thread[me].status == EPIPE ->
        thread[me].at[thread[me].fired].channel = NONE
    :: else -> skip
    fi
}

proctype selector(byte me; bool send0; byte c0; bool send1; byte c1; byte count; bool nonblocking)
{
    byte next = 0;
    byte round = 0;
    d_step {
        set_case(me, 0, send0, c0);
        set_case(me, 1, send1, c1);
        thread[me].cases = 2
    }
    do
    :: round == count || (!is_there(me, 0) && !is_there(me, 1)) -> break
    :: else ->
        round++;
        atomic {
            d_step {
                if
                :: send0 -> set_value(me, 0, next)
                :: else -> skip
                fi;
                if
                :: send1 -> set_value(me, 1, next)
                :: else -> skip
                fi
            }
            call_chan_select(me, nonblocking)
        }
        atomic {
            !thread[me].waits;
            d_step {
                note(me);
                drop_closed(me)
            }
        }
    od;
    running--
}

inline do_work(c, mine)
{
    do
    :: mine ->
        atomic {
            d_step {
                channel_work(c);
                mine = !b_done;
                b_done = false
            }
        }
    :: else -> break
    od
}

/* Closes, and does the work that this leaves behind, before it sees user mode again. */
proctype closer(byte c; bool drops_end)
{
    bool mine;
    d_step {
        channel[c].deaf = channel[c].deaf || drops_end;
        channel_shut_down(c);
        channel_push_work(c, mine)
    }
    do_work(c, mine);
    running--
}

/* Once: a deadline, an interruption, a killer. */
proctype canceller()
{
    byte t = 0;
    bool mine = false;
    if
    :: t = 0
    :: t = 1
    :: t = 2
    :: t = 3
    :: t = 4
    fi;
    d_step {
        if
        :: thread[t].waits -> calls_cancel(t, mine)
        :: else -> skip
        fi;
        t = 0
    }
    do_work(0, mine);
    running--
}

/* Takes a buffer away from somebody who waits; or fills a table that a message would need. */
proctype breaker()
{
    byte t = 0;
    if
    :: t = 0
    :: t = 1
    :: t = 2
    :: t = 3
    :: t = 4
    fi;
    d_step {
        thread[t].broken = true;
        t = 0
    }
    running--
}

/* ---- When nothing moves any more. */

/* One who selects on both ends of the same channel is no partner of its own. */
#define waits_for_itself(c)                                                                        \
    (len(senders[c]) == 1 && len(receivers[c]) == 1 && !has_fast(c) &&                             \
     ((senders[c]?[0, _] && receivers[c]?[0, _]) || (senders[c]?[1, _] && receivers[c]?[1, _]) ||  \
      (senders[c]?[2, _] && receivers[c]?[2, _])))
#define head_calls(c) (senders[c]?[eval(CALLER), _])
#define CALLER 1

/* Nobody waits but where Go's program would. */
inline check_quiet(c)
{
    /* lost wake-ups */
    assert(!(len(buffer[c]) > 0 && has_receiver(c)));
    assert(!(len(senders[c]) > 0 && has_receiver(c)) || waits_for_itself(c));
    assert(!(has_room(c) && len(senders[c]) > 0 && !head_calls(c)));
    /* close wakes everybody */
    assert(!(channel[c].closed && (len(senders[c]) > 0 || has_receiver(c))));
    /* and drops what nobody can receive */
    assert(!(channel[c].deaf && len(buffer[c]) > 0))
}

/* Everything that was sent has arrived, nothing else has. */
inline check_values()
{
    buffered = 0;
    do
    :: len(buffer[0]) > 0 ->
        buffer[0]?n_v;
        buffered = buffered | (1 << n_v)
    :: len(buffer[0]) == 0 && len(buffer[1]) > 0 ->
        buffer[1]?n_v;
        buffered = buffered | (1 << n_v)
    :: else -> break
    od;
    lost = sent & ~(got | dropped | buffered);
    assert(lost == 0);
    both = got & ~sent;
    assert(both == 0)
}

inline begin_scenario()
{
    if
    :: scenario == RENDEZVOUS ->
        running = 5;
        run sender(0, 0, 2, false);
        run sender(CALLER, 0, 1, true);
        run receiver(2, 0, true);
        run receiver(3, 0, false);
        run canceller()
    :: scenario == SELECTS ->
        running = 4;
        run selector(0, true, 0, false, 0, 1, false); /* send 0, receive 0 */
        run selector(2, true, 0, false, 1, 1, false); /* send 0, receive 1 */
        run selector(3, false, 0, true, 1, 1, false); /* receive 0, send 1 */
        run selector(4, false, 1, false, 0, 1, true)  /* receive 1, receive 0, default */
    :: scenario == BROKEN ->
        running = 4 + open;
        run sender(0, 0, 2, false);
        run sender(CALLER, 0, 1, true);
        run receiver(2, 0, true);
        run breaker();
        if
        :: open -> run breaker()
        :: else -> skip
        fi
    :: scenario == ENDS ->
        running = 5;
        run sender(0, 0, 2, false);
        run sender(2, 0, 1, false);
        run receiver(3, 0, true);
        run closer(0, true);
        run canceller()
    fi;
    if
    :: !open ->
        running++;
        run closer(0, false)
    :: else -> skip
    fi;
    if
    :: !open && scenario == SELECTS ->
        running++;
        run closer(1, false)
    :: else -> skip
    fi
}

/* All that take part, and what they have left when nothing moves any more. */
init {
    byte scenario;
    atomic {
        channel[0].fast = NONE;
        channel[1].fast = NONE;
#ifdef SCENARIO
        scenario = SCENARIO;
#else
        if
        :: scenario = RENDEZVOUS
        :: scenario = SELECTS
        :: scenario = BROKEN
        :: scenario = ENDS
        fi;
#endif
#ifdef OPEN
        open = true;
#endif
#if !defined(OPEN) && !defined(CLOSING)
        if
        :: open = false
        :: open = true
        fi;
#endif
        begin_scenario()
    }
    timeout;
    d_step {
        check_quiet(0);
        check_quiet(1);
        check_values();
        assert(running == 0 || open)
    }
}
