/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call gives the rest of the caller's time slice to the server, and the reply gives it back: a
 * pair that talks all the time has one slice for both. Seen by a third thread of the same priority,
 * which looks how long it is away from its hart. Instructions are counted, so that time is what was
 * done.
 */
/* icount: 0 */
/* smp: 1 */
/* sources: tests/target/support/task.c */
#include "ipc.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define SLICE_MS 10
#define TURNS    6
#define AWAY_MIN 2000 /* ticks: more than any interrupt takes */
#define WORK     500  /* rounds that client and server compute at each call */

static uint32_t stop;
static volatile uint64_t calls;

static void work(void)
{
    for (volatile unsigned i = 0; i < WORK; i++)
        continue;
}

static bool going(void)
{
    return !__atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

/* ---- The pair, in registers (the fast path) or in memory. -------------------------------------
 */

struct pair {
    struct channel channel;
    bool memory;
};

static int64_t exchange(const struct pair *pair, int64_t number, anser_handle handle)
{
    uint64_t word = 1, badge;
    if (!pair->memory)
        return number == ANSER_CALL_call ? ipc_call_word(handle, &word)
                                         : ipc_reply_recv_word(handle, &word, &badge);
    struct anser_message message = {.send_data = (uint64_t)&word,
                                    .send_length = sizeof(word),
                                    .recv_data = (uint64_t)&word,
                                    .recv_capacity = sizeof(word)};
    return number == ANSER_CALL_call ? sys_call(handle, ANSER_INFO_MEM, &message).status
                                     : sys_reply_recv(handle, ANSER_INFO_MEM, &message).status;
}

static int64_t serve(void *argument)
{
    const struct pair *pair = argument;
    int64_t status = 0;
    while (status >= 0 && !(status & ANSER_INFO_CLOSED)) {
        status = exchange(pair, ANSER_CALL_reply_recv, pair->channel.receive);
        work();
    }
    return status;
}

static int64_t call(void *argument)
{
    const struct pair *pair = argument;
    while (going()) {
        exchange(pair, ANSER_CALL_call, pair->channel.send);
        calls = calls + 1;
        work();
    }
    return 0;
}

/* ---- Who looks on. ----------------------------------------------------------------------------
 */

struct turns {
    uint64_t away[TURNS];
    uint64_t here[TURNS];
    uint64_t calls[TURNS];
};

static int64_t look_on(void *argument)
{
    struct turns *turns = argument;
    uint64_t last = clock_now(), since = last, before = 0;
    /* The first turn began somewhere in a slice. */
    for (int turn = -2; turn < TURNS;) {
        uint64_t now = clock_now();
        if (now - last > AWAY_MIN) {
            if (turn >= 0) {
                turns->here[turn] = last - since;
                turns->away[turn] = now - last;
                turns->calls[turn] = calls - before;
            }
            before = calls;
            since = now;
            turn++;
        }
        last = now;
    }
    return 0;
}

static bool is_slice(const uint64_t *times)
{
    bool good = true;
    for (int i = 0; i < TURNS; i++) {
        uint64_t microseconds = clock_nanoseconds(times[i]) / 1000;
        bool is = microseconds > SLICE_MS * 980 && microseconds < SLICE_MS * 1020;
        if (!is)
            printf("# turn %d: %lu us\n", i, microseconds);
        good &= is;
    }
    return good;
}

static void test_pair(bool memory)
{
    struct pair pair = {make_channel(8, 0), memory};
    struct turns turns;
    struct task server, client, looker;
    stop = 0;
    calls = 0;
    task_start(&server, serve, &pair);
    task_wait_state(&server, ANSER_STATE_RECEIVING);
    task_start(&client, call, &pair);
    task_start(&looker, look_on, &turns);
    task_join(&looker);
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    task_join(&client);
    sys_chan_close(pair.channel.send);
    task_join(&server);
    drop_channel(pair.channel);
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < TURNS; i++)
        least = turns.calls[i] < least ? turns.calls[i] : least;
    const char *form = memory ? "memory" : "registers";
    TEST(is_slice(turns.away), "in %s: client and server have one slice for both", form);
    TEST(is_slice(turns.here), "their equal has one for itself");
    TEST(least > 500, "no call ends the slice: at least %lu in each", least);
}

int main(void)
{
    if (!TEST(clock_counts_instructions(), "instructions are counted"))
        return tap_done();
    test_pair(false);
    test_pair(true);
    return tap_done();
}
