/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point registers: each thread's own, zero at first, kept over everything. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/floats.S */
#include <string.h>
#include "clock.h"
#include "support/child.h"
#include "support/floats.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define THREADS 6

static struct floats pattern(uint64_t seed)
{
    struct floats floats;
    for (uint64_t i = 0; i < 32; i++)
        floats.f[i] = (seed + 1) * 0x9e3779b97f4a7c15ul ^ i * 0x0101010101010101ul;
    floats.fcsr = seed % 5 << 5 | (seed * 7 & 31); /* rounding mode and flags */
    return floats;
}

static bool same(const struct floats *a, const struct floats *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---- One thread, many ways to leave it. ------------------------------------------------------ */

static void test_alone(void)
{
    struct floats want = pattern(3), got = want;
    floats_over_call(&got);
    TEST(same(&want, &got), "kept over a call");
    got = want;
    floats_over_spin(&got, 20000000);
    TEST(same(&want, &got), "kept over interrupts");
    double sum = 0;
    for (int i = 1; i <= 1000; i++)
        sum += 1.0 / i;
    char text[32];
    snprintf(text, sizeof(text), "%.6f", sum);
    TEST(strcmp(text, "7.485471") == 0, "and computed with: %s", text);
    struct floats zero = {{0}, 0};
    floats_load(&zero);
}

/* ---- A new process. -------------------------------------------------------------------------- */

static int64_t all_zero(uint64_t argument)
{
    (void)argument;
    struct floats floats;
    floats_store(&floats);
    uint64_t all = floats.fcsr;
    for (unsigned i = 0; i < 32; i++)
        all |= floats.f[i];
    return all == 0 ? 0 : 1;
}

static int64_t fill_and_see(uint64_t seed)
{
    if (all_zero(0) != 0)
        return 1;
    struct floats floats = pattern(seed);
    floats_load(&floats);
    return 0;
}

static void test_new_process(void)
{
    bool good = true;
    struct floats mine = pattern(9);
    for (uint64_t i = 0; i < 40; i++) {
        floats_load(&mine);
        good &= child_run(i % 2 ? fill_and_see : all_zero, i, NULL).status == 0;
    }
    TEST(good, "40 processes after each other: each begins with zeros");
}

/* ---- Threads of one process, on all harts. --------------------------------------------------- */

static uint32_t spoiled;

static int64_t keep_own(void *argument)
{
    uint64_t seed = (uint64_t)argument;
    struct floats want = pattern(seed), got;
    for (int i = 0; i < 150; i++) {
        got = want;
        if (i % 3 == 0)
            floats_over_call(&got);
        else
            floats_over_spin(&got, 3000);
        if (!same(&want, &got))
            __atomic_add_fetch(&spoiled, 1, __ATOMIC_SEQ_CST);
        floats_load(&want);
        if (i % 2)
            sys_thread_yield();
        else if (i % 16 == 0)
            clock_sleep(1); /* it may wake on another hart */
        floats_store(&got);
        if (!same(&want, &got))
            __atomic_add_fetch(&spoiled, 1, __ATOMIC_SEQ_CST);
    }
    return 0;
}

static void test_threads(void)
{
    struct task tasks[THREADS];
    for (uint64_t i = 0; i < THREADS; i++)
        task_start(&tasks[i], keep_own, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        task_join(&tasks[i]);
    TEST(spoiled == 0, "%d threads keep their registers, over yields, sleeps and migrations",
         THREADS);
}

/* ---- Client and server. ---------------------------------------------------------------------- */

static int64_t serve_with_floats(uint64_t argument)
{
    (void)argument;
    struct floats want = pattern(77), got;
    struct ipc_registers registers = {.info = 0};
    uint64_t word, badge, wrong = 0;
    int64_t status = ipc_exchange(ANSER_CALL_recv, child_handles[0], &registers);
    floats_load(&want);
    word = registers.words[0];
    while (status == (ANSER_INFO_CALL | 8)) {
        word++;
        status = ipc_reply_recv_word(child_handles[0], &word, &badge);
        if (word % 8 == 0) /* not at each call: the fast path is for those who do not compute */
            continue;
        floats_store(&got);
        wrong += !same(&want, &got);
        floats_load(&want);
    }
    return (int64_t)wrong;
}

static void test_calls(void)
{
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    struct floats want = pattern(88), got;
    bool good = child_start(&child, serve_with_floats, 0, &options) == 0;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t word = i;
        floats_load(&want);
        good &= ipc_call_word(channel.send, &word) == 8 && word == i + 1;
        floats_store(&got);
        good &= same(&want, &got);
    }
    TEST(good, "a client keeps them over 2,000 calls");
    handle_close(channel.send);
    TEST(child_wait(&child).status == 0, "and so does its server, which has others");
}

int main(void)
{
    test_alone();
    test_new_process();
    test_threads();
    test_calls();
    return tap_done();
}
