/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that take all they can get of one thing, and leave without giving anything back. The
 * error is theirs alone; afterwards everything is there again. */
/* timeout: 90 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/sleeper.S tests/target/support/task.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  ((uint64_t)MEMORY_PAGE)
#define PLACE 0x2000000000ul
#define RW    (ANSER_PROT_READ | ANSER_PROT_WRITE)

extern char sleeper[], spinner[];

/* Each takes until it gets the error that it expects, and returns how many it had; negative: what
 * came instead. They run in a child. */

static int64_t count_or(int64_t status, int64_t expected, int64_t count)
{
    return status == expected ? count : status < 0 ? status : -1000;
}

static int64_t take_handles(uint64_t argument)
{
    (void)argument;
    int64_t count = 0, status;
    struct channel channel = make_channel(8, 0);
    while ((status = sys_handle_dup(channel.send, ANSER_RIGHT_SEND)) > 0)
        count++;
    /* No call that makes a handle gets one, or leaves anything half done. */
    if (sys_chan_create(8, 0).status != -EMFILE || sys_signal_create().status != -EMFILE ||
        sys_chan_mint(channel.receive, 1) != -EMFILE || sys_timer_create(channel.send) != -EMFILE ||
        sys_pages_create(1, 0, 0) != -EMFILE)
        return -1001;
    struct anser_thread_params thread = {.entry = (uint64_t)spinner};
    struct anser_process_params process = {.budget_pages = 20};
    if (sys_thread_create(0, &thread) != -EMFILE || sys_process_create(&process) != -EMFILE)
        return -1002;
    return count_or(status, -EMFILE, count);
}

static int64_t take_channels(uint64_t capacity)
{
    struct sys_result made;
    int64_t count = 0;
    while ((made = sys_chan_create(1000, capacity)).status > 0)
        count++;
    return count_or(made.status, capacity ? -ENOMEM : -EMFILE, count);
}

static int64_t take_threads(uint64_t argument)
{
    (void)argument;
    static uint32_t never;
    struct anser_thread_params params = {.entry = (uint64_t)sleeper, .argument = (uint64_t)&never};
    int64_t count = 0, status;
    while ((status = sys_thread_create(0, &params)) > 0) {
        sys_handle_close(status);
        count++;
    }
    return count_or(status, -ENOMEM, count);
}

static int64_t take_all_threads(uint64_t argument)
{
    (void)argument;
    static uint32_t word;
    struct anser_thread_params params = {.entry = (uint64_t)sleeper, .argument = (uint64_t)&word};
    int64_t count = 0, status;
    while ((status = sys_thread_create(0, &params)) > 0) {
        sys_handle_close(status);
        count++;
    }
    if (status != -EAGAIN)
        return status;
    word = 1;
    int64_t woken = 0;
    for (uint64_t end = clock_after(10000); woken < count && clock_now() < end;) {
        woken += sys_word_wake(&word, UINT64_MAX);
        sys_thread_yield();
    }
    /* They have left, or are about to: there is room for others. */
    for (uint64_t end = clock_after(10000); clock_now() < end; clock_sleep(1))
        if ((status = sys_thread_create(0, &params)) > 0)
            return count;
    return -1003;
}

static int64_t take_regions(uint64_t length)
{
    int64_t count = 0;
    struct sys_result mapped;
    /* Neighbours of different rights do not become one. */
    while ((mapped = sys_region_map(
                0, PLACE + (uint64_t)count * length, length,
                (count % 2 ? ANSER_PROT_READ : ANSER_PROT_NONE) | ANSER_MAP_NOREPLACE, 0, 0))
               .status == 0)
        count++;
    return count_or(mapped.status, -ENOMEM, count);
}

static int64_t cut_regions(uint64_t limit)
{
    /* Cutting needs memory for what is left over; what is cut, goes. */
    sys_region_map(0, PLACE, limit * 2 * PAGE, RW | ANSER_MAP_NOREPLACE, 0, 0);
    for (uint64_t i = 0; i < limit; i++) {
        int64_t status = sys_region_unmap(0, PLACE + (2 * i + 1) * PAGE, PAGE);
        if (status < 0)
            return status == -ENOMEM ? (int64_t)i : status;
    }
    return sys_region_unmap(0, PLACE, limit * 2 * PAGE) == 0 ? (int64_t)limit : -1004;
}

static int64_t take_pages(uint64_t argument)
{
    int64_t count = 0, status;
    while ((status = sys_pages_create(argument, 0, 0)) > 0)
        count++;
    return count_or(status, status == -EMFILE ? -EMFILE : -ENOMEM, count);
}

static int64_t take_messages(uint64_t argument)
{
    (void)argument;
    struct channel channel = make_channel(0, 20000), other = make_channel(0, 0);
    int64_t count = 0;
    for (;;) {
        struct ipc_registers registers = {.info = (int64_t)IPC_INFO(0, 1) | ANSER_INFO_NB};
        registers.handles[0] = handle_duplicate(other.send);
        int64_t status = ipc_exchange(ANSER_CALL_send, channel.send, &registers);
        if (status < 0)
            return count_or(status, -ENOMEM, count);
        count++;
    }
}

static int64_t take_timers(uint64_t argument)
{
    (void)argument;
    struct channel channel = make_channel(0, 0);
    int64_t count = 0, timer;
    while ((timer = sys_timer_create(channel.send)) > 0) {
        sys_timer_set(timer, clock_now() + 100, 100000);
        count++;
    }
    return count_or(timer, timer == -EMFILE ? -EMFILE : -ENOMEM, count);
}

static int64_t take_badges(uint64_t argument)
{
    (void)argument;
    struct channel channel = make_channel(0, 0);
    int64_t count = 0, handle;
    /* Each is closed at once: what is left is the notice that it is gone, which nobody fetches. */
    while ((handle = sys_chan_mint(channel.receive, (uint64_t)count + 1)) > 0 && count < 100000) {
        sys_handle_close(handle);
        count++;
    }
    return count_or(handle, -ENOMEM, count);
}

static int64_t take_processes(uint64_t argument)
{
    (void)argument;
    struct anser_process_params params = {.name = "nothing", .budget_pages = 8};
    int64_t count = 0, status;
    while ((status = sys_process_create(&params)) > 0)
        count++;
    return count_or(status, -ENOMEM, count);
}

static int64_t take_memory(uint64_t argument)
{
    (void)argument;
    uint64_t length = 1ul << 30;
    sys_region_map(0, PLACE, length, RW | ANSER_MAP_NOREPLACE, 0, 0);
    for (uint64_t at = PLACE; at < PLACE + length; at += PAGE)
        *(volatile uint64_t *)at = at;
    return -1005;
}

/* Page tables cost, too: one page in each 2 MiB, in each 1 GiB. */
static int64_t take_tables(uint64_t step)
{
    for (uint64_t at = PLACE; at < PLACE + 60 * (1ul << 30); at += step) {
        if (sys_region_map(0, at, PAGE, RW | ANSER_MAP_FIXED, 0, 0).status < 0)
            return 1;
        *(volatile uint64_t *)at = at;
    }
    return -1006;
}

/* ---- The statements. ------------------------------------------------------------------------- */

static struct balance before;

/* Runs it twice, at least `least` each time; afterwards the books are balanced. */
static void check(int64_t (*take)(uint64_t), uint64_t argument, uint64_t budget, int64_t least,
                  const char *what)
{
    struct child_options options = {.budget_pages = budget};
    struct child_end end = child_run(take, argument, &options);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status >= least, "%s: %ld (reason %lu)", what,
         (long)end.status, end.reason);
    TEST(balance_is(&before), "all of it is back");
}

static void check_fault(int64_t (*take)(uint64_t), uint64_t argument, uint64_t budget,
                        const char *what)
{
    struct child_options options = {.budget_pages = budget};
    struct child_end end = child_run(take, argument, &options);
    TEST(end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_BUDGET,
         "%s: a fault for want of budget", what);
    TEST(balance_is(&before), "all of it is back");
}

/* While one process has used up its budget, another one has all of its own. */
static int64_t take_and_wait(uint64_t argument)
{
    (void)argument;
    while (sys_pages_create(1, 0, 0) > 0)
        ;
    send_word(child_handles[0], 1, CLOCK_NEVER);
    receive_word(child_handles[1], CLOCK_NEVER);
    return sys_null();
}

static void test_others(void)
{
    struct channel up = make_channel(8, 0), down = make_channel(8, 0);
    struct child child;
    struct child_options options = {.handle_count = 2, .handles = {up.send, down.receive}};
    child_start(&child, take_and_wait, 0, &options);
    TEST(receive_word(up.receive, clock_after(5000)) == 1, "a process has used up its budget");
    struct child_options other = {.budget_pages = 500};
    TEST(child_run(take_pages, 1, &other).status > 100, "another one has its own");
    anser_handle pages = sys_pages_create(500, 0, 0);
    TEST(pages > 0, "and so have we");
    handle_close(pages);
    send_word(down.send, 1, CLOCK_NEVER);
    TEST(child_wait(&child).status == 0, "and the first one goes on when it may");
    handle_close(up.receive);
    handle_close(down.send);
}

int main(void)
{
    /* Once it has shown this, the console's server has started, and has all that it needs. */
    TEST(child_run(take_handles, 0, NULL).reason == ANSER_EXIT_NORMAL, "a greedy process");
    before = balance_now();
    check(take_handles, 0, 300, ANSER_HANDLES_MAX - 30, "handles");
    check(take_channels, 0, 1000, ANSER_HANDLES_MAX / 2 - 20, "channels");
    check(take_channels, 10, 400, 50, "buffers");
    check(take_threads, 0, 200, 100, "threads");
    check(take_all_threads, 0, 1600, ANSER_THREADS_MAX - 1, "threads up to the limit");
    check(take_regions, PAGE, 400, 2000, "regions");
    check(take_regions, 2ul << 20, 400, 2000, "large regions");
    check(take_regions, PAGE, 1500, ANSER_REGIONS_MAX - 20, "regions up to the limit");
    check(cut_regions, 1000, 400, 1000, "cuts");
    check(take_pages, 1, 400, 150, "pages, one by one");
    check(take_pages, 37, 400, 4, "pages, many at a time");
    check(take_messages, 0, 900, 500, "handles in messages");
    check(take_timers, 0, 300, 100, "timers");
    check(take_badges, 0, 300, 100, "badges");
    check(take_processes, 0, 1000, 50, "processes");
    check_fault(take_memory, 0, 400, "memory");
    check_fault(take_tables, 2ul << 20, 400, "page tables");
    check_fault(take_tables, 1ul << 30, 150, "page tables of page tables");
    test_others();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
