/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels for ever: whoever waits to send is served some day, whoever else sends, calls or selects
 * on the same channel, as long as somebody receives. See docs/model.md.
 */
#ifndef CAPACITY
#define CAPACITY 1
#endif
#define CHANNELS 2
#define THREADS  5

#include "channel_kernel.pml"

inline set_case(me, k, is_send, c)
{
    thread[me].at[k].send = is_send;
    thread[me].at[k].channel = c;
    thread[me].at[k].value = me
}

/* Its first case, or both, for ever. */
proctype user(byte me; byte cases; bool send0; byte c0; bool calls; bool send1; byte c1)
{
    d_step {
        set_case(me, 0, send0, c0);
        thread[me].at[0].calling = calls;
        set_case(me, 1, send1, c1);
        thread[me].cases = cases
    }
end:
    do
    :: call_chan_select(me, false);
       d_step {
           !thread[me].waits -> thread[me].fired = NONE;
           thread[me].value = 0
       }
    od
}

init {
    atomic {
        channel[0].fast = NONE;
        channel[1].fast = NONE;
        run user(0, 1, true, 0, false, false, 0); /* sends */
        run user(1, 1, true, 0, true, false, 0);  /* calls */
        run user(2, 1, false, 0, false, false, 0); /* receives */
        run user(3, 2, true, 0, false, false, 1); /* selects: sends there, receives from nobody */
    }
}

ltl everyone_is_served {
    [] ((thread[0].waits -> <> !thread[0].waits) && (thread[1].waits -> <> !thread[1].waits) &&
        (thread[3].waits -> <> !thread[3].waits))
}
