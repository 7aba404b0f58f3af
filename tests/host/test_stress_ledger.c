/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger of the stress test finds what it is there for: lost, doubled, late messages. */
/* sources: tests/target/support/stress_ledger.c */
#include <stdlib.h>
#include "tap.h"
#include "tests/target/support/stress_ledger.h"

#define SENDER  5 /* worker 1, thread 1 */
#define KILLED  1
#define WORKERS 2

static struct stress_ledger *ledger;
static struct stress_losses losses;

static void begin(void)
{
    stress_ledger_clear(ledger);
    losses = (struct stress_losses){.notices = true};
}

static void enter(enum stress_kind kind, unsigned id, uint64_t value)
{
    stress_ledger_enter(ledger, stress_record(kind, 0, id, value));
}

static void receive(uint32_t first, uint32_t last)
{
    for (uint32_t sequence = first; sequence <= last; sequence++)
        enter(STRESS_RECEIVED, SENDER, sequence);
}

static bool is_right(void)
{
    return stress_ledger_close(ledger, 1, WORKERS, &losses);
}

static void test_messages(void)
{
    begin();
    receive(1, 100);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(is_right(), "what was sent has arrived");
    begin();
    receive(1, 99);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(!is_right(), "the last one is lost");
    begin();
    receive(1, 49);
    receive(51, 100);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(!is_right(), "one in between is lost");
    begin();
    receive(1, 100);
    receive(7, 7);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(!is_right(), "one has arrived twice");
    begin();
    receive(1, 101);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(!is_right(), "one has arrived whose send had failed");
    begin();
    receive(1, 9);
    receive(11, 12);
    enter(STRESS_PERHAPS, SENDER, 10);
    enter(STRESS_ACKNOWLEDGED, SENDER, 12);
    TEST(is_right(), "a call that failed may not have arrived");
    begin();
    enter(STRESS_RECEIVED, SENDER, 0);
    TEST(!is_right(), "a number that is never given");
    begin();
    enter(STRESS_RECEIVED, SENDER, STRESS_SEQUENCES + 1);
    TEST(!is_right(), "another one");
}

static void test_kills(void)
{
    begin();
    losses.killed = 1ul << KILLED;
    receive(1, 20);
    enter(STRESS_ACKNOWLEDGED, SENDER, 16);
    TEST(is_right(), "who was killed has sent more than it could say");
    begin();
    losses.killed = 1ul << KILLED;
    receive(1, 15);
    enter(STRESS_ACKNOWLEDGED, SENDER, 16);
    TEST(!is_right(), "what it had sent is lost all the same");
    begin();
    losses.killed = 1ul << KILLED;
    receive(1, 10);
    receive(12, 20);
    TEST(!is_right(), "as is what it sent before something that has arrived");
    begin();
    losses.killed = 1;
    losses.in_hand = 1;
    receive(1, 99);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(is_right(), "one message was in the hands of a receiver that was killed");
    begin();
    losses.killed = 1;
    losses.in_hand = 1;
    receive(1, 98);
    enter(STRESS_ACKNOWLEDGED, SENDER, 100);
    TEST(!is_right(), "but not two");
}

static void test_notices(void)
{
    begin();
    losses.notices = false;
    enter(STRESS_GONE, 0, 0);
    enter(STRESS_GONE, 1, 0);
    TEST(is_right(), "a notice of each worker's end");
    begin();
    losses.notices = false;
    enter(STRESS_GONE, 0, 0);
    TEST(!is_right(), "one is lost");
    begin();
    losses.notices = false;
    enter(STRESS_GONE, 0, 0);
    enter(STRESS_GONE, 1, 0);
    enter(STRESS_GONE, 1, 0);
    TEST(!is_right(), "one came twice");
}

static void test_signals_and_nonsense(void)
{
    begin();
    enter(STRESS_SIGNALLED, 1, 0);
    enter(STRESS_BITS, 0, 1u << 1);
    TEST(is_right(), "a bit that was set was seen");
    begin();
    enter(STRESS_SIGNALLED, 1, 0);
    enter(STRESS_BITS, 0, 1);
    TEST(!is_right(), "it was not");
    begin();
    enter(STRESS_WRONG, SENDER, STRESS_BAD_ORDER);
    TEST(!is_right(), "what a worker finds wrong is wrong");
    begin();
    stress_ledger_enter(ledger, 0);
    TEST(!is_right(), "so is a record of no kind");
}

int main(void)
{
    ledger = malloc(sizeof(*ledger));
    test_messages();
    test_kills();
    test_notices();
    test_signals_and_nonsense();
    free(ledger);
    return tap_done();
}
