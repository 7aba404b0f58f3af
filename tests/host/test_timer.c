/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines and slices against a clock that the test moves. */
/* sources: kern/timer.c kern/tree.c */
#include "kern/clock.h"
#include "kern/hart.h"
#include "kern/timer.h"
#include "sbi/sbi.h"
#include "tap.h"

#define TIMEBASE 10000000ul
#define GAP      (TIMEBASE / 100000)
#define MANY     100

struct hart harts[HARTS_MAX];
static struct hart *self = &harts[0];
static uint64_t now, compare;
static unsigned sbi_calls;

struct hart *hart_self(void)
{
    return self;
}

uint64_t time_now(void)
{
    return now;
}

void clock_compare(uint64_t when)
{
    compare = when;
}

void sbi_set_timer(uint64_t when)
{
    compare = when;
    sbi_calls++;
}

static unsigned order[MANY], fired;
static struct deadline deadlines[MANY];

static uint64_t cost; /* ticks that an expiry takes */

static void expired(struct deadline *deadline)
{
    now += cost;
    order[fired++] = (unsigned)(deadline - deadlines);
}

/* Moves the clock to `when`, with an interrupt wherever the comparator asks for one; returns how
 * many there were. */
static unsigned run_until(uint64_t when)
{
    unsigned interrupts = 0;
    while (compare <= when) {
        now = compare > now ? compare : now;
        timer_interrupt();
        interrupts++;
    }
    now = when;
    return interrupts;
}

static void begin(uint64_t extensions)
{
    static const struct hart empty;
    struct bootinfo info = {.timebase_hz = TIMEBASE, .extensions = extensions};
    for (unsigned i = 0; i < HARTS_MAX; i++) {
        harts[i] = empty;
        harts[i].index = i;
    }
    self = &harts[0];
    timer_init(&info);
    timer_init_hart();
    now = 1000000;
    fired = 0;
    for (unsigned i = 0; i < MANY; i++)
        deadlines[i] = (struct deadline){.expired = expired};
}

static void test_order(void)
{
    begin(BOOTINFO_EXT_SSTC);
    deadline_arm(&deadlines[0], now + 30000);
    deadline_arm(&deadlines[1], now + 10000);
    deadline_arm(&deadlines[2], now + 20000);
    TEST(compare == 1010000, "the comparator has the earliest deadline");
    run_until(1009999);
    TEST(fired == 0, "nothing happens before it");
    run_until(1040000);
    TEST(fired == 3 && order[0] == 1 && order[1] == 2 && order[2] == 0,
         "deadlines expire in the order of their times");
    TEST(compare == UINT64_MAX, "and then the timer is off");
}

static void test_cancel(void)
{
    begin(BOOTINFO_EXT_SSTC);
    deadline_arm(&deadlines[0], now + 100);
    deadline_arm(&deadlines[1], now + 200);
    deadline_cancel(&deadlines[0]);
    deadline_cancel(&deadlines[0]);
    deadline_cancel(&deadlines[2]);
    run_until(now + 1000);
    TEST(fired == 1 && order[0] == 1, "a cancelled deadline does not expire, the next one does");
    deadline_arm(&deadlines[0], now + 500);
    deadline_arm(&deadlines[0], now + 900);
    run_until(now + 600);
    TEST(fired == 1, "arming again replaces the first time");
    run_until(now + 400);
    TEST(fired == 2, "by the second");
}

static void test_other_hart(void)
{
    begin(BOOTINFO_EXT_SSTC);
    deadline_arm(&deadlines[0], now + 100);
    self = &harts[1];
    timer_init_hart();
    deadline_cancel(&deadlines[0]);
    self = &harts[0];
    compare = harts[0].timer_set;
    run_until(now + 200);
    TEST(fired == 0, "a deadline can be cancelled from another hart");
}

static void test_rate(void)
{
    begin(BOOTINFO_EXT_SSTC);
    for (unsigned i = 0; i < MANY; i++)
        deadline_arm(&deadlines[i], now + 1 + i);
    unsigned interrupts = run_until(now + MANY + 10 * GAP);
    TEST(fired == MANY, "all of %u crowded deadlines expire, got %u", MANY, fired);
    TEST(interrupts <= MANY / 16 + 2, "in few interrupts, got %u", interrupts);

    begin(BOOTINFO_EXT_SSTC);
    for (unsigned i = 0; i < MANY; i++)
        deadline_arm(&deadlines[i], 5);
    timer_interrupt();
    TEST(fired == 16, "one interrupt runs 16 of them, got %u", fired);
    TEST(compare == now + GAP, "and leaves the hart to its users for a while");
}

/* Deadlines that take longer than the gap, and each of which wants to come again at once. */
static void test_share(void)
{
    begin(BOOTINFO_EXT_SSTC);
    for (unsigned i = 0; i < 16; i++)
        deadline_arm(&deadlines[i], 5);
    cost = GAP;
    uint64_t before = now;
    timer_interrupt();
    cost = 0;
    uint64_t spent = now - before;
    deadline_arm(&deadlines[0], 5);
    TEST(compare - now >= 4 * spent, "after %lu ticks of work, %lu ticks for users", spent,
         compare - now);
}

static void test_slice(void)
{
    begin(BOOTINFO_EXT_SSTC);
    timer_set_slice(now + 1000);
    TEST(compare == 1001000 && !timer_slice_over(), "a slice sets the timer");
    deadline_arm(&deadlines[0], now + 5000);
    run_until(now + 1000);
    TEST(timer_slice_over() && fired == 0, "it is over at its time");
    TEST(compare == 1005000, "and does not keep the interrupt pending");
    timer_set_slice(UINT64_MAX);
    TEST(!timer_slice_over(), "no slice is never over");
    run_until(now + 5000);
    TEST(fired == 1, "the deadline behind it expires");
}

static void test_without_sstc(void)
{
    begin(0);
    unsigned before = sbi_calls;
    deadline_arm(&deadlines[0], now + 100);
    deadline_arm(&deadlines[1], now + 200);
    TEST(sbi_calls == before + 1, "without Sstc one SBI call sets the timer, a later one does not");
    run_until(now + 1000);
    TEST(fired == 2, "and both expire");
}

int main(void)
{
    test_order();
    test_cancel();
    test_other_hart();
    test_rate();
    test_share();
    test_slice();
    test_without_sstc();
    return tap_done();
}
