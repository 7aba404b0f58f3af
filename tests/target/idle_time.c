/* SPDX-License-Identifier: BSD-2-Clause */
/* What system_info says about idle harts: time in which nobody ran, and no other time. */
/* also icount: 0 */
/* sources: tests/target/support/task.c */
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "support/task.h"
#include "syscall.h"
#include "tap.h"

#define SPELLS   200
#define SPINS    1000000
#define SLEEP_MS 10

static struct anser_system_info look(void)
{
    struct anser_system_info info = {0};
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info;
}

static void spin(unsigned rounds)
{
    for (volatile unsigned i = 0; i < rounds;)
        i = i + 1;
}

static void test_sources(void)
{
    struct anser_system_info before = look();
    struct sys_result idle = sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0);
    struct anser_system_info after = look();
    TEST(idle.status == (int64_t)before.harts, "without a handle: %ld harts", (long)idle.status);
    TEST(before.idle_ticks <= idle.value && idle.value <= after.idle_ticks,
         "and the idle time that the system's figures have");
}

static void test_busy(uint64_t harts)
{
    struct anser_system_info before = look();
    spin(SPINS);
    struct anser_system_info after = look();
    uint64_t elapsed = after.now - before.now, idle = after.idle_ticks - before.idle_ticks;
    TEST(elapsed > 0 && idle <= (harts - 1) * elapsed,
         "while one hart computes for %lu ticks, %lu others are idle for %lu at most",
         (unsigned long)elapsed, (unsigned long)harts - 1, (unsigned long)idle);
}

/* A hart that sleeps is idle, however short: many spells of less than a tick of the scheduler. */
static void test_sleep(uint64_t harts)
{
    uint64_t last = look().idle_ticks, grown = 0;
    bool steady = true;
    for (unsigned i = 0; i < SPELLS; i++) {
        sys_word_wait(&(uint32_t){0}, 0, clock_now() + clock_ticks(100000));
        uint64_t idle = look().idle_ticks;
        steady = steady && idle >= last;
        grown += idle > last;
        last = idle;
    }
    TEST(steady, "idle time never runs backwards");
    TEST(grown > 0, "and grows with sleeps of 100 us, in %lu of %d of them", (unsigned long)grown,
         SPELLS);
    struct anser_system_info before = look();
    while (look().idle_ticks - before.idle_ticks < clock_ticks(SLEEP_MS * 1000000))
        clock_sleep(1);
    struct anser_system_info after = look();
    TEST(after.idle_ticks - before.idle_ticks <= (after.now - before.now) * harts,
         "no hart was idle for longer than the time that has passed");
}

/* Counted, a nanosecond is an instruction: what is not idle is what was executed. */
static void test_exact(void)
{
    uint64_t began = clock_instructions();
    spin(SPINS / 10);
    uint64_t executed = clock_instructions() - began;
    struct anser_system_info before = look();
    clock_sleep(SLEEP_MS);
    spin(SPINS / 10);
    struct anser_system_info after = look();
    uint64_t idle = after.idle_ticks - before.idle_ticks;
    uint64_t busy = clock_nanoseconds(after.now - before.now - idle);
    TEST(idle > clock_ticks(SLEEP_MS * 900000ul), "a sleep of %d ms is idle", SLEEP_MS);
    TEST(busy + 200 >= executed && busy < executed + 20000,
         "the rest is %lu ns, for %lu instructions of a loop", (unsigned long)busy,
         (unsigned long)executed);
}

int main(void)
{
    uint64_t harts = look().harts;
    test_sources();
    test_busy(harts);
    test_sleep(harts);
    if (clock_counts_instructions() && harts == 1)
        test_exact();
    return tap_done();
}
