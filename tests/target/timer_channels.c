/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers as channels: never early, not late, once and periodic, stop, reset, in a select. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* also icount: 0 */
#include <errno.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"
#include "timer_channel.h"

#define MILLISECOND 1000000ul

/* Instructions from a deadline to the receiver's next one, where QEMU counts them: an interrupt, a
 * wake-up, a switch, and at worst one piece of work that the kernel does not break. */
#define LATE_INSTRUCTIONS 20000

static bool counting;

/* One look may be deceived by a host whose clock just happens to fit; not this many. */
static void find_out_whether_counting(void)
{
    counting = true;
    for (unsigned i = 0; i < 20; i++)
        counting &= clock_counts_instructions();
}

/* Under -icount shift=0 an instruction takes a nanosecond. */
static bool in_time(uint64_t deadline, uint64_t now)
{
    return now >= deadline && (!counting || clock_nanoseconds(now - deadline) <= LATE_INSTRUCTIONS);
}

static uint32_t stop;

static int64_t spin(void *argument)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        ;
    return argument != NULL;
}

static void test_once(void)
{
    struct timer_channel timer;
    bool early_or_late = false;
    struct task spinner;
    stop = 0;
    /* A hart that idles lets QEMU wait for its host's clock, which is none of our instructions. */
    int64_t priority = sys_thread_priority(0, 2);
    task_start_at(&spinner, 1, spin, NULL);
    TEST(timer_channel_after(&timer, CLOCK_NEVER) == 0, "a timer that is not running");
    TEST(timer_channel_wait(timer.receive, clock_after(5)) == -ETIMEDOUT, "is silent");
    for (unsigned i = 0; i < 50; i++) {
        uint64_t deadline = clock_now() + clock_ticks(i * MILLISECOND / 10);
        timer_channel_reset(&timer, deadline);
        early_or_late |= timer_channel_wait(timer.receive, CLOCK_NEVER) != 1;
        early_or_late |= !in_time(deadline, clock_now());
    }
    TEST(!early_or_late, "50 times: never early, at most %d instructions late", LATE_INSTRUCTIONS);
    TEST(timer_channel_wait(timer.receive, clock_after(5)) == -ETIMEDOUT, "each once");
    stop = 1;
    task_join(&spinner);
    sys_thread_priority(0, (uint64_t)priority);
    timer_channel_close(&timer);
    uint64_t over[] = {0, 1, clock_now()};
    for (unsigned i = 0; i < 3; i++) {
        timer_channel_after(&timer, over[i]);
        TEST(timer_channel_wait(timer.receive, CLOCK_NEVER) == 1, "a deadline that is over: %lu",
             over[i]);
        timer_channel_close(&timer);
    }
}

/* What Stop and Reset tell, in each state of a timer. */
static void test_stop(void)
{
    struct timer_channel timer;
    timer_channel_after(&timer, clock_after(100000));
    TEST(timer_channel_stop(&timer) == 1, "a running timer is stopped: 1");
    TEST(timer_channel_stop(&timer) == 0, "a stopped one: 0");
    TEST(timer_channel_reset(&timer, clock_after(100000)) == 0, "a stopped one is reset: 0");
    TEST(timer_channel_reset(&timer, clock_after(1)) == 1, "a running one is reset: 1");
    clock_sleep(5);
    TEST(timer_channel_stop(&timer) == 1, "one that has expired, unread: 1, as in Go");
    TEST(timer_channel_wait(timer.receive, clock_after(5)) == -ETIMEDOUT,
         "and nothing is received of it");
    timer_channel_reset(&timer, 0);
    clock_sleep(5);
    uint64_t deadline = clock_after(10);
    TEST(timer_channel_reset(&timer, deadline) == 1, "reset after it has expired: 1");
    TEST(timer_channel_wait(timer.receive, CLOCK_NEVER) == 1 && clock_now() >= deadline,
         "what is received is the new one");
    TEST(timer_channel_stop(&timer) == 0, "one that was received: 0");
    struct timer_channel bad = {timer.receive, timer.receive};
    TEST(timer_channel_stop(&bad) == -EBADF, "a handle of no timer: EBADF");
    timer_channel_close(&timer);
    TEST(timer_channel_stop(&timer) == -EBADF, "a closed one: EBADF");
}

/* The hart whose timer it is may have no time of its host for a while: so it gets several tries. */
#define TRIES 20

/* The most ticks that came in one message. */
static uint64_t receive_slowly(anser_handle receive, uint64_t *total)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < TRIES && most < 2; i++) {
        clock_sleep(20);
        uint64_t count = (uint64_t)timer_channel_wait(receive, CLOCK_NEVER);
        *total += count;
        most = count > most ? count : most;
    }
    return most;
}

/* Receives until there are as many ticks as have passed; how many that is. */
static uint64_t catch_up(anser_handle receive, uint64_t begin, uint64_t period, uint64_t *total)
{
    for (unsigned i = 0; i < 100 * TRIES; i++) {
        *total += (uint64_t)timer_channel_wait(receive, CLOCK_NEVER);
        uint64_t periods = (clock_now() - begin) / period;
        if (*total + 2 >= periods)
            return periods;
    }
    return UINT64_MAX;
}

static void test_ticker(void)
{
    const uint64_t period = clock_ticks(2 * MILLISECOND);
    struct timer_channel ticker;
    uint64_t total = 0;
    bool good = true;
    TEST(timer_channel_every(&ticker, 0) == -EINVAL, "a period of 0: EINVAL");
    uint64_t begin = clock_now();
    timer_channel_every(&ticker, period);
    for (unsigned i = 0; i < 20; i++) {
        int64_t count = timer_channel_wait(ticker.receive, CLOCK_NEVER);
        good &= count > 0;
        total += (uint64_t)count;
        good &= clock_now() - begin >= total * period;
    }
    TEST(good && total >= 20, "20 messages of a ticker, %lu ticks: none early", total);
    uint64_t most = receive_slowly(ticker.receive, &total);
    TEST(most > 1, "a slow receiver gets one message for %lu ticks", most);
    uint64_t periods = catch_up(ticker.receive, begin, period, &total);
    TEST(total <= periods && total + 2 >= periods, "none is lost, none is made up: %lu of %lu",
         total, periods);
    TEST(timer_channel_reset_every(&ticker, 0) == -EINVAL, "reset to a period of 0: EINVAL");
    timer_channel_reset_every(&ticker, clock_ticks(100000 * MILLISECOND));
    TEST(timer_channel_wait(ticker.receive, clock_after(6)) == -ETIMEDOUT, "reset to a long one");
    TEST(timer_channel_stop(&ticker) == 1, "stopped");
    timer_channel_close(&ticker);
}

/* A word, or a timeout: what a select with a timer is for. */
static int receive_or_time_out(struct channel channel, const struct timer_channel *timer,
                               uint64_t *ticks)
{
    uint64_t word, words[2];
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    struct channel_in tick = {.data = words, .capacity = sizeof(words)};
    struct select_case cases[] = {select_receive(channel.receive, &in),
                                  select_receive(timer->receive, &tick)};
    int fired = select_wait(cases, 2, CLOCK_NEVER);
    *ticks = fired == 1 ? timer_channel_count(&tick) : 0;
    return fired;
}

static void test_select(void)
{
    struct channel channel = make_channel(8, 1);
    struct timer_channel timer;
    uint64_t ticks, deadline = clock_after(5);
    timer_channel_after(&timer, deadline);
    TEST(receive_or_time_out(channel, &timer, &ticks) == 1 && ticks == 1 && clock_now() >= deadline,
         "in a select: the time comes first");
    timer_channel_reset(&timer, clock_after(100000));
    send_word(channel.send, 1, 0);
    TEST(receive_or_time_out(channel, &timer, &ticks) == 0, "the other channel comes first");
    TEST(timer_channel_stop(&timer) == 1, "the timer still runs");
    timer_channel_reset_every(&timer, clock_ticks(MILLISECOND));
    TEST(receive_or_time_out(channel, &timer, &ticks) == 1 && ticks > 0, "a ticker: %lu ticks",
         ticks);
    timer_channel_close(&timer);
    drop_channel(channel);
}

static int64_t wait_for_end(void *argument)
{
    return timer_channel_wait(*(anser_handle *)argument, CLOCK_NEVER);
}

static void test_close(void)
{
    struct timer_channel timer;
    struct task task;
    timer_channel_after(&timer, CLOCK_NEVER);
    anser_handle copy = handle_duplicate(timer.receive);
    task_start(&task, wait_for_end, &copy);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    timer_channel_close(&timer);
    TEST(task_result(&task) == -EPIPE, "who waits on a duplicate learns that it is closed");
    handle_close(copy);
    struct channel_in other = {.data = &copy, .length = 8, .flags = 0};
    TEST(timer_channel_count(&other) == 0, "another message has no count");
}

static void test_all(void)
{
    test_once();
    test_stop();
    test_ticker();
    test_select();
    test_close();
}

int main(void)
{
    find_out_whether_counting();
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
