/* SPDX-License-Identifier: BSD-2-Clause */
/* Every n-th allocation of the kernel fails, once, in the middle of a bit of everything: whoever
 * asked gets an error, and nothing is lost. */
/* timeout: 120 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/sleeper.S tests/target/support/handler.S */
#include <errno.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE     ((uint64_t)MEMORY_PAGE)
#define PLACE    0x2000000000ul
#define HANDLER  0x2900000000ul
#define RW       (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define FAILURES 200
#define NO_PAGE  500
#define ROUNDS   5

extern char sleeper[];

static uint32_t never;
static unsigned refused; /* calls that failed */
static bool odd;         /* one failed otherwise than for want of memory */

/* A page that cannot be had: as without a handler. */
void on_foreign(struct anser_frame *frame)
{
    sys_process_exit(frame->cause == 15 || frame->cause == 13 ? NO_PAGE : 2000);
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
}

/* Notes an error; what is negative stands for no handle from then on. */
static int64_t note(int64_t status)
{
    if (status < 0) {
        refused++;
        /* What depends on what is missing is refused for that reason. */
        odd |= status != -ENOMEM && status != -EBADF && status != -EFAULT && status != -ESRCH;
    }
    return status;
}

static int64_t small_child(uint64_t argument)
{
    return (int64_t)argument;
}

static void use_channels(void)
{
    struct channel one = make_channel(200, 3), two = make_channel(8, 0), signal;
    note(one.send == 0 ? -ENOMEM : 0);
    note(channel_create_signal(&signal) < 0 ? -ENOMEM : 0);
    anser_handle badge = note(sys_chan_mint(one.receive, 5));
    anser_handle timer = note(sys_timer_create(badge));
    note(sys_timer_set(timer, clock_now(), 0));
    anser_handle pages = note(sys_pages_create(3, 0, 0));
    struct channel_out out = {.handle_count = 2, .handles = {pages, two.send}};
    int64_t status = note(channel_send(one.send, &out, 0));
    /* All or none: what has not gone is still here. */
    if (status < 0 && pages > 0 && two.send > 0 && one.send > 0)
        odd |= sys_handle_info(pages).status < 0 || sys_handle_info(two.send).status < 0;
    uint64_t words[8];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    for (int i = 0; i < 3; i++)
        if (channel_receive(one.receive, &in, 1, 0) == 0)
            for (unsigned j = 0; j < in.handle_count; j++)
                note(sys_region_map(0, PLACE + j * (1ul << 30), PAGE, RW | ANSER_MAP_FIXED,
                                    in.handles[j], 0)
                                 .status == -ENOMEM
                         ? -ENOMEM
                         : 0);
}

static void use_memory(void)
{
    static uint64_t place = PLACE + (8ul << 30);
    place += 4ul << 30;
    int64_t mapped = note(sys_region_map(0, place, 32 * PAGE, RW | ANSER_MAP_FIXED, 0, 0).status);
    uint64_t value = 7;
    struct channel self = make_channel(8, 1);
    send_word(self.send, value, 0);
    /* The kernel writes there first, so that an error is an error and no fault. */
    struct anser_message message = {.recv_data = place + 3 * PAGE, .recv_capacity = 8};
    note(sys_recv(self.receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message).status);
    if (mapped == 0)
        *(volatile uint64_t *)(place + 20 * PAGE) = 1; /* or a fault, which ends it */
    note(sys_region_protect(0, place + 4 * PAGE, 2 * PAGE, ANSER_PROT_READ));
    note(sys_region_copy(0, place + (1ul << 30), place, 32 * PAGE, ANSER_PROT_READ));
    note(sys_region_unmap(0, place + 8 * PAGE, PAGE));
    note(sys_region_decommit(0, place, PAGE));
}

static void use_threads(void)
{
    struct anser_thread_params params = {.entry = (uint64_t)sleeper, .argument = (uint64_t)&never};
    note(sys_thread_create(0, &params));
    struct anser_handler_params handler = {.entry = (uint64_t)handler_entry,
                                           .nested = (uint64_t)handler_nested_entry,
                                           .address = HANDLER,
                                           .stack_pages = HANDLER_STACK_PAGES};
    int64_t status = sys_thread_handler(&handler).status;
    note(status == -EBUSY ? 0 : status); /* it has one from the round before */
}

static void use_processes(void)
{
    struct child child;
    struct child_options options = {.budget_pages = 150};
    if (note(child_start(&child, small_child, 3, &options)) == 0) {
        struct child_end end = child_wait(&child);
        odd |= end.reason == CHILD_NOT_ENDED;
    }
}

/* One bit of everything, with the n-th allocation failing. Status: calls refused; 1000: an error
 * that should not be. */
static int64_t scenario(uint64_t n)
{
    anser_handle system = child_handles[0];
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, n);
    for (int i = 0; i < ROUNDS; i++) {
        use_channels();
        use_memory();
        use_threads();
        use_processes();
    }
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, 0);
    return odd ? 1000 : (int64_t)refused;
}

int main(void)
{
    struct balance before = {0};
    anser_handle system = start_handle(START_SYSTEM);
    unsigned wrong = 0, struck = 0, faults = 0, lost = 0;
    for (uint64_t n = 0; n <= FAILURES; n++) {
        struct child_options options = {
            .budget_pages = 700, .handle_count = 1, .handles = {handle_duplicate(system)}};
        struct child_end end = child_run(scenario, n, &options);
        sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, 0);
        if (n == 0) {
            TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
                 "without a failure, nothing fails (status %ld)", (long)end.status);
            before = balance_now();
            continue;
        }
        bool fault = (end.reason == ANSER_EXIT_FAULT && end.status == ANSER_FAULT_BUDGET) ||
                     (end.reason == ANSER_EXIT_NORMAL && end.status == NO_PAGE);
        faults += fault;
        struck += fault || end.status > 0;
        if (!fault && (end.reason != ANSER_EXIT_NORMAL || end.status >= 1000)) {
            printf("# n = %lu: reason %lu, status %ld\n", n, end.reason, (long)end.status);
            wrong++;
        }
        if (!balance_is(&before)) {
            printf("# n = %lu\n", n);
            lost++;
            before = balance_now();
        }
    }
    TEST(struck > FAILURES / 2,
         "%u of the first %d allocations were somebody's, %u of them in a page fault", struck,
         FAILURES, faults);
    TEST(wrong == 0, "whoever asked got -ENOMEM, or a fault for want of memory");
    TEST(lost == 0, "and each time everything was back afterwards");
    return tap_done();
}
