/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select chooses uniformly at random among the ready cases: a chi-square test with a fixed seed,
 * whose bound a fair choice passes with a probability of 1 in 100,000 (of random seeds); and nobody
 * who waits is passed over for ever.
 */
/* sources: tests/target/support/task.c */
#include <errno.h>
#include <anser/init.h>
#include "start.h"
#include "support/selecting.h"
#include "syscall.h"
#include "tap.h"

#define ROUNDS 6400

static uint64_t counts[ANSER_SELECT_MAX];
static uint8_t chosen[2][ROUNDS];

static void seed(uint64_t value)
{
    TEST(sys_system_debug(start_handle(START_SYSTEM), ANSER_DEBUG_SEED, value) == 0, "seed %lu",
         value);
}

/* Pearson's statistic, times 1000; the expected count is the same for all. */
static uint64_t chi_square(const uint64_t *observed, unsigned count, uint64_t rounds)
{
    uint64_t expected = rounds / count, sum = 0;
    for (unsigned i = 0; i < count; i++) {
        int64_t off = (int64_t)observed[i] - (int64_t)expected;
        sum += (uint64_t)(off * off);
    }
    return sum * 1000 / expected;
}

/* What fired is made ready again. */
static void choose(struct selecting *all, const struct channel *channels, uint8_t *choices)
{
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++)
        counts[i] = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        int index = try_all(all);
        if (index < 0 || (unsigned)index >= all->count)
            return;
        counts[index]++;
        choices[round] = (uint8_t)index;
        if (all->cases[index].out != NULL)
            receive_word(channels[index].receive, 0);
        else
            send_word(channels[index].send, 1, 0);
    }
}

/* `most`: the quantile of chi-square for ready - 1 degrees of freedom, times 1000. */
static void check_uniform(unsigned ready, unsigned stride, uint64_t number, uint64_t most)
{
    static struct selecting all;
    struct channel channels[ANSER_SELECT_MAX];
    uint64_t fired[ANSER_SELECT_MAX];
    all.count = 0;
    for (unsigned i = 0; i < ready * stride; i++) {
        channels[i] = make_channel(8, 1);
        bool idle = i % stride != 0, send = i / stride % 2 == 1;
        if (idle || !send)
            add_receive(&all, channels[i].receive);
        else
            add_send(&all, channels[i].send, 1);
        if (!idle && !send)
            send_word(channels[i].send, 1, 0);
    }
    seed(number);
    choose(&all, channels, chosen[0]);
    for (unsigned i = 0; i < ready; i++)
        fired[i] = counts[i * stride];
    uint64_t found = chi_square(fired, ready, ROUNDS);
    TEST(
        found < most,
        "%d choices among %u ready of %u cases, seed %lu: chi-square %lu.%03lu, less than %lu.%03lu"
        " (1 in 100,000)",
        ROUNDS, ready, ready * stride, number, found / 1000, found % 1000, most / 1000,
        most % 1000);
    if (ready == ANSER_SELECT_MAX) {
        seed(number);
        choose(&all, channels, chosen[1]);
        TEST(__builtin_memcmp(chosen[0], chosen[1], ROUNDS) == 0, "same seed, same choices");
        seed(number + 1);
        choose(&all, channels, chosen[1]);
        TEST(__builtin_memcmp(chosen[0], chosen[1], ROUNDS) != 0, "another seed, others");
    }
    for (unsigned i = 0; i < ready * stride; i++)
        drop_channel(channels[i]);
}

/* Pairs of successive choices are as independent as the choices are uniform. */
static void check_pairs(uint64_t number, uint64_t most)
{
    static struct selecting all;
    uint64_t pairs[16] = {0};
    struct channel channels[4];
    all.count = 0;
    for (unsigned i = 0; i < 4; i++) {
        channels[i] = make_channel(8, 1);
        add_receive(&all, channels[i].receive);
        send_word(channels[i].send, 1, 0);
    }
    seed(number);
    choose(&all, channels, chosen[0]);
    for (unsigned round = 0; round < ROUNDS; round += 2)
        pairs[chosen[0][round] * 4 + chosen[0][round + 1]]++;
    uint64_t found = chi_square(pairs, 16, ROUNDS / 2);
    TEST(found < most,
         "%d pairs of choices among 4, seed %lu: chi-square %lu.%03lu, less than %lu.%03lu"
         " (1 in 100,000)",
         ROUNDS / 2, number, found / 1000, found % 1000, most / 1000, most % 1000);
    for (unsigned i = 0; i < 4; i++)
        drop_channel(channels[i]);
}

/* ---- Nobody starves. ------------------------------------------------------------------------- */

#define SENDERS 3

struct stream {
    anser_handle send;
    uint64_t sent;
    uint32_t *stop;
};

static int64_t send_on(void *argument)
{
    struct stream *stream = argument;
    while (!__atomic_load_n(stream->stop, __ATOMIC_ACQUIRE) &&
           send_word(stream->send, 1, CLOCK_NEVER) == 0)
        __atomic_fetch_add(&stream->sent, 1, __ATOMIC_RELEASE);
    return 0;
}

static void check_streams(void)
{
    struct channel channels[SENDERS];
    struct stream streams[SENDERS];
    struct task tasks[SENDERS];
    struct selecting all = {0};
    uint64_t came[SENDERS] = {0};
    uint32_t stop = 0;
    bool all_served = true;
    for (unsigned i = 0; i < SENDERS; i++) {
        channels[i] = make_channel(8, 0);
        streams[i] = (struct stream){channels[i].send, 0, &stop};
        add_receive(&all, channels[i].receive);
        task_start(&tasks[i], send_on, &streams[i]);
        task_wait_state(&tasks[i], ANSER_STATE_SENDING);
    }
    for (unsigned round = 0; round < 3000; round++) {
        int index = select_wait(all.cases, all.count, CLOCK_NEVER);
        if (index >= 0)
            came[index]++;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < SENDERS; i++) {
        handle_close(channels[i].receive);
        task_result(&tasks[i]);
        handle_close(channels[i].send);
        all_served &= came[i] > 0;
    }
    TEST(came[0] + came[1] + came[2] == 3000 && all_served,
         "three streams of senders, one select: all are served (%lu, %lu, %lu)", came[0], came[1],
         came[2]);
    for (unsigned i = 0; i < SENDERS; i++)
        TEST(streams[i].sent == came[i], "each sender was told of just what was received");
}

int main(void)
{
    check_uniform(2, 1, 11, 19511);
    check_uniform(4, 5, 12, 25902);
    check_uniform(16, 1, 13, 50494);
    check_uniform(64, 1, 14, 122728);
    check_pairs(15, 50494);
    check_streams();
    return tap_done();
}
