/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole programs that Go's test suite runs over channels: chains, sieves, power series. */
/* sources: tests/target/support/routines.c tests/target/support/balance.c */
/* timeout: 120 */
#include <stdlib.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/routines.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

/* ---- fifo: each of a chain does its part once the one before has done its own. --------------- */

#define LINKS 20

static struct channel links[LINKS + 1];
static struct channel trace; /* in which order they ran */

static void run_link(void *argument)
{
    uint64_t number = (uint64_t)argument;
    receive_word(links[number].receive, CLOCK_NEVER);
    send_word(trace.send, number, CLOCK_NEVER);
    send_word(links[number + 1].send, 1, CLOCK_NEVER);
}

static void test_chain(void)
{
    bool in_order = true;
    trace = make_channel(8, LINKS);
    for (uint64_t i = 0; i <= LINKS; i++)
        links[i] = make_channel(8, 0);
    for (uint64_t i = LINKS; i-- > 0;)
        routine_start(run_link, (void *)i);
    send_word(links[0].send, 1, CLOCK_NEVER);
    receive_word(links[LINKS].receive, CLOCK_NEVER);
    for (uint64_t i = 0; i < LINKS; i++)
        in_order &= receive_word(trace.receive, CLOCK_NEVER) == i;
    TEST(in_order, "fifo: a chain of %d runs in order", LINKS);
    routines_join();
    for (uint64_t i = 0; i <= LINKS; i++)
        drop_channel(links[i]);
    drop_channel(trace);
}

/* ---- goroutines: a daisy chain, each adds one. ----------------------------------------------- */

#define DAISIES 200

struct daisy {
    anser_handle left;  /* to send */
    anser_handle right; /* to receive */
};

static void add_one(void *argument)
{
    const struct daisy *daisy = argument;
    send_word(daisy->left, 1 + receive_word(daisy->right, CLOCK_NEVER), CLOCK_NEVER);
}

static void test_daisy_chain(void)
{
    static struct daisy daisies[DAISIES];
    struct channel leftmost = make_channel(8, 0), left = leftmost, right = left;
    static struct channel made[DAISIES];
    for (unsigned i = 0; i < DAISIES; i++) {
        right = made[i] = make_channel(8, 0);
        daisies[i] = (struct daisy){left.send, right.receive};
        routine_start(add_one, &daisies[i]);
        left = right;
    }
    send_word(right.send, 0, CLOCK_NEVER);
    uint64_t sum = receive_word(leftmost.receive, CLOCK_NEVER);
    TEST(sum == DAISIES, "goroutines: a daisy chain of %d adds up to %lu", DAISIES, sum);
    routines_join();
    for (unsigned i = 0; i < DAISIES; i++)
        drop_channel(made[i]);
    drop_channel(leftmost);
}

/* ---- sieve: a filter for each prime, in a chain that grows. ---------------------------------- */

#define PRIMES 30

static struct channel stages[PRIMES + 1];
static uint64_t divisors[PRIMES];

static void count_up(void *argument)
{
    (void)argument;
    for (uint64_t i = 2; send_word(stages[0].send, i, CLOCK_NEVER) == 0; i++)
        ;
}

static void filter(void *argument)
{
    uint64_t stage = (uint64_t)argument, word;
    while ((word = receive_word(stages[stage].receive, CLOCK_NEVER)) != NOTHING)
        if (word % divisors[stage] != 0 && send_word(stages[stage + 1].send, word, CLOCK_NEVER) < 0)
            break;
    handle_close(stages[stage].receive); /* who sends to us need not go on */
}

static bool is_prime(uint64_t number)
{
    for (uint64_t i = 2; i * i <= number; i++)
        if (number % i == 0)
            return false;
    return number > 1;
}

static void test_sieve(size_t capacity)
{
    uint64_t last = 1;
    bool good = true;
    stages[0] = make_channel(8, capacity);
    routine_start(count_up, NULL);
    for (uint64_t i = 0; i < PRIMES; i++) {
        divisors[i] = receive_word(stages[i].receive, CLOCK_NEVER);
        for (uint64_t n = last + 1; n < divisors[i]; n++)
            good &= !is_prime(n);
        good &= is_prime(divisors[i]);
        last = divisors[i];
        stages[i + 1] = make_channel(8, capacity);
        routine_start(filter, (void *)i);
    }
    handle_close(stages[PRIMES].receive);
    routines_join();
    for (unsigned i = 0; i <= PRIMES; i++)
        handle_close(stages[i].send);
    TEST(good && last == 113,
         "sieve: %d primes through filters, cap %zu; the end goes all the way up", PRIMES,
         capacity);
}

/* ---- powser: power series as streams that are asked for their next coefficient. -------------- */

/* Coefficients on demand: a request, then an answer. The channel of requests is closed when nobody
 * wants more. */
struct series {
    struct channel requests;
    struct channel coefficients;
};

#define SERIES_MAX 16

static struct series made_series[SERIES_MAX];
static unsigned series_count;

static struct series *series_make(void)
{
    struct series *series = &made_series[series_count++];
    *series = (struct series){make_channel(0, 0), make_channel(8, 0)};
    return series;
}

static bool wanted(const struct series *series)
{
    return receive_word(series->requests.receive, CLOCK_NEVER) != NOTHING;
}

static void give(const struct series *series, uint64_t coefficient)
{
    send_word(series->coefficients.send, coefficient, CLOCK_NEVER);
}

static uint64_t next_of(const struct series *series)
{
    struct channel_out nothing = {.length = 0};
    channel_send(series->requests.send, &nothing, CLOCK_NEVER);
    return receive_word(series->coefficients.receive, CLOCK_NEVER);
}

static void end(const struct series *series)
{
    sys_chan_close(series->requests.send);
}

/* What a stage works on. */
struct stage {
    struct series *out;
    struct series *a;
    struct series *b;
};

static struct stage stage_list[SERIES_MAX];

static struct series *stage_start(void (*function)(void *), struct series *a, struct series *b)
{
    struct stage *stage = &stage_list[series_count];
    *stage = (struct stage){series_make(), a, b};
    routine_start(function, stage);
    return stage->out;
}

/* 1 + x + x^2 + ... = 1 / (1 - x) */
static void run_ones(void *argument)
{
    const struct stage *stage = argument;
    while (wanted(stage->out))
        give(stage->out, 1);
}

static void run_derivative(void *argument)
{
    const struct stage *stage = argument;
    next_of(stage->a);
    for (uint64_t n = 1; wanted(stage->out); n++)
        give(stage->out, n * next_of(stage->a));
    end(stage->a);
}

static void run_sum(void *argument)
{
    const struct stage *stage = argument;
    while (wanted(stage->out))
        give(stage->out, next_of(stage->a) + next_of(stage->b));
    end(stage->a);
    end(stage->b);
}

/* Times x: 0, and then the coefficients. */
static void run_shift(void *argument)
{
    const struct stage *stage = argument;
    for (bool first = true; wanted(stage->out); first = false)
        give(stage->out, first ? 0 : next_of(stage->a));
    end(stage->a);
}

#define TERMS 40

static void run_product(void *argument)
{
    const struct stage *stage = argument;
    uint64_t a[TERMS], b[TERMS];
    for (unsigned n = 0; wanted(stage->out); n++) {
        uint64_t sum = 0;
        a[n % TERMS] = next_of(stage->a);
        b[n % TERMS] = next_of(stage->b);
        for (unsigned i = 0; i <= n; i++)
            sum += a[i] * b[n - i];
        give(stage->out, sum);
    }
    end(stage->a);
    end(stage->b);
}

static struct series *ones(void)
{
    return stage_start(run_ones, NULL, NULL);
}

/* (1/(1-x))' = 1/(1-x)^2, and both plus x/(1-x) */
static void test_power_series(void)
{
    bool good = true;
    series_count = 0;
    struct series *derivative = stage_start(run_derivative, ones(), NULL);
    struct series *square = stage_start(run_product, ones(), ones());
    struct series *shifted = stage_start(run_shift, ones(), NULL);
    struct series *sum = stage_start(run_sum, square, shifted);
    for (uint64_t n = 0; n < TERMS; n++) {
        uint64_t expected = n + 1 + (n > 0);
        good &= next_of(derivative) == n + 1 && next_of(sum) == expected;
    }
    end(derivative);
    end(sum);
    routines_join();
    TEST(good, "powser: %d terms of a derivative, a product, a sum, on demand", TERMS);
    for (unsigned i = 0; i < series_count; i++) {
        drop_channel(made_series[i].requests);
        drop_channel(made_series[i].coefficients);
    }
}

/* ---- zerosize: elements of no bytes are elements. -------------------------------------------- */

static void test_zero_size(void)
{
    struct channel channel = make_channel(0, 3);
    struct channel_out nothing = {.length = 0};
    for (unsigned i = 0; i < 3; i++)
        channel_send(channel.send, &nothing, 0);
    struct sys_result size = sys_chan_len(channel.send);
    TEST(size.status == 3 && size.value == 3, "zerosize: three elements of no bytes");
    sys_chan_close(channel.send);
    unsigned count = 0;
    while (receive_word(channel.receive, CLOCK_NEVER) != NOTHING)
        count++;
    TEST(count == 3, "come out as three");
    drop_channel(channel);
}

static void test_all(void)
{
    test_chain();
    test_daisy_chain();
    test_sieve(0);
    test_sieve(4);
    test_power_series();
    test_zero_size();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
