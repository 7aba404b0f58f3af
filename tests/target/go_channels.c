/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of Go's runtime ask of channels, asked of ours: order, races, fairness, work. */
/* sources: tests/target/support/routines.c tests/target/support/balance.c */
/* timeout: 120 */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/routines.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

/* ---- Order, and each element once. ----------------------------------------------------------- */

#define SENDERS   4
#define RECEIVERS 4
#define ELEMENTS  300

static struct channel way, done;

struct sender {
    uint64_t number;
};

static void send_numbered(void *argument)
{
    const struct sender *sender = argument;
    for (uint64_t i = 0; i < ELEMENTS; i++)
        send_word(way.send, sender->number << 32 | i, CLOCK_NEVER);
    send_word(done.send, 1, CLOCK_NEVER);
}

struct receiver {
    uint64_t next[SENDERS]; /* the least element that may come of each sender */
    uint64_t sum;
    unsigned count;
    bool in_order;
};

static void receive_numbered(void *argument)
{
    struct receiver *receiver = argument;
    uint64_t word;
    *receiver = (struct receiver){.in_order = true};
    while ((word = receive_word(way.receive, CLOCK_NEVER)) != NOTHING) {
        uint64_t *next = &receiver->next[word >> 32], element = (uint32_t)word;
        receiver->in_order &= element >= *next;
        *next = element + 1;
        receiver->sum += element;
        receiver->count++;
    }
}

static void test_order(size_t capacity, unsigned receivers)
{
    struct sender sending[SENDERS];
    struct receiver receiving[RECEIVERS];
    uint64_t sum = 0;
    unsigned count = 0;
    bool in_order = true;
    way = make_channel(8, capacity);
    done = make_channel(8, 0);
    for (unsigned i = 0; i < receivers; i++)
        routine_start(receive_numbered, &receiving[i]);
    for (unsigned i = 0; i < SENDERS; i++) {
        sending[i].number = i;
        routine_start(send_numbered, &sending[i]);
    }
    for (unsigned i = 0; i < SENDERS; i++)
        receive_word(done.receive, CLOCK_NEVER);
    sys_chan_close(way.send);
    routines_join();
    for (unsigned i = 0; i < receivers; i++) {
        sum += receiving[i].sum;
        count += receiving[i].count;
        in_order &= receiving[i].in_order;
    }
    TEST(count == SENDERS * ELEMENTS && sum == SENDERS * ELEMENTS * (ELEMENTS - 1) / 2,
         "cap %zu, %u receivers: each element once, also those left when it is closed", capacity,
         receivers);
    TEST(in_order, "and those of each sender in order");
    drop_channel(way);
    drop_channel(done);
}

/* ---- Races with select's default. ------------------------------------------------------------ */

#define RACES 1000

static struct channel first, second;
static int found; /* what the select of the other thread found */

static void receive_without_waiting(void *argument)
{
    (void)argument;
    found = (int)receive_word(first.receive, 0);
}

/* There is an element before the race begins: closing the channel must not make it invisible. */
static void test_receive_race(void)
{
    int lost = 0;
    for (int i = 0; i < RACES; i++) {
        first = make_channel(8, 1);
        send_word(first.send, 1, 0);
        routine_start(receive_without_waiting, NULL);
        sys_chan_close(first.send);
        uint64_t mine = receive_word(first.receive, CLOCK_NEVER);
        routines_join();
        /* One of us got the element, the other one found the channel closed; nobody EAGAIN. */
        lost += !((mine == 1 && found == (int)NOTHING) || (mine == NOTHING && found == 1));
        drop_channel(first);
    }
    TEST(lost == 0, "receive without waiting and close: %d races, %d lost", RACES, lost);
}

static void select_without_waiting(void *argument)
{
    (void)argument;
    uint64_t words[2];
    struct channel_in ins[] = {{.data = &words[0], .capacity = 8},
                               {.data = &words[1], .capacity = 8}};
    struct select_case cases[] = {select_receive(first.receive, &ins[0]),
                                  select_receive(second.receive, &ins[1])};
    found = select_wait(cases, 2, 0);
}

/* At any moment one of the two is ready: default must not be taken. */
static void test_select_race(bool close)
{
    int missed = 0;
    for (int i = 0; i < RACES; i++) {
        first = make_channel(8, 1);
        second = make_channel(8, close ? 0 : 1);
        send_word(first.send, 1, 0);
        routine_start(select_without_waiting, NULL);
        if (close)
            sys_chan_close(second.send);
        else
            send_word(second.send, 1, 0);
        receive_word(first.receive, 0);
        routines_join();
        missed += found < 0;
        drop_channel(first);
        drop_channel(second);
    }
    TEST(missed == 0, "select without waiting, one is always ready (%s): %d races, %d missed",
         close ? "closed" : "sent", RACES, missed);
}

/* ---- A select that sends and receives on one channel. ---------------------------------------- */

#define SELF_ROUNDS 1000

struct self {
    uint64_t own;
    unsigned sent;
    unsigned received;
    unsigned own_received;
};

static void select_both_ways(void *argument)
{
    struct self *self = argument;
    for (unsigned i = 0; i < SELF_ROUNDS; i++) {
        uint64_t word = 0;
        struct channel_out out = {.data = &self->own, .length = 8};
        struct channel_in in = {.data = &word, .capacity = 8};
        struct select_case cases[] = {select_send(way.send, &out),
                                      select_receive(way.receive, &in)};
        int fired = select_wait(cases, 2, CLOCK_NEVER);
        if (fired == 1 && in.flags & ANSER_INFO_CLOSED)
            return;
        if (fired == -EPIPE)
            return;
        self->sent += fired == 0;
        self->received += fired == 1;
        self->own_received += fired == 1 && word == self->own;
    }
    sys_chan_close(way.send); /* the other one may have nobody to meet any more */
}

static void test_self_select(size_t capacity)
{
    struct self selves[2] = {{.own = 1}, {.own = 2}};
    way = make_channel(8, capacity);
    routine_start(select_both_ways, &selves[0]);
    routine_start(select_both_ways, &selves[1]);
    routines_join();
    unsigned sent = selves[0].sent + selves[1].sent;
    unsigned received = selves[0].received + selves[1].received;
    TEST(received <= sent && sent <= received + capacity + 1 && sent >= SELF_ROUNDS / 2,
         "cap %zu: two selects that send and receive: %u sent, %u received", capacity, sent,
         received);
    TEST(capacity > 0 || selves[0].own_received + selves[1].own_received == 0,
         "nobody meets himself");
    drop_channel(way);
}

/* ---- Everything at once on four channels. ---------------------------------------------------- */

#define CHANNELS      4
#define STRESS_ROUNDS 400

static struct channel stress[CHANNELS];

static void send_to_one(void *channel)
{
    for (unsigned i = 0; i < STRESS_ROUNDS; i++)
        send_word(((struct channel *)channel)->send, 0, CLOCK_NEVER);
}

static void receive_from_one(void *channel)
{
    for (unsigned i = 0; i < STRESS_ROUNDS; i++)
        receive_word(((struct channel *)channel)->receive, CLOCK_NEVER);
}

/* A case whose channel has had its share becomes nil. */
static void run_share(struct select_case *cases)
{
    unsigned left[CHANNELS];
    for (unsigned i = 0; i < CHANNELS; i++)
        left[i] = STRESS_ROUNDS;
    for (unsigned i = 0; i < CHANNELS * STRESS_ROUNDS; i++) {
        int fired = select_wait(cases, CHANNELS, CLOCK_NEVER);
        if (fired >= 0 && --left[fired] == 0)
            cases[fired].handle = 0;
    }
}

static void send_to_all(void *argument)
{
    uint64_t word = 0;
    struct channel_out out = {.data = &word, .length = 8};
    struct select_case cases[CHANNELS];
    (void)argument;
    for (unsigned i = 0; i < CHANNELS; i++)
        cases[i] = select_send(stress[i].send, &out);
    run_share(cases);
}

static void receive_from_all(void *argument)
{
    uint64_t words[CHANNELS];
    struct channel_in ins[CHANNELS];
    struct select_case cases[CHANNELS];
    (void)argument;
    for (unsigned i = 0; i < CHANNELS; i++) {
        ins[i] = (struct channel_in){.data = &words[i], .capacity = 8};
        cases[i] = select_receive(stress[i].receive, &ins[i]);
    }
    run_share(cases);
}

static void test_stress(void)
{
    static const size_t capacities[CHANNELS] = {0, 0, 2, 3};
    int64_t left = 0;
    for (unsigned i = 0; i < CHANNELS; i++)
        stress[i] = make_channel(8, capacities[i]);
    for (unsigned i = 0; i < CHANNELS; i++) {
        routine_start(send_to_one, &stress[i]);
        routine_start(receive_from_one, &stress[i]);
    }
    routine_start(send_to_all, NULL);
    routine_start(receive_from_all, NULL);
    routines_join();
    for (unsigned i = 0; i < CHANNELS; i++) {
        left += sys_chan_len(stress[i].send).status;
        drop_channel(stress[i]);
    }
    TEST(left == 0, "senders, receivers and selects of both kinds on %d channels all come through",
         CHANNELS);
}

/* ---- Chance. --------------------------------------------------------------------------------- */

#define THROWS 1000

/* Two channels that are always ready: 1,000 throws of a coin, 4 standard deviations each way. */
static void test_fairness(void)
{
    struct channel channels[2] = {make_channel(8, THROWS), make_channel(8, THROWS)};
    unsigned fired[2] = {0, 0};
    uint64_t words[2];
    struct channel_in ins[] = {{.data = &words[0], .capacity = 8},
                               {.data = &words[1], .capacity = 8}};
    for (unsigned i = 0; i < THROWS; i++) {
        send_word(channels[0].send, i, 0);
        send_word(channels[1].send, i, 0);
    }
    for (unsigned i = 0; i < THROWS; i++) {
        struct select_case cases[] = {select_receive(channels[0].receive, &ins[0]),
                                      select_receive(channels[1].receive, &ins[1])};
        fired[select_wait(cases, 2, 0)]++;
    }
    TEST(fired[0] > 437 && fired[1] > 437, "two that are always ready: %u and %u", fired[0],
         fired[1]);
    drop_channel(channels[0]);
    drop_channel(channels[1]);
}

static void send_zero_or_one(void *argument)
{
    static const uint64_t words[2] = {0, 1};
    struct channel_out outs[] = {{.data = &words[0], .length = 8},
                                 {.data = &words[1], .length = 8}};
    (void)argument;
    for (unsigned i = 0; i < THROWS; i++) {
        struct select_case cases[] = {select_send(way.send, &outs[0]),
                                      select_send(way.send, &outs[1])};
        select_wait(cases, 2, CLOCK_NEVER);
    }
}

/* Both cases send on the same channel: with a buffer chance decides. Without one the receiver that
 * comes later takes the first case in the queue, so nothing is asked for there but that all come.
 */
static void test_pseudo_random_send(size_t capacity)
{
    unsigned got[2] = {0, 0};
    way = make_channel(8, capacity);
    routine_start(send_zero_or_one, NULL);
    for (unsigned i = 0; i < THROWS; i++)
        got[receive_word(way.receive, CLOCK_NEVER) & 1]++;
    routines_join();
    TEST(got[0] + got[1] == THROWS && (capacity == 0 || (got[0] > 100 && got[1] > 100)),
         "cap %zu: a select of two sends on one channel: %u and %u", capacity, got[0], got[1]);
    drop_channel(way);
}

/* ---- Work for many, results for one. --------------------------------------------------------- */

#define WORKERS 12
#define PIECES  3000

static struct channel work, results;

static const uint64_t primes[] = {2, 3, 5, 7, 11, 13, 17, 19};

static void work_on(void *argument)
{
    uint64_t piece, number = (uint64_t)argument;
    while ((piece = receive_word(work.receive, CLOCK_NEVER)) != NOTHING) {
        if (number % 4 == piece % 4)
            thread_yield();
        send_word(results.send, piece, CLOCK_NEVER);
    }
    send_word(results.send, UINT32_MAX, CLOCK_NEVER);
}

static void give_work(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < PIECES; i++)
        send_word(work.send, primes[i % 8], CLOCK_NEVER);
    sys_chan_close(work.send);
}

static void test_consumers(void)
{
    uint64_t sum = 0, expected = 0, word;
    unsigned ended = 0;
    work = make_channel(8, 5);
    results = make_channel(8, 7);
    for (uint64_t i = 0; i < WORKERS; i++)
        routine_start(work_on, (void *)i);
    routine_start(give_work, NULL);
    while (ended < WORKERS) {
        word = receive_word(results.receive, CLOCK_NEVER);
        ended += word == UINT32_MAX;
        sum += word == UINT32_MAX ? 0 : word;
    }
    routines_join();
    for (unsigned i = 0; i < PIECES; i++)
        expected += primes[i % 8];
    TEST(sum == expected, "%d workers: %d pieces of work, %lu of %lu", WORKERS, PIECES, sum,
         expected);
    drop_channel(work);
    drop_channel(results);
}

/* ---- One channel in several cases. ----------------------------------------------------------- */

static struct channel twice, once, result;

static void select_twice(void *argument)
{
    uint64_t words[3];
    struct channel_in ins[3];
    (void)argument;
    for (unsigned i = 0; i < 3; i++)
        ins[i] = (struct channel_in){.data = &words[i], .capacity = 8};
    struct select_case cases[] = {select_receive(twice.receive, &ins[0]),
                                  select_receive(twice.receive, &ins[1]),
                                  select_receive(once.receive, &ins[2])};
    send_word(result.send, (uint64_t)select_wait(cases, 3, CLOCK_NEVER), CLOCK_NEVER);
}

static void receive_twice(void *argument)
{
    (void)argument;
    send_word(result.send, receive_word(twice.receive, CLOCK_NEVER), CLOCK_NEVER);
}

/* A select with the channel twice leaves nothing there that takes a later element. */
static void test_duplicate_channel(void)
{
    twice = make_channel(8, 0);
    once = make_channel(8, 0);
    result = make_channel(8, 0);
    routine_start(select_twice, NULL);
    clock_sleep(2);
    routine_start(receive_twice, NULL);
    clock_sleep(2);
    send_word(once.send, 7, CLOCK_NEVER);
    uint64_t fired = receive_word(result.receive, CLOCK_NEVER);
    int sent = send_word(twice.send, 8, clock_after(5000));
    uint64_t got = receive_word(result.receive, clock_after(5000));
    TEST(fired == 2 && sent == 0 && got == 8, "what a select leaves behind takes no element");
    routines_join();
    drop_channel(twice);
    drop_channel(once);
    drop_channel(result);
}

static void test_all(void)
{
    for (size_t capacity = 0; capacity < 4; capacity++) {
        test_order(capacity, 1);
        test_order(capacity, RECEIVERS);
    }
    test_receive_race();
    test_select_race(false);
    test_select_race(true);
    test_self_select(0);
    test_self_select(10);
    test_stress();
    test_fairness();
    test_pseudo_random_send(0);
    test_pseudo_random_send(1);
    test_consumers();
    test_duplicate_channel();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
