/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No thread waits beside an idle hart: one that is ready behind a thread that computes for ever
 * runs as soon as another hart has nothing to do, although nobody enters the kernel on its own.
 */
/* smp: 2 4 */
/* timeout: 60 */
/* sources: tests/target/support/task.c */
#include "clock.h"
#include "start.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define HARTS_MAX 8
#define ROUNDS    20
#define PATIENCE  10000 /* milliseconds: a limit for a hang, not a measure */
#define WAIT_WHILE(condition)                                                                      \
    for (uint64_t end_ = clock_after(PATIENCE); (condition) && clock_now() < end_;) {}

static uint32_t running, may_leave, may_run, has_run;

static uint32_t load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Occupies a hart, without the kernel, until it may leave. */
static int64_t occupy(void *ignored)
{
    (void)ignored;
    __atomic_add_fetch(&running, 1, __ATOMIC_ACQ_REL);
    WAIT_WHILE(!load(&may_leave));
    return 0;
}

static __attribute__((noinline)) double a_third(volatile uint64_t *of)
{
    return (double)*of / 3;
}

static int64_t wait_behind(void *ignored)
{
    (void)ignored;
    while (!load(&may_run))
        sys_word_wait(&may_run, 0, 0);
    store(&has_run, 1);
    return 0;
}

/* The same, with something in its floating-point registers. */
static int64_t wait_behind_computing(void *ignored)
{
    uint64_t three = 3;
    double one = a_third(&three);
    wait_behind(ignored);
    return one + a_third(&three) != 2;
}

static uint64_t count_harts(void)
{
    struct anser_system_info info;
    sys_system_info(start_handle("system"), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info.harts;
}

/* This thread computes for ever, another one is ready behind it, and then a hart becomes idle. */
static bool try(uint64_t harts, uint64_t own, bool with_floats)
{
    struct task occupiers[HARTS_MAX], behind;
    running = may_leave = may_run = has_run = 0;
    task_start_at(&behind, own - 1, with_floats ? wait_behind_computing : wait_behind, NULL);
    bool good = task_wait_state(&behind, ANSER_STATE_WORD);
    for (uint64_t i = 0; i + 1 < harts; i++)
        task_start_at(&occupiers[i], own, occupy, NULL);
    while (load(&running) + 1 < harts)
        clock_sleep(1);
    store(&may_run, 1);
    sys_word_wake(&may_run, 1);
    store(&may_leave, 1); /* from here on this thread does not enter the kernel */
    WAIT_WHILE(!load(&has_run));
    good &= load(&has_run);
    for (uint64_t i = 0; i + 1 < harts; i++)
        task_join(&occupiers[i]);
    return task_join(&behind) == 0 && good;
}

static void test_all(bool with_floats)
{
    uint64_t harts = count_harts(), own = (uint64_t)sys_thread_priority(0, 1), good = 0;
    sys_thread_priority(0, own);
    for (unsigned i = 0; i < ROUNDS && good == i; i++)
        good += try(harts, own, with_floats);
    TEST(good == ROUNDS, "who is ready runs on the hart that becomes idle, %lu of %d times, %s",
         (unsigned long)good, ROUNDS, with_floats ? "with live floats" : "without");
}

int main(void)
{
    test_all(false);
    test_all(true);
    return tap_done();
}
