/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel does to channels: queues, buffer, select, close. Each inline is named after the
 * function of ipc/ that it stands for. The big lock makes each entry into the kernel one step, so
 * whoever uses these puts them into an atomic or d_step.
 *
 * A waiter is (thread, case); a plain send or receive is a select of one case. What a message
 * carries is one number that nobody else sends. CAPACITY, CHANNELS, THREADS: given by the room that
 * includes this one. CASES: the most that a select has here.
 */

#define CASES  2
#define NONE   255
#define BUSY   254 /* channel_busy */

mtype = { OK, CLOSED, EPIPE, EAGAIN, EINTR, EFAULT };

typedef select_case {
    bool send;
    bool calling; /* a call: taken by a receiver, never buffered */
    byte channel; /* NONE: a nil case */
    byte value;   /* to be sent */
};

typedef thread_record {
    bool waits;
    bool broken; /* cannot give or take a message: its buffer is gone, or it has no room */
    byte cases;
    mtype status;
    byte fired; /* the case that the status is about */
    byte value; /* that was received */
    select_case at[CASES];
};

typedef channel_record {
    bool closed;
    bool working; /* its work is on some thread's list */
    bool deaf; /* the last receive end has gone */
    byte fast; /* channel.receiver: a thread, NONE, BUSY */
};

thread_record thread[THREADS];
channel_record channel[CHANNELS];
chan senders[CHANNELS] = [THREADS * CASES] of { byte, byte };
chan receivers[CHANNELS] = [THREADS * CASES] of { byte, byte };
chan buffer[CHANNELS] = [CAPACITY + 1] of { byte };

/* Ghosts: not in the kernel. Everything that was accepted and not yet received, in order of
 * arrival, whether it waits with its sender or in the buffer. */
chan order[CHANNELS] = [THREADS * CASES + CAPACITY] of { byte };
int dropped; /* values that nobody can receive any more, as bits */

/* Names within the steps, with no meaning between them. */
hidden byte w_k, w_c, w_v; /* withdraw, enqueue */
hidden byte g_v;           /* pass */
hidden byte f_t, f_k, f_v; /* refill */
hidden byte o_t, o_k;      /* offer */
hidden byte r_t, r_k, r_v; /* receive_now */
hidden byte s_t, s_k, s_v; /* shutdown_piece */
hidden byte e_c, e_v; /* try_case */
hidden byte o_done, r_done, b_done;
bool e_done; /* of an entry; false between entries */

#define has_fast(c)     (channel[c].fast < THREADS)
#define has_receiver(c) (has_fast(c) || len(receivers[c]) > 0)
#define has_room(c)     (len(buffer[c]) < CAPACITY)
#define is_there(t, k)  (k < thread[t].cases && thread[t].at[k].channel != NONE)

/* Room in the buffer is for those who have waited for it longer. */
#ifdef FAULT_BARGE
#define may_buffer(c) has_room(c)
#else
#define may_buffer(c) (has_room(c) && len(senders[c]) == 0)
#endif

#define ready_send(c, calling)                                                                     \
    (channel[c].closed || has_receiver(c) || (!calling && may_buffer(c)))
#define ready_receive(c) (channel[c].closed || len(buffer[c]) > 0 || len(senders[c]) > 0)
#define ready(t, k)                                                                                \
    ((thread[t].at[k].send && ready_send(thread[t].at[k].channel, thread[t].at[k].calling)) ||     \
     (!thread[t].at[k].send && ready_receive(thread[t].at[k].channel)))

/* ---- Queues. */

inline channel_update_pending(c)
{
    if
    :: has_fast(c) -> skip
    :: else ->
        if
        :: len(buffer[c]) > 0 || channel[c].closed || len(senders[c]) > 0 || len(receivers[c]) > 0 ->
            channel[c].fast = BUSY
        :: else -> channel[c].fast = NONE
        fi
    fi
}

inline slow_down(c)
{
    if
    :: has_fast(c) -> receivers[c]!channel[c].fast, 0
    :: else -> skip
    fi;
    channel[c].fast = BUSY
}

/* Takes all waiters of a thread out of all queues. kept: the case whose value stays in the order,
 * because somebody has it now; or NONE. */
inline withdraw(t, kept)
{
    w_k = 0;
    do
    :: w_k == thread[t].cases -> break
    :: w_k < thread[t].cases && thread[t].at[w_k].channel == NONE -> w_k++
#ifdef FAULT_SELECT_TWICE
    /* Only the case that fires leaves its queue. */
    :: w_k < thread[t].cases && kept != NONE && w_k != kept -> w_k++
#endif
    :: else ->
        w_c = thread[t].at[w_k].channel;
        if
        :: thread[t].at[w_k].send ->
            senders[w_c]??eval(t), eval(w_k);
            w_v = thread[t].at[w_k].value;
            if
            :: w_k != kept -> order[w_c]??eval(w_v)
            :: else -> skip
            fi
        :: channel[w_c].fast == t && !thread[t].at[w_k].send -> channel[w_c].fast = NONE
        :: else -> receivers[w_c]??eval(t), eval(w_k)
        fi;
        channel_update_pending(w_c);
        w_k++
    od
}

/* A waiter's case fires, or fails, or (k NONE) the whole wait ends. Exactly one may. */
inline message_finish(t, k, result, kept)
{
    assert(thread[t].waits);
    withdraw(t, kept);
    thread[t].waits = false;
    thread[t].fired = k;
    thread[t].status = result
}

inline channel_add_receiver(c, me, k)
{
    if
    :: thread[me].cases == 1 && channel[c].fast == NONE -> channel[c].fast = me
    :: else ->
        slow_down(c);
        receivers[c]!me, k
    fi
}

/* To the end of all queues: queue_sender, channel_add_receiver, and select's waiters. */
inline enqueue(me)
{
    thread[me].waits = true;
    w_k = 0;
    do
    :: w_k == thread[me].cases -> break
    :: w_k < thread[me].cases && thread[me].at[w_k].channel == NONE -> w_k++
    :: else ->
        w_c = thread[me].at[w_k].channel;
        if
        :: thread[me].at[w_k].send ->
            senders[w_c]!me, w_k;
            order[w_c]!thread[me].at[w_k].value;
#ifndef FAULT_LOST_WAKEUP
            channel_update_pending(w_c)
#endif
        :: else -> channel_add_receiver(w_c, me, w_k)
        fi;
        w_k++
    od
}

/* ---- Messages. */

/* What a receiver gets is the oldest that the channel has accepted. */
inline pass(c, v)
{
#ifndef FAULT_BARGE
    order[c]?g_v;
    assert(g_v == v)
#else
    order[c]??eval(v) /* who waits for ever is what is to be seen */
#endif
}

/* One who hands a message to a receiver passes no other by. (Where wake-ups are lost on purpose, what
 * is to be seen is who sleeps for ever.) */
inline nobody_before(c)
{
#ifndef FAULT_LOST_WAKEUP
    assert(len(order[c]) == 0)
#else
    skip
#endif
}

/* A sender's value is taken from it: not after the channel was closed. */
inline take_from_sender(c)
{
    assert(!channel[c].closed)
}

#ifdef FAULT_TAKE_AFTER_CLOSE
#define may_take(c) (len(senders[c]) > 0)
#else
#define may_take(c) (len(senders[c]) > 0 && !channel[c].closed)
#endif

/* Hands the value to those who wait; o_done: somebody has it. */
inline message_offer(c, v)
{
    o_done = false;
    do
    :: !o_done && has_receiver(c) ->
        if
        :: has_fast(c) ->
            o_t = channel[c].fast;
            o_k = 0
        :: else -> receivers[c]?<o_t, o_k>
        fi;
        if
        :: thread[o_t].broken -> message_finish(o_t, o_k, EFAULT, NONE)
        :: else ->
            thread[o_t].value = v;
            message_finish(o_t, o_k, OK, NONE);
            nobody_before(c);
            o_done = true
        fi
    :: else -> break
    od
}

/* Room has come up: those who have waited longest put their elements there. */
inline refill(c)
{
    do
    :: has_room(c) && may_take(c) ->
        senders[c]?<f_t, f_k>;
        if
        :: thread[f_t].at[f_k].calling -> break
        :: !thread[f_t].at[f_k].calling && thread[f_t].broken ->
            message_finish(f_t, f_k, EFAULT, NONE)
        :: else ->
            take_from_sender(c);
            f_v = thread[f_t].at[f_k].value;
            buffer[c]!f_v;
            message_finish(f_t, f_k, OK, f_k)
        fi
    :: else -> break
    od
}

/* r_done: received; else, if the receiver is at fault, its status is EFAULT. */
inline receive_from_senders(me, c)
{
    do
    :: !r_done && thread[me].status == OK && may_take(c) ->
        senders[c]?<r_t, r_k>;
        if
        :: thread[r_t].broken -> message_finish(r_t, r_k, EFAULT, NONE)
        :: !thread[r_t].broken && thread[me].broken -> thread[me].status = EFAULT
        :: else ->
            take_from_sender(c);
            r_v = thread[r_t].at[r_k].value;
            pass(c, r_v);
            thread[me].value = r_v;
            message_finish(r_t, r_k, OK, r_k);
            r_done = true
        fi
    :: else -> break
    od
}

/* Also when nothing was received: senders that were at fault may have stood before others. */
#ifdef FAULT_NO_REFILL
#define REFILLS false
#else
#ifdef FAULT_REFILL_AFTER_SUCCESS
#define REFILLS r_done
#else
#define REFILLS true
#endif
#endif

inline receive_now(me, c)
{
    r_done = false;
    thread[me].status = OK;
    if
    :: len(buffer[c]) > 0 && thread[me].broken -> thread[me].status = EFAULT
    :: len(buffer[c]) > 0 && !thread[me].broken ->
        buffer[c]?r_v;
        pass(c, r_v);
        thread[me].value = r_v;
        r_done = true
    :: else -> receive_from_senders(me, c)
    fi;
    if
    :: REFILLS -> refill(c)
    :: else -> skip
    fi;
    channel_update_pending(c)
}

/* ---- Entries. */

inline send_case(me, k, c)
{
    e_done = true;
    thread[me].fired = k;
    thread[me].status = OK;
    if
    :: channel[c].closed -> thread[me].status = EPIPE
    :: else ->
        message_offer(c, e_v);
        if
        :: o_done -> skip
        :: !o_done && !thread[me].at[k].calling && may_buffer(c) ->
            if
            :: thread[me].broken -> thread[me].status = EFAULT
            :: else ->
                buffer[c]!thread[me].at[k].value;
                order[c]!thread[me].at[k].value;
                channel_update_pending(c)
            fi
        :: else -> e_done = false /* those who waited were at fault: it is not ready any more */
        fi
    fi
}

inline receive_case(me, k, c)
{
    receive_now(me, c);
    thread[me].fired = k;
    e_done = true;
    if
    :: r_done || thread[me].status == EFAULT -> skip
    :: !r_done && thread[me].status != EFAULT && channel[c].closed -> thread[me].status = CLOSED
    :: else -> e_done = false
    fi
}

/* One case, in one step. e_done: the call has ended. */
inline try_case(me, k)
{
    d_step {
        e_c = thread[me].at[k].channel;
        e_v = thread[me].at[k].value;
        if
        :: thread[me].at[k].send -> send_case(me, k, e_c)
        :: else -> receive_case(me, k, e_c)
        fi
    }
}

inline wait_or_leave(me, nonblocking)
{
    d_step {
        thread[me].fired = NONE;
        if
        :: nonblocking -> thread[me].status = EAGAIN
        :: else -> enqueue(me)
        fi
    }
}

/* call_send, call_recv, call_chan_select: any of the ready cases; if there is none, it waits. */
inline call_chan_select(me, nonblocking)
{
    atomic {
        e_done = false;
        do
        :: e_done -> break
        :: !e_done && is_there(me, 0) && ready(me, 0) -> try_case(me, 0)
        :: !e_done && is_there(me, 1) && ready(me, 1) -> try_case(me, 1)
        :: else ->
            wait_or_leave(me, nonblocking);
            e_done = true
        od;
        e_done = false
    }
}

/* The fast path: whoever finds channel.receiver empty waits there and looks at nothing else. */
inline fast_reply_recv(me, c)
{
    channel[c].fast = me;
    thread[me].waits = true
}

/* And whoever finds somebody there hands over the message. */
inline fast_call(me, c)
{
    o_t = channel[c].fast;
    thread[o_t].value = thread[me].at[0].value;
    message_finish(o_t, 0, OK, NONE);
    nobody_before(c);
    thread[me].fired = 0;
    thread[me].status = OK
}

/* ---- Work: in pieces, by the thread that caused it; the lock is free between two. */

/* mine: the running thread has it to do. */
inline channel_push_work(c, mine)
{
    mine = !channel[c].working;
    channel[c].working = true
}

/* Deadline, interruption, death, a handle closed under it. A call at the head kept others from the
 * room behind it: mine: that is to be filled. */
inline calls_cancel(t, mine)
{
    s_k = (thread[t].at[0].calling -> thread[t].at[0].channel : NONE);
    message_finish(t, NONE, EINTR, NONE);
    if
    :: s_k != NONE ->
        if
        :: has_room(s_k) && len(senders[s_k]) > 0 -> channel_push_work(s_k, mine)
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline channel_shut_down(c)
{
    channel[c].closed = true;
    slow_down(c)
}

/* One waiter or element; b_done: nothing is left. */
inline shutdown_piece(c)
{
    b_done = false;
    if
    :: len(senders[c]) > 0 ->
        senders[c]?<s_t, s_k>;
        message_finish(s_t, s_k, EPIPE, NONE)
#ifdef FAULT_CLOSE_MISSES
    :: len(senders[c]) == 0 && len(receivers[c]) > 1 -> /* the last one is left */
#else
    :: len(senders[c]) == 0 && has_receiver(c) ->
#endif
        receivers[c]?<s_t, s_k>;
        message_finish(s_t, s_k, CLOSED, NONE)
    :: else ->
        if
        :: channel[c].deaf && len(buffer[c]) > 0 ->
            buffer[c]?s_v;
            pass(c, s_v);
            dropped = dropped | (1 << s_v);
            channel_update_pending(c)
        :: else -> b_done = true
        fi
    fi
}

inline channel_work(c)
{
    if
    :: channel[c].closed -> shutdown_piece(c)
    :: else ->
        refill(c);
        b_done = true
    fi;
    if
    :: b_done ->
        channel[c].working = false;
        channel_update_pending(c)
    :: else -> skip
    fi
}
