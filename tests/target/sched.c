/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs: priorities on one hart, shares of equals, yielding, ceilings. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
#include <errno.h>
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

static uint64_t harts;
static uint32_t stop;
static uint64_t middle; /* the priority that main has in these tests */

static bool stopped(void)
{
    return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

static int64_t spin(void *argument)
{
    volatile uint64_t *count = argument;
    while (!stopped())
        ++*count;
    return 0;
}

/* Spins for a time that passes on the clock. */
static void spin_for(uint64_t milliseconds)
{
    for (uint64_t end = clock_after(milliseconds); clock_now() < end;)
        ;
}

/* ---- Calls. ---------------------------------------------------------------------------------- */

static void test_calls(void)
{
    uint64_t ceiling = child_priority_max();
    TEST(ceiling >= 4, "a ceiling of %lu", ceiling);
    int64_t own = sys_thread_priority(0, 1);
    TEST(own >= 0 && sys_thread_priority(0, 2) == 1 && sys_thread_priority(0, (uint64_t)own) == 2,
         "the old priority comes back");
    TEST(sys_thread_priority(0, ceiling + 1) == -EINVAL, "above the ceiling: EINVAL");
    TEST(sys_thread_priority(0, ANSER_PRIORITIES) == -EINVAL &&
             sys_thread_priority(0, UINT64_MAX) == -EINVAL &&
             sys_thread_priority(0, 1ul << 32) == -EINVAL,
         "what is no priority: EINVAL");
    TEST(sys_thread_priority(9999, 1) == -EBADF, "of no thread: EBADF");
    struct anser_thread_params params = {.entry = 1, .priority = ceiling + 1};
    TEST(sys_thread_create(0, &params) == -EINVAL, "nor does a thread begin above it");
    struct anser_process_params process = {
        .name = "high", .budget_pages = 20, .priority_max = ceiling + 1};
    TEST(sys_process_create(&process) == -EINVAL, "nor a process");
    process.priority_max = 1;
    anser_handle low = sys_process_create(&process);
    params.priority = 2;
    TEST(sys_thread_create(low, &params) == -EINVAL, "whose ceiling holds for its threads");
    handle_close(low);
}

/* ---- Priorities. ----------------------------------------------------------------------------- */

static uint64_t flag_time;

static int64_t set_flag(void *argument)
{
    (void)argument;
    flag_time = clock_now();
    return 0;
}

static int64_t sleep_then_set_flag(void *argument)
{
    clock_sleep((uint64_t)argument);
    return set_flag(NULL);
}

static int64_t wait_then_set_flag(void *argument)
{
    receive_word(*(anser_handle *)argument, CLOCK_NEVER);
    return set_flag(NULL);
}

static void test_preemption(void)
{
    struct task task;
    struct channel channel = make_channel(8, 1);
    flag_time = 0;
    task_start_at(&task, middle + 1, sleep_then_set_flag, (void *)10);
    spin_for(60);
    TEST(flag_time != 0, "a timer that wakes a higher thread takes the hart from who spins");
    task_join(&task);
    flag_time = 0;
    task_start_at(&task, middle + 1, wait_then_set_flag, &channel.receive);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    send_word(channel.send, 1, 0);
    uint64_t after = clock_now();
    if (harts == 1)
        TEST(flag_time != 0 && flag_time <= after, "one that a send wakes runs before it returns");
    task_join(&task);
    drop_channel(channel);
}

static void test_lower_waits(void)
{
    static volatile uint64_t count;
    struct task task;
    stop = 0;
    task_start_at(&task, middle - 1, spin, (void *)&count);
    clock_sleep(30);
    TEST(count > 0, "while main sleeps, a lower thread runs");
    uint64_t before = count;
    spin_for(50);
    if (harts == 1)
        TEST(count == before, "while main spins, it does not");
    else
        TEST(count > before, "it has a hart of its own");
    sys_thread_priority(task.handle, middle);
    spin_for(100);
    TEST(count > before, "raised to main's priority it runs beside it");
    stop = 1;
    task_join(&task);
}

/* ---- Equals. --------------------------------------------------------------------------------- */

#define EQUALS   3
#define SHARE_MS 1500
#define TRIES    5

static uint64_t used(const struct task *task)
{
    struct anser_thread_info info;
    return task_look_up(task->id, &info) ? info.cpu_ticks : 0;
}

/* What each of them had of SHARE_MS. */
struct shares {
    uint64_t least, most, sum; /* ticks */
};

static struct shares measure_shares(const struct task *tasks)
{
    struct shares shares = {.least = UINT64_MAX};
    uint64_t begin[EQUALS];
    for (int i = 0; i < EQUALS; i++)
        begin[i] = used(&tasks[i]);
    clock_sleep(SHARE_MS);
    for (int i = 0; i < EQUALS; i++) {
        uint64_t share = used(&tasks[i]) - begin[i];
        printf("# %lu us\n", clock_nanoseconds(share) / 1000);
        shares.sum += share;
        shares.least = share < shares.least ? share : shares.least;
        shares.most = share > shares.most ? share : shares.most;
    }
    return shares;
}

static bool are_equal(const struct shares *shares)
{
    return shares->least * 12 >= shares->most * 10;
}

/* The host may stop the hart for a while, which counts for whoever runs just then: if the shares
 * are not equal they are measured again, a few times. */
static void test_shares(void)
{
    static volatile uint64_t counts[EQUALS];
    struct task tasks[EQUALS];
    stop = 0;
    for (int i = 0; i < EQUALS; i++)
        task_start_at(&tasks[i], middle - 1, spin, (void *)&counts[i]);
    clock_sleep(50);
    struct shares shares = measure_shares(tasks);
    for (int i = 1; i < TRIES && harts == 1 && !are_equal(&shares); i++)
        shares = measure_shares(tasks);
    if (harts == 1) {
        TEST(are_equal(&shares), "%d equals have shares within 20 percent", EQUALS);
        TEST(shares.sum * 10 >= clock_ticks(SHARE_MS * 1000000ul) * 9,
             "and together all of the hart");
    } else {
        TEST(shares.least > 0 && shares.sum * 10 >= clock_ticks(SHARE_MS * 1000000ul) * 15,
             "%d equals on %lu harts all run, together on more than one", EQUALS, harts);
    }
    stop = 1;
    for (int i = 0; i < EQUALS; i++)
        task_join(&tasks[i]);
}

/* Two threads that yield to each other go in turns. */
static uint32_t last, turns, repeats;

static int64_t yield_often(void *argument)
{
    uint32_t mine = (uint32_t)(uintptr_t)argument;
    while (!stopped())
        sys_thread_yield();
    for (int i = 0; i < 2000; i++) {
        repeats += last == mine;
        last = mine;
        turns++;
        sys_thread_yield();
    }
    return 0;
}

static void test_yield(void)
{
    struct task tasks[2];
    uint64_t begin = clock_now();
    for (int i = 0; i < 10000; i++)
        sys_thread_yield();
    TEST(clock_now() - begin < clock_ticks(2000000000), "yielding to nobody returns at once");
    if (harts > 1)
        return;
    stop = last = turns = repeats = 0;
    task_start_at(&tasks[0], middle - 1, yield_often, (void *)1);
    task_start_at(&tasks[1], middle - 1, yield_often, (void *)2);
    stop = 1;
    task_join(&tasks[0]);
    task_join(&tasks[1]);
    TEST(turns == 4000 && repeats < 10, "two that yield go in turns: %u repeats of %u", repeats,
         turns);
}

/* ---- A call gives the time slice along: a server at work is not behind the client's equals. ----
 */

static int64_t serve_adding(void *argument)
{
    anser_handle receive = *(anser_handle *)argument;
    uint64_t word, badge;
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &registers);
    word = registers.words[0];
    while (!(status & ANSER_INFO_CLOSED)) {
        word++;
        status = ipc_reply_recv_word(receive, &word, &badge);
    }
    return 0;
}

static void test_calls_beside_spinner(void)
{
    static volatile uint64_t count;
    struct channel channel = make_channel(8, 0);
    struct task server, spinner;
    stop = 0;
    task_start_at(&server, middle, serve_adding, &channel.receive);
    task_wait_state(&server, ANSER_STATE_RECEIVING);
    task_start_at(&spinner, middle, spin, (void *)&count);
    uint64_t begin = clock_now(), calls = 0;
    bool good = true;
    for (uint64_t end = clock_after(300); clock_now() < end; calls++) {
        uint64_t word = calls;
        good &= ipc_call_word(channel.send, &word) == 8 && word == calls + 1;
    }
    uint64_t passed = clock_nanoseconds(clock_now() - begin) / 1000000;
    TEST(good && calls > 1000, "%lu calls in %lu ms beside an equal that spins", calls, passed);
    TEST(count > 0, "which runs, too");
    stop = 1;
    handle_close(channel.send);
    task_join(&spinner);
    task_join(&server);
    handle_close(channel.receive);
}

int main(void)
{
    struct anser_system_info info;
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    harts = info.harts;
    middle = child_priority_max() / 2;
    test_calls();
    sys_thread_priority(0, middle);
    test_preemption();
    test_lower_waits();
    test_shares();
    test_yield();
    test_calls_beside_spinner();
    return tap_done();
}
