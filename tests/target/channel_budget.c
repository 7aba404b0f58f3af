/* SPDX-License-Identifier: BSD-2-Clause */
/* What operations on channels do in a process that has nothing left of its budget. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
#include <errno.h>
#include "clock.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/cells.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

enum { BUFFER_SEND, BUFFER_RECEIVE, SPARE, CALLS, GIVEN };

#define BUDGET 64 /* pages: soon used up, and fewer objects than a handle table holds */

/* Makes objects, of ever smaller kinds, until there is not even room for the smallest. */
static void use_up(void)
{
    while (sys_chan_create(0, 0).status > 0)
        ;
    while (sys_timer_create(child_handles[BUFFER_SEND]) > 0)
        ;
    while (sys_chan_mint(child_handles[BUFFER_RECEIVE], 1) > 0)
        ;
    while (sys_signal_create().status > 0)
        ;
}

static int64_t create(void)
{
    return sys_chan_create(8, 0).status;
}

static int64_t create_with_buffer(void)
{
    return sys_chan_create(8, 1000).status;
}

static int64_t create_signal(void)
{
    return sys_signal_create().status;
}

static int64_t mint(void)
{
    return sys_chan_mint(child_handles[BUFFER_RECEIVE], 2);
}

static int64_t create_timer(void)
{
    return sys_timer_create(child_handles[BUFFER_SEND]);
}

/* What holds them in the buffer is small: some may still find room. */
static int64_t send_handle(void)
{
    int64_t status = 0;
    while (status == 0) {
        anser_handle spare = handle_duplicate(child_handles[SPARE]);
        struct channel_out out = {.handle_count = 1, .handles = {spare}};
        status = channel_send(child_handles[BUFFER_SEND], &out, 0);
        if (status < 0 && sys_handle_info(spare).status < 0)
            return -EBADF;
    }
    return status;
}

static int64_t select_first(void)
{
    uint64_t word;
    struct anser_message message = {.recv_data = (uint64_t)&word, .recv_capacity = sizeof(word)};
    struct anser_case one = {.handle = child_handles[CALLS], .message = (uint64_t)&message};
    return sys_chan_select(&one, 1, ANSER_INFO_NB, 0).status;
}

static int64_t send_plainly(void)
{
    return send_word(child_handles[BUFFER_SEND], 7, 0);
}

static int64_t receive_plainly(void)
{
    send_plainly();
    return receive_word(child_handles[BUFFER_RECEIVE], 0) == 7 ? 0 : -EINVAL;
}

/* Keeps the right. */
static int64_t receive_with_right(void)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    return channel_receive(child_handles[CALLS], &in, 1, 0);
}

static const struct attempt {
    const char *id;
    int64_t (*attempt)(void);
} attempts[] = {
    {"B1", create},       {"B2", create_with_buffer}, {"B3", create_signal},
    {"B4", mint},         {"B5", create_timer},       {"B6", send_handle},
    {"B7", select_first}, {"B8", send_plainly},       {"B9", receive_plainly},
};

static int64_t attempt_poor(uint64_t which)
{
    use_up();
    return attempts[which].attempt();
}

static struct child_end run_poor(int64_t (*function)(uint64_t), uint64_t argument,
                                 anser_handle calls)
{
    struct channel buffer = make_channel(8, 16), other = make_channel(8, 0);
    struct child_options options = {.budget_pages = BUDGET,
                                    .handle_count = GIVEN,
                                    .handles = {[BUFFER_SEND] = buffer.send,
                                                [BUFFER_RECEIVE] = buffer.receive,
                                                [SPARE] = other.send,
                                                [CALLS] = calls}};
    struct child_end end = child_run(function, argument, &options);
    handle_close(other.receive);
    return end;
}

static void test_attempts(void)
{
    for (unsigned i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        struct channel calls = make_channel(8, 0);
        struct child_end end = run_poor(attempt_poor, i, calls.receive);
        cell_check(attempts[i].id, "%s",
                   end.reason == ANSER_EXIT_NORMAL ? error_name(end.status) : "no end");
        handle_close(calls.send);
    }
}

#define CALLERS 8

/* A right is the smallest object of all and may still find room: how many do, before ENOMEM. */
static int64_t receive_poor(uint64_t unused)
{
    (void)unused;
    int64_t status, count = 0;
    use_up();
    while ((status = receive_with_right()) == 0)
        count++;
    return status == -ENOMEM ? count : status;
}

/* The first call that found no room is still there for the next server. */
static void test_right(void)
{
    struct channel calls = make_channel(8, 0);
    struct caller callers[CALLERS];
    struct task tasks[CALLERS];
    for (uint64_t i = 0; i < CALLERS; i++) {
        start_caller(&tasks[i], &callers[i], calls.send, i);
        task_wait_state(&tasks[i], ANSER_STATE_CALLING);
    }
    int64_t refused = run_poor(receive_poor, 0, handle_duplicate(calls.receive)).status;
    bool in_time = refused >= 0 && refused < CALLERS;
    const char *state = in_time && !task_done(&tasks[refused]) ? "waits" : "does not wait";
    uint64_t word = receive_word(calls.receive, 0);
    reply_word(0, 33);
    int64_t answer = in_time ? task_result(&tasks[refused]) : 0;
    cell_check("B10", "server %s; caller %s; next server gets %s; caller gets %ld",
               in_time ? "ENOMEM" : error_name(refused), state,
               word == (uint64_t)refused ? "its call" : "another", (long)answer);
    drop_channel(calls);
    for (int64_t i = 0; i < CALLERS; i++)
        if (!in_time || i != refused)
            task_join(&tasks[i]);
}

static void test_all(void)
{
    test_attempts();
    test_right();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("B");
}
