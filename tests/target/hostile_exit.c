/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that ends with everything open: threads blocked in every way, messages on their way,
 * timers running, children alive, memory of all kinds. */
/* sources: tests/target/support/child.c tests/target/support/balance.c */
/* sources: tests/target/support/task.c tests/target/support/handler.S */
#include <errno.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define PAGE    ((uint64_t)MEMORY_PAGE)
#define PLACE   0x2000000000ul
#define STACKS  0x2800000000ul
#define HANDLER 0x2900000000ul
#define RW      (ANSER_PROT_READ | ANSER_PROT_WRITE)

static struct {
    struct channel meeting, buffer, closed, signal;
    uint32_t word;
    uint32_t blocked;
} inside; /* of the child */

void on_foreign(struct anser_frame *frame)
{
    (void)frame;
    __atomic_add_fetch(&inside.blocked, 1, __ATOMIC_SEQ_CST);
    for (;;) /* for ever in its handler */
        sys_thread_yield();
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
}

static void block_send(void)
{
    struct anser_message message = {.send_data = PLACE, .send_length = 3000};
    sys_send(inside.meeting.send, ANSER_INFO_MEM, &message);
}

static void block_receive(void)
{
    receive_word(inside.closed.receive, CLOCK_NEVER);
}

static void block_receive_with_deadline(void)
{
    receive_word(inside.closed.receive, clock_after(1000000));
}

static void block_call(void)
{
    call_word(inside.meeting.send, 1, CLOCK_NEVER);
}

static void block_word(void)
{
    sys_word_wait(&inside.word, 0, 0);
}

static void block_word_with_deadline(void)
{
    sys_word_wait(&inside.word, 0, clock_after(1000000));
}

static void block_signal(void)
{
    uint64_t word;
    channel_wait(inside.signal.receive, &word, CLOCK_NEVER);
}

static void spin(void)
{
    for (;;)
        ;
}

static void stay_in_handler(void)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = HANDLER,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
    handler_call_without_stack(1, 2);
}

static void call_parent(void)
{
    call_word(child_handles[0], 1, CLOCK_NEVER);
}

static void (*const ways[])(void) = {block_send,   block_receive, block_receive_with_deadline,
                                     block_call,   block_word,    block_word_with_deadline,
                                     block_signal, spin,          stay_in_handler,
                                     call_parent};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static int64_t grandchild(uint64_t argument)
{
    (void)argument;
    for (;;)
        clock_sleep(1000);
    return 0;
}

static void open_memory(void)
{
    sys_region_map(0, PLACE, 64 * PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    for (uint64_t i = 0; i < 64; i += 3)
        *(volatile uint64_t *)(PLACE + i * PAGE) = i;
    sys_region_map(0, PLACE + (1ul << 30), 1ul << 30, RW | ANSER_MAP_FIXED, 0, 0);
    sys_region_copy(0, PLACE + (3ul << 30), PLACE, 64 * PAGE, RW);
    *(volatile uint64_t *)(PLACE + (3ul << 30)) = 7;
    anser_handle pages = sys_pages_create(40, 0, 0);
    sys_region_map(0, PLACE + (4ul << 30), 40 * PAGE, RW | ANSER_MAP_FIXED, pages, 0);
    anser_handle frozen = sys_pages_create(8, 0, 0);
    sys_pages_freeze(frozen);
    sys_region_map(0, PLACE + (5ul << 30), 8 * PAGE, ANSER_PROT_READ | ANSER_MAP_FIXED, frozen, 0);
}

/* Handles and pages on their way; a channel in itself. */
static void open_messages(void)
{
    struct channel_out out = {.handle_count = 2};
    inside.buffer = make_channel(8, 8);
    out.handles[0] = sys_pages_create(10, 0, 0);
    out.handles[1] = handle_duplicate(inside.buffer.send);
    channel_send(inside.buffer.send, &out, 0);
    for (int i = 0; i < 3; i++) {
        out.handle_count = 1;
        out.handles[0] = handle_duplicate(inside.buffer.send);
        channel_send(inside.buffer.send, &out, 0);
    }
    for (uint64_t i = 0; i < 4; i++) {
        anser_handle badged = sys_chan_mint(inside.buffer.receive, i + 1);
        send_word(badged, i, 0);
        anser_handle timer = sys_timer_create(badged);
        sys_timer_set(timer, clock_now() + 1000 * i, 5000);
        if (i % 2)
            sys_handle_close(badged);
    }
}

/* How it ends. */
enum end { RETURN, FAULT, KILLED };

static int64_t open_everything(uint64_t how)
{
    struct child child;
    inside.meeting = make_channel(4096, 0);
    inside.closed = make_channel(8, 0);
    channel_create_signal(&inside.signal);
    open_memory();
    open_messages();
    if (child_start(&child, grandchild, 0, NULL) < 0)
        return 1;
    sys_region_map(0, STACKS, WAYS * 4 * PAGE, RW | ANSER_MAP_FIXED, 0, 0);
    for (uint64_t i = 0; i < WAYS; i++) {
        if (child_thread(ways[i], STACKS + (i + 1) * 4 * PAGE) < 0)
            return 2;
    }
    clock_sleep(30);
    struct channel_out out = {.handle_count = 1, .handles = {child.process}};
    channel_send(child_handles[1], &out, CLOCK_NEVER);
    if (how == FAULT)
        *(volatile uint64_t *)0x80200000 = 1;
    if (how == KILLED)
        clock_sleep(100000);
    return 42;
}

/* A process that was killed is gone when the kernel does not list it any more. */
static bool gone(uint64_t id)
{
    struct anser_process_info info;
    for (uint64_t end = clock_after(5000); clock_now() < end; clock_sleep(1)) {
        int64_t status =
            sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_PROCESS, id, &info, sizeof(info))
                .status;
        if (status == 0 || info.id != id)
            return true;
    }
    return false;
}

static void test_end(enum end how, const char *what)
{
    static const uint64_t reasons[] = {ANSER_EXIT_NORMAL, ANSER_EXIT_FAULT, ANSER_EXIT_KILLED};
    struct channel calls = make_channel(8, 0), ready = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = 1200, .handle_count = 2, .handles = {calls.send, ready.send}};
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = 8};
    TEST(child_start(&child, open_everything, how, &options) == 0, "a process that is to %s", what);
    TEST(channel_receive(calls.receive, &in, 1, clock_after(5000)) == 0 && in.reply > 0,
         "has called us");
    struct channel_in own = {.data = &word, .capacity = 8};
    TEST(channel_receive(ready.receive, &own, 0, clock_after(10000)) == 0 && own.handle_count == 1,
         "has everything open, and gives us its own child");
    if (how == KILLED)
        sys_process_kill(child.process, 5);
    struct child_end end = child_wait(&child);
    TEST(end.reason == reasons[how], "ends (reason %lu, status %ld)", end.reason, (long)end.status);
    TEST(sys_process_kill(own.handles[0], 0) == 0, "which has gone on without its parent");
    uint64_t id = object_id(own.handles[0]);
    handle_close(own.handles[0]);
    TEST(gone(id), "and is gone then");
    TEST(reply_word(in.reply, 1) == -EPIPE, "nobody is there for our answer");
    TEST(is_closed(calls.receive) && is_closed(ready.receive), "nobody has its handles");
    handle_close(calls.receive);
    handle_close(ready.receive);
}

/* Two that keep each other alive, and nobody else knows them: neither may come about. */
static void test_cycles(void)
{
    struct anser_process_params params = {.name = "never ran", .budget_pages = 30};
    struct balance before = balance_now();
    anser_handle process = sys_process_create(&params), other = sys_process_create(&params);
    anser_handle own = handle_duplicate(process);
    TEST(sys_handle_give(process, own) == -EINVAL, "a process does not get its own handle: EINVAL");
    handle_close(own);
    TEST(sys_handle_give(process, other) == -EINVAL,
         "nor that of another one that never ran: EINVAL");
    struct channel buffer = make_channel(8, 2);
    struct channel_out out = {.handle_count = 1, .handles = {handle_duplicate(process)}};
    TEST(channel_send(buffer.send, &out, 0) == -EINVAL, "which may not wait in a buffer: EINVAL");
    TEST(sys_handle_give(process, buffer.receive) > 0, "whose receive end it could have");
    handle_close(out.handles[0]);
    handle_close(process);
    handle_close(other);
    drop_channel(buffer);
    TEST(balance_is(&before), "so nothing is lost");
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            before = balance_now();
        test_end(RETURN, "exit");
        test_end(FAULT, "fault");
        test_end(KILLED, "be killed");
        test_cycles();
        if (round > 0)
            TEST(balance_is(&before), "all memory, handles and objects are back");
    }
    return tap_done();
}
