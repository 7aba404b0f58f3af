/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: what a child is given its parent has not got, and gets back, to the page; what outlives
 * its payer stays paid for; what is given away is paid for by who has it. */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE   ((uint64_t)MEMORY_PAGE)
#define BUDGET 600ul
#define GIVEN  100ul

/* The largest pages object that can be had now: what is left of the own budget, less its index. */
static uint64_t left(void)
{
    uint64_t most = 0;
    for (uint64_t step = 1ul << 13; step > 0; step /= 2) {
        int64_t pages = sys_pages_create(most + step, 0, 0);
        if (pages > 0) {
            handle_close(pages);
            most += step;
        }
    }
    return most;
}

static bool comes_back(uint64_t before)
{
    for (uint64_t end = clock_after(3000); clock_now() < end; clock_sleep(1))
        if (left() == before)
            return true;
    printf("# %lu pages before, %lu now\n", before, left());
    return false;
}

static int64_t wait_for_word(uint64_t argument)
{
    receive_word(child_handles[0], CLOCK_NEVER);
    return (int64_t)argument;
}

static void test_child(void)
{
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = BUDGET, .handle_count = 1, .handles = {channel.receive}};
    uint64_t before = left();
    TEST(before > 2 * BUDGET, "%lu pages are left", before);
    TEST(child_start(&child, wait_for_word, 0, &options) == 0, "a child is given %lu", BUDGET);
    uint64_t now = left();
    TEST(now <= before - BUDGET && now >= before - BUDGET - 4, "%lu are left", now);
    send_word(channel.send, 1, CLOCK_NEVER);
    child_wait(&child);
    handle_close(channel.send);
    TEST(comes_back(before), "all of them come back with its end");
}

/* The grandchild's budget comes out of the child's. */
static int64_t make_grandchildren(uint64_t argument)
{
    struct anser_process_params params = {.name = "grandchild", .budget_pages = argument};
    int64_t count = 0;
    while (sys_process_create(&params) > 0)
        count++;
    return count;
}

static void test_grandchildren(void)
{
    struct child_options options = {.budget_pages = BUDGET};
    uint64_t before = left();
    struct child_end end = child_run(make_grandchildren, 100, &options);
    TEST(end.status == 4 || end.status == 5, "a child of %lu pages has %ld children of 100", BUDGET,
         (long)end.status);
    TEST(comes_back(before), "all of it comes back");
}

/* A channel of a child that has ended: its memory is paid for by what the child had. */
static int64_t leave_a_channel(uint64_t argument)
{
    struct channel channel = make_channel(4096, 8);
    struct channel_out out = {.handle_count = 2, .handles = {channel.send, channel.receive}};
    (void)argument;
    return channel_send(child_handles[0], &out, CLOCK_NEVER);
}

static void test_left_over(void)
{
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = BUDGET, .handle_count = 1, .handles = {channel.send}};
    uint64_t before = left(), word;
    struct channel_in in = {.data = &word, .capacity = 8};
    child_start(&child, leave_a_channel, 0, &options);
    TEST(channel_receive(channel.receive, &in, 0, clock_after(5000)) == 0 && in.handle_count == 2,
         "a child leaves a channel with a buffer");
    TEST(child_wait(&child).status == 0, "and ends");
    struct channel left_over = {in.handles[0], in.handles[1]};
    uint64_t now = left();
    TEST(send_word(left_over.send, 5, 0) == 0 && receive_word(left_over.receive, 0) == 5,
         "the channel works");
    TEST(now < before && now >= before - 24, "what it costs does not come back yet: %lu pages",
         before - now);
    drop_channel(left_over);
    handle_close(channel.receive);
    TEST(comes_back(before), "but with its end");
}

/* Pages that a child gives us are ours to pay for, while it lives. */
static int64_t give_pages(uint64_t count)
{
    uint64_t before = left();
    struct channel_out out = {.handle_count = 1, .handles = {sys_pages_create(count, 0, 0)}};
    uint64_t during = left();
    int64_t status = channel_send(child_handles[0], &out, CLOCK_NEVER);
    uint64_t after = left();
    receive_word(child_handles[1], CLOCK_NEVER);
    return status == 0 && during <= before - count && after == before ? 0 : 1;
}

static void test_pages(void)
{
    struct channel up = make_channel(8, 0), down = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = BUDGET, .handle_count = 2, .handles = {up.send, down.receive}};
    uint64_t before = left(), word;
    struct channel_in in = {.data = &word, .capacity = 8};
    child_start(&child, give_pages, GIVEN, &options);
    uint64_t with_child = left();
    TEST(channel_receive(up.receive, &in, 0, clock_after(5000)) == 0 && in.handle_count == 1,
         "a child gives us %lu pages", GIVEN);
    uint64_t with_pages = left();
    TEST(with_pages <= with_child - GIVEN && with_pages >= with_child - GIVEN - 2,
         "which we pay for: %lu", with_child - with_pages);
    send_word(down.send, 1, CLOCK_NEVER);
    TEST(child_wait(&child).status == 0, "and the child no more");
    handle_close(in.handles[0]);
    handle_close(up.receive);
    handle_close(down.send);
    TEST(comes_back(before), "all of it comes back");
}

/* Frozen pages stay with their payer, whoever else has a handle. */
static int64_t give_frozen(uint64_t count)
{
    anser_handle pages = sys_pages_create(count, 0, 0);
    sys_pages_freeze(pages);
    struct channel_out out = {.handle_count = 1, .handles = {handle_duplicate(pages)}};
    return channel_send(child_handles[0], &out, CLOCK_NEVER);
}

static void test_frozen(void)
{
    struct channel up = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = BUDGET, .handle_count = 1, .handles = {up.send}};
    uint64_t before = left(), word;
    struct channel_in in = {.data = &word, .capacity = 8};
    child_start(&child, give_frozen, GIVEN, &options);
    TEST(channel_receive(up.receive, &in, 0, clock_after(5000)) == 0 && in.handle_count == 1 &&
             child_wait(&child).status == 0,
         "a child leaves frozen pages with us");
    uint64_t now = left();
    TEST(now <= before - GIVEN && now >= before - GIVEN - 8, "they stay paid for: %lu",
         before - now);
    handle_close(in.handles[0]);
    handle_close(up.receive);
    TEST(comes_back(before), "until we close them");
}

int main(void)
{
    struct balance before = {0};
    child_run(make_grandchildren, BUDGET, NULL); /* what a first child costs for good */
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_child();
        test_grandchildren();
        test_left_over();
        test_pages();
        test_frozen();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
