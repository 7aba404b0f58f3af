/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process is killed at a random instruction, a thousand times: its threads make foreign calls,
 * are in their handlers and in those of faults there, interrupt each other, call each other, come
 * and go with their pinned pages. Nothing of it stays, and nobody else notices.
 */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/task.c tests/target/support/handler.S */
/* timeout: 90 */
/* smp: 1 2 */
#include <errno.h>
#include "clock.h"
#include "ipc.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE       ((uint64_t)MEMORY_PAGE)
#define PLACE      0x2000000000ul
#define STACKS     0x2800000000ul
#define HANDLERS   0x2900000000ul
#define NOWHERE    0x2a00000000ul
#define RW         (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define WORKERS    3
#define KILLS      1000
#define TICKS_MOST 20000 /* 2 ms: from before its first instruction until all of it runs */

/* Of the child. */
static struct channel meeting;
static anser_handle workers[WORKERS];
static uint32_t slots, visitors;
static uint64_t progress;

/* ---- The child. ------------------------------------------------------------------------------ */

static void install(uint64_t slot)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = HANDLERS + slot * 64 * PAGE,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
}

static void visit(void)
{
    install(WORKERS + __atomic_fetch_add(&visitors, 1, __ATOMIC_SEQ_CST) % 8);
    handler_call_without_stack(0, 0);
}

static void touch_memory(uint64_t number)
{
    uint64_t at = PLACE + number % 32 * 16 * PAGE;
    sys_region_map(0, at, 16 * PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    *(volatile uint64_t *)at = number;
    if (number & 1)
        sys_region_unmap(0, at, 16 * PAGE);
}

/* What a handler does with the foreign call of this number. */
static void serve(uint64_t number)
{
    uint64_t word = number, stack;
    switch (number % 8) {
    case 1:
        sys_thread_yield();
        break;
    case 2:
        touch_memory(number / 8);
        break;
    case 3:
        handler_load((uint64_t *)NOWHERE); /* the nested entry passes over it */
        break;
    case 4:
        ipc_call_word(meeting.send, &word);
        break;
    case 5:
        sys_thread_interrupt(workers[number / 8 % WORKERS]);
        break;
    case 6:
        clock_sleep_until(clock_now() + 50);
        break;
    case 7:
        stack = STACKS + (WORKERS + 2 + visitors % 8) * 4 * PAGE;
        sys_handle_close(child_thread(visit, stack));
        break;
    default:
        break;
    }
}

void on_foreign(struct anser_frame *frame)
{
    if (frame->kind == ANSER_HANDLE_SYSCALL)
        serve(frame->x[17]);
    if (frame->kind == ANSER_HANDLE_FAULT)
        frame->pc += 4;
}

void on_nested(struct anser_frame *frame)
{
    frame->pc += 4;
}

static void work(void)
{
    uint64_t number = __atomic_fetch_add(&slots, 1, __ATOMIC_SEQ_CST);
    install(number);
    for (number = number * 3 + progress;; number++)
        handler_call_without_stack(number & INT64_MAX, 0);
}

static void answer(void)
{
    uint64_t word = 0, badge;
    struct ipc_registers first = {.info = 0};
    ipc_exchange(ANSER_CALL_recv, meeting.receive, &first);
    for (;;)
        ipc_reply_recv_word(meeting.receive, &word, &badge);
}

static int64_t live(uint64_t seed)
{
    progress = seed;
    meeting = make_channel(8, 0);
    sys_region_map(0, STACKS, 64 * 4 * PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    sys_region_map(0, PLACE, 1ul << 30, ANSER_MAP_FIXED, 0, 0);
    child_thread(answer, STACKS + 4 * PAGE);
    for (uint64_t i = 0; i < WORKERS; i++)
        workers[i] = child_thread(work, STACKS + (i + 2) * 4 * PAGE);
    for (;;)
        clock_sleep(1000);
    return 0;
}

/* ---- Who kills it. --------------------------------------------------------------------------- */

/* Xorshift. */
static uint64_t random_number(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static bool kill_one(void)
{
    struct child child;
    struct child_options options = {.budget_pages = 600, .own_priority = true, .priority = 0};
    if (child_start(&child, live, random_number() % 4096, &options) < 0)
        return false;
    clock_sleep_until(clock_now() + random_number() % TICKS_MOST);
    if (sys_process_kill(child.process, 9) != 0)
        return false;
    struct child_end end = child_wait(&child);
    if (end.reason == ANSER_EXIT_KILLED && end.status == 9)
        return true;
    printf("# it ended by itself: reason %lu, status %ld, cause %lu, value %#lx, pc %#lx\n",
           end.reason, (long)end.status, end.cause, end.value, end.pc);
    return false;
}

static void kill_many(unsigned count)
{
    unsigned killed = 0;
    while (killed < count && kill_one())
        killed++;
    TEST(killed == count, "killed %u times", killed);
}

int main(void)
{
    kill_many(10);
    struct balance before = balance_now();
    for (unsigned round = 0; round < 4; round++) {
        kill_many(KILLS / 4);
        TEST(balance_is(&before), "all memory, handles and objects are back");
    }
    return tap_done();
}
