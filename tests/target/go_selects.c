/* SPDX-License-Identifier: BSD-2-Clause */
/* What the select tests of Go's test suite ask, asked of ours. */
/* sources: tests/target/support/routines.c tests/target/support/balance.c */
/* sources: tests/target/support/task.c */
#include <errno.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/routines.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

static struct select_case receives(anser_handle receive, struct channel_in *in, uint64_t *word)
{
    *in = (struct channel_in){.data = word, .capacity = sizeof(*word)};
    return select_receive(receive, in);
}

static struct select_case sends(anser_handle send, struct channel_out *out, const uint64_t *word)
{
    *out = (struct channel_out){.data = word, .length = sizeof(*word)};
    return select_send(send, out);
}

/* ---- doubleselect: two cases of one select must not both take place. ------------------------- */

#define WAYS           4
#define DOUBLE_ROUNDS  2000
#define DOUBLE_THREADS 4

static struct channel ways[WAYS], all;

static void send_on_any(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; i < DOUBLE_ROUNDS; i++) {
        struct select_case cases[WAYS];
        struct channel_out outs[WAYS];
        for (unsigned j = 0; j < WAYS; j++)
            cases[j] = sends(ways[j].send, &outs[j], &i);
        select_wait(cases, WAYS, CLOCK_NEVER);
    }
    for (unsigned j = 0; j < WAYS; j++)
        sys_chan_close(ways[j].send);
}

static void pass_on(void *channel)
{
    uint64_t word;
    while ((word = receive_word(((struct channel *)channel)->receive, CLOCK_NEVER)) != NOTHING)
        send_word(all.send, word, CLOCK_NEVER);
    send_word(all.send, UINT32_MAX, CLOCK_NEVER);
}

static void test_double_select(void)
{
    static uint8_t seen[DOUBLE_ROUNDS];
    unsigned ended = 0, once = 0;
    all = make_channel(8, 0);
    for (unsigned i = 0; i < DOUBLE_ROUNDS; i++)
        seen[i] = 0;
    for (unsigned i = 0; i < WAYS; i++) {
        ways[i] = make_channel(8, 0);
        routine_start(pass_on, &ways[i]);
    }
    routine_start(send_on_any, NULL);
    while (ended < WAYS) {
        uint64_t word = receive_word(all.receive, CLOCK_NEVER);
        if (word == UINT32_MAX)
            ended++;
        else
            seen[word]++;
    }
    routines_join();
    for (unsigned i = 0; i < DOUBLE_ROUNDS; i++)
        once += seen[i] == 1;
    TEST(once == DOUBLE_ROUNDS, "doubleselect: %u of %d came exactly once", once, DOUBLE_ROUNDS);
    for (unsigned i = 0; i < WAYS; i++)
        drop_channel(ways[i]);
    drop_channel(all);
}

/* ---- select: a case is switched off by nil. -------------------------------------------------- */

#define MANY 100

struct shuttle {
    struct channel a;
    struct channel b;
};

/* Sends on one of two channels, whichever is open to it: the other is nil, in turns. */
static void send_shuttled(void *argument)
{
    struct shuttle *shuttle = argument;
    for (uint64_t i = 0; i < MANY; i++) {
        struct channel_out outs[2];
        struct select_case cases[] = {sends(i & 1 ? 0 : shuttle->a.send, &outs[0], &i),
                                      sends(i & 1 ? shuttle->b.send : 0, &outs[1], &i)};
        select_wait(cases, 2, CLOCK_NEVER);
    }
}

static void test_nil_cases(void)
{
    struct shuttle shuttle = {make_channel(8, 1), make_channel(8, 1)};
    unsigned right = 0;
    routine_start(send_shuttled, &shuttle);
    for (uint64_t i = 0; i < MANY; i++) {
        struct channel_in ins[2];
        uint64_t words[2];
        struct select_case cases[] = {receives(shuttle.a.receive, &ins[0], &words[0]),
                                      receives(shuttle.b.receive, &ins[1], &words[1])};
        int fired = select_wait(cases, 2, CLOCK_NEVER);
        right += fired >= 0 && words[fired] % 2 == (uint64_t)fired;
    }
    routines_join();
    TEST(right == MANY, "select: what is nil is not taken: %u of %d", right, MANY);
    drop_channel(shuttle.a);
    drop_channel(shuttle.b);
}

/* ---- select2: selects cost no memory. -------------------------------------------------------- */

#define COSTLY 5000

static void send_with_select(void *argument)
{
    const struct channel *channel = argument;
    for (uint64_t i = 0; i < COSTLY; i++) {
        struct channel_out outs[3];
        struct select_case cases[] = {sends(channel->send, &outs[0], &i), sends(0, &outs[1], &i),
                                      sends(0, &outs[2], &i)};
        select_wait(cases, 3, CLOCK_NEVER);
    }
}

static void test_memory(void)
{
    struct channel channel = make_channel(8, 0), unused = make_channel(8, 0);
    struct channel_in ins[2];
    uint64_t words[2];
    struct select_case first = receives(unused.receive, &ins[0], &words[0]);
    select_wait(&first, 1, 0); /* this thread's places are there from now on */
    struct balance before = balance_now();
    routine_start(send_with_select, &channel);
    for (unsigned i = 0; i < COSTLY; i++) {
        struct select_case cases[] = {receives(channel.receive, &ins[0], &words[0]),
                                      receives(unused.receive, &ins[1], &words[1])};
        select_wait(cases, 2, CLOCK_NEVER);
    }
    routines_join();
    TEST(balance_is_but_tables(&before), "select2: %d selects at both ends leave nothing behind",
         COSTLY);
    drop_channel(channel);
    drop_channel(unused);
}

/* ---- select3: what blocks, and what does not. ------------------------------------------------ */

enum channel_condition { NIL, CLOSED, EMPTY, FULL, CONDITIONS };

static struct channel conditional(enum channel_condition condition)
{
    if (condition == NIL)
        return (struct channel){0, 0};
    struct channel channel = make_channel(8, 1);
    if (condition == FULL)
        send_word(channel.send, 1, 0);
    if (condition == CLOSED)
        sys_chan_close(channel.send);
    return channel;
}

struct attempt {
    struct channel channel;
    bool send;
    bool twice; /* the same case stands there twice */
};

static int64_t attempt(void *argument)
{
    const struct attempt *attempt = argument;
    uint64_t words[2] = {5, 5};
    struct channel_out outs[2];
    struct channel_in ins[2];
    struct select_case cases[2];
    for (unsigned i = 0; i < 2; i++)
        cases[i] = attempt->send ? sends(attempt->channel.send, &outs[i], &words[i])
                                 : receives(attempt->channel.receive, &ins[i], &words[i]);
    int64_t fired = select_wait(cases, attempt->twice ? 2 : 1, CLOCK_NEVER);
    return fired < 0 ? fired : 0;
}

/* The thread blocks, or ends with this result. A nil channel it waits for is nobody's: its thread
 * is ended by the end of the program, so there the select has a deadline instead. */
static void check_attempt(enum channel_condition condition, bool send, int64_t expected,
                          const char *what)
{
    for (int twice = 0; twice < 2; twice++) {
        struct attempt one = {conditional(condition), send, twice};
        struct task task;
        if (condition == NIL) {
            struct select_case nil[2] = {select_signal(0), select_signal(0)};
            TEST(select_wait(nil, 1 + (unsigned)twice, clock_after(2)) == -ETIMEDOUT, "select3: %s",
                 what);
            continue;
        }
        task_start(&task, attempt, &one);
        if (expected == -EAGAIN)
            TEST(task_wait_state(&task, ANSER_STATE_SELECTING), "select3: %s", what);
        else
            TEST(task_result(&task) == expected, "select3: %s", what);
        drop_channel(one.channel);
        if (expected == -EAGAIN)
            task_join(&task);
    }
}

static void test_blocking(void)
{
    check_attempt(NIL, false, -EAGAIN, "receiving from nil blocks");
    check_attempt(EMPTY, false, -EAGAIN, "receiving from an empty channel blocks");
    check_attempt(FULL, false, 0, "receiving from a full one does not");
    check_attempt(CLOSED, false, 0, "nor from a closed one");
    check_attempt(EMPTY, true, 0, "sending to an empty channel does not block");
    check_attempt(FULL, true, -EAGAIN, "to a full one it does");
    check_attempt(CLOSED, true, -EPIPE, "to a closed one it fails, where Go panics");
}

/* ---- select6: places of cases that did not fire, in the middle of a queue. ------------------- */

static struct channel queue, other;
static uint64_t got[2];

static void receive_first(void *argument)
{
    (void)argument;
    got[0] = receive_word(queue.receive, CLOCK_NEVER);
}

static void receive_last(void *argument)
{
    (void)argument;
    got[1] = receive_word(queue.receive, CLOCK_NEVER);
}

static void select_between(void *argument)
{
    struct channel_in ins[2];
    uint64_t words[2];
    struct select_case cases[] = {receives(queue.receive, &ins[0], &words[0]),
                                  receives(other.receive, &ins[1], &words[1])};
    *(int *)argument = select_wait(cases, 2, CLOCK_NEVER);
}

/* last: the select stands at the end of the queue, else in the middle. */
static void test_queue(bool last)
{
    int fired = -1;
    queue = make_channel(8, 0);
    other = make_channel(8, 0);
    routine_start(receive_first, NULL);
    clock_sleep(2);
    if (!last) {
        routine_start(select_between, &fired);
        clock_sleep(2);
    }
    routine_start(receive_last, NULL);
    clock_sleep(2);
    if (last) {
        routine_start(select_between, &fired);
        clock_sleep(2);
    }
    send_word(other.send, 1, CLOCK_NEVER);
    send_word(queue.send, 10, CLOCK_NEVER);
    send_word(queue.send, 11, CLOCK_NEVER);
    routines_join();
    TEST(fired == 1 && got[0] + got[1] == 21, "select6: the queue is whole, the select was %s",
         last ? "its last" : "in the middle");
    drop_channel(queue);
    drop_channel(other);
}

/* ---- select7 and nonblock: values that nobody wants, all sizes, without waiting. ------------- */

static void test_without_waiting(size_t size, size_t capacity)
{
    static uint8_t sent[ANSER_ELEMENT_MAX], came[ANSER_ELEMENT_MAX];
    struct channel channel = make_channel(size, capacity);
    struct channel_out out = {.data = sent, .length = size};
    struct channel_in in = {.data = came, .capacity = size};
    struct select_case send = select_send(channel.send, &out);
    struct select_case receive = select_receive(channel.receive, &in);
    bool good = select_try(&receive, 1) == -EAGAIN;
    for (size_t i = 0; i < capacity; i++)
        good &= select_try(&send, 1) == 0;
    good &= select_try(&send, 1) == -EAGAIN;
    for (size_t i = 0; i < capacity; i++)
        good &= select_try(&receive, 1) == 0 && in.length == size;
    good &= select_try(&receive, 1) == -EAGAIN;
    TEST(good, "nonblock: elements of %zu bytes, cap %zu", size, capacity);
    drop_channel(channel);
}

/* A receiver without interest in the value has no room for it: one of no bytes. */
static void test_discard(void)
{
    struct channel channel = make_channel(8, 1);
    struct channel_in nothing = {.data = NULL, .capacity = 0};
    struct select_case cases[] = {select_receive(channel.receive, &nothing)};
    struct channel_out empty = {.length = 0};
    channel_send(channel.send, &empty, 0);
    TEST(select_try(cases, 1) == 0 && nothing.length == 0, "select7: an element of no bytes");
    send_word(channel.send, 1, 0);
    TEST(select_try(cases, 1) == -EMSGSIZE && cases[0].error == -EMSGSIZE,
         "one with bytes needs room: EMSGSIZE, and it stays");
    TEST(receive_word(channel.receive, 0) == 1, "for who has room");
    drop_channel(channel);
}

static void test_all(void)
{
    static const size_t sizes[] = {0, 1, 4, 8, 16, 64, 65, ANSER_ELEMENT_MAX};
    test_double_select();
    test_nil_cases();
    test_memory();
    test_blocking();
    test_queue(false);
    test_queue(true);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        test_without_waiting(sizes[i], 0);
        test_without_waiting(sizes[i], 3);
    }
    test_discard();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
