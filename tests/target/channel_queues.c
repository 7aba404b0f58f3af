/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues in front of buffers: who stands behind a call that goes, and many who wait. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
#include <errno.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

struct work {
    anser_handle handle;
    uint64_t word;
    uint64_t milliseconds; /* until the deadline; 0: none */
    struct task task;
};

static int64_t do_send(void *argument)
{
    const struct work *work = argument;
    return send_word(work->handle, work->word, CLOCK_NEVER);
}

static int64_t do_call(void *argument)
{
    const struct work *work = argument;
    uint64_t deadline = work->milliseconds ? clock_after(work->milliseconds) : CLOCK_NEVER;
    return (int64_t)call_word(work->handle, work->word, deadline);
}

static int64_t do_select(void *argument)
{
    const struct work *work = argument;
    struct channel_out out = {.data = &work->word, .length = sizeof(work->word)};
    struct select_case one = select_send(work->handle, &out);
    return select_wait(&one, 1, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    const struct work *work = argument;
    return (int64_t)receive_word(work->handle, CLOCK_NEVER);
}

static void start(struct work *work, int64_t (*function)(void *), uint64_t state)
{
    task_start(&work->task, function, work);
    task_wait_state(&work->task, state);
}

static int64_t call_in_child(uint64_t word)
{
    return (int64_t)call_word(child_handles[0], word, CLOCK_NEVER);
}

static int64_t send_in_child(uint64_t word)
{
    return send_word(child_handles[0], word, CLOCK_NEVER);
}

static void start_child(struct child *child, int64_t (*function)(uint64_t), anser_handle send,
                        uint64_t state)
{
    struct child_options options = {.handle_count = 1, .handles = {handle_duplicate(send)}};
    child_start(child, function, 1, &options);
    struct task task = {.id = object_id(child->thread)};
    TEST(task_wait_state(&task, state), "a child waits");
}

static void kill_child(struct child *child)
{
    sys_process_kill(child->process, 0);
    child_wait(child);
}

/* ---- Behind a call, in front of an empty buffer. --------------------------------------------- */

static void tell_behind(const char *id, struct channel channel, struct work *behind)
{
    int64_t status = task_result(&behind->task);
    cell_check(id, "%s; len %ld", error_name(status), (long)sys_chan_len(channel.send).status);
    drop_channel(channel);
}

static void test_caller_killed(const char *id, int64_t (*function)(void *), uint64_t state)
{
    struct channel channel = make_channel(8, 2);
    struct work behind = {.handle = channel.send, .word = 2};
    struct child caller;
    start_child(&caller, call_in_child, channel.send, ANSER_STATE_CALLING);
    start(&behind, function, state);
    kill_child(&caller);
    tell_behind(id, channel, &behind);
}

static void test_caller_times_out(void)
{
    struct channel channel = make_channel(8, 2);
    struct work caller = {.handle = channel.send, .word = 1, .milliseconds = 30};
    struct work behind = {.handle = channel.send, .word = 2};
    start(&caller, do_call, ANSER_STATE_CALLING);
    start(&behind, do_send, ANSER_STATE_SENDING);
    TEST(task_result(&caller.task) == -ETIMEDOUT, "the caller gives up");
    tell_behind("K2", channel, &behind);
}

static void test_caller_handle_closed(void)
{
    struct channel channel = make_channel(8, 2);
    struct work caller = {.handle = handle_duplicate(channel.send), .word = 1};
    struct work behind = {.handle = channel.send, .word = 2};
    start(&caller, do_call, ANSER_STATE_CALLING);
    start(&behind, do_send, ANSER_STATE_SENDING);
    handle_close(caller.handle);
    TEST(task_result(&caller.task) == -EBADF, "the caller's handle is closed");
    tell_behind("K3", channel, &behind);
}

/* ---- In front of a full buffer. -------------------------------------------------------------- */

static void test_sender_killed(void)
{
    struct channel channel = make_channel(8, 1);
    struct work behind = {.handle = channel.send, .word = 2};
    struct child sender;
    send_word(channel.send, 9, 0);
    start_child(&sender, send_in_child, channel.send, ANSER_STATE_SENDING);
    start(&behind, do_send, ANSER_STATE_SENDING);
    kill_child(&sender);
    uint64_t first = receive_word(channel.receive, 0);
    int64_t status = task_result(&behind.task);
    cell_check("K5", "receives get %lu, then %lu; next sender %s", first,
               receive_word(channel.receive, 0), error_name(status));
    drop_channel(channel);
}

static void test_mixed(void)
{
    struct channel channel = make_channel(8, 1);
    struct work works[3] = {
        {channel.send, 2, 0, {0}}, {channel.send, 3, 0, {0}}, {channel.send, 4, 0, {0}}};
    uint64_t got[4];
    send_word(channel.send, 1, 0);
    start(&works[0], do_send, ANSER_STATE_SENDING);
    start(&works[1], do_call, ANSER_STATE_CALLING);
    start(&works[2], do_select, ANSER_STATE_SELECTING);
    for (unsigned i = 0; i < 4; i++) {
        got[i] = receive_word(channel.receive, 0);
        if (got[i] == 3)
            reply_word(0, 30);
    }
    int64_t sent = task_result(&works[0].task), answer = task_result(&works[1].task);
    int64_t selected = task_result(&works[2].task);
    cell_check("K6", "%lu, %lu, %lu, %lu; sender %s, caller gets %ld, select %s", got[0], got[1],
               got[2], got[3], error_name(sent), (long)answer, error_name(selected));
    drop_channel(channel);
}

/* ---- Many. ----------------------------------------------------------------------------------- */

#define MANY 70 /* more than one piece of the kernel's work */

static struct work many[MANY];

static void start_many(anser_handle handle, int64_t (*function)(void *), uint64_t state)
{
    for (uint64_t i = 0; i < MANY; i++) {
        many[i] = (struct work){.handle = handle, .word = 1 + i};
        start(&many[i], function, state);
    }
}

static unsigned count_results(int64_t result)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MANY; i++)
        count += task_result(&many[i].task) == result;
    return count;
}

static void test_close_many(void)
{
    struct channel channel = make_channel(8, 0);
    start_many(channel.send, do_send, ANSER_STATE_SENDING);
    sys_chan_close(channel.send);
    cell_check("K7", "%u of %d EPIPE", count_results(-EPIPE), MANY);
    drop_channel(channel);
    channel = make_channel(8, 0);
    start_many(channel.receive, do_receive, ANSER_STATE_RECEIVING);
    sys_chan_close(channel.send);
    cell_check("K8", "%u of %d closed", count_results((int64_t)NOTHING), MANY);
    drop_channel(channel);
    channel = make_channel(8, 0);
    start_many(channel.send, do_select, ANSER_STATE_SELECTING);
    handle_close(channel.receive);
    cell_check("K9", "%u of %d EPIPE", count_results(-EPIPE), MANY);
    handle_close(channel.send);
}

/* A call at the head keeps them all from the room behind it. */
static void test_many_behind_a_call(void)
{
    struct channel channel = make_channel(8, MANY);
    struct work caller = {.handle = handle_duplicate(channel.send), .word = 0};
    bool in_order = true;
    start(&caller, do_call, ANSER_STATE_CALLING);
    start_many(channel.send, do_send, ANSER_STATE_SENDING);
    handle_close(caller.handle);
    task_result(&caller.task);
    unsigned sent = count_results(0);
    int64_t length = sys_chan_len(channel.send).status;
    for (uint64_t i = 0; i < MANY; i++)
        in_order &= receive_word(channel.receive, 0) == 1 + i;
    cell_check("K10", "%u of %d sent, len %ld, %s", sent, MANY, (long)length,
               in_order ? "in order" : "out of order");
    drop_channel(channel);
}

/* With the last receive end goes all that many channels' handles in the buffer keep open. */
static void test_drop_many(void)
{
    struct channel channel = make_channel(8, MANY), inner[MANY];
    unsigned closed = 0;
    for (unsigned i = 0; i < MANY; i++) {
        inner[i] = make_channel(8, 0);
        struct channel_out out = {.handle_count = 1, .handles = {inner[i].send}};
        channel_send(channel.send, &out, 0);
    }
    handle_close(channel.receive);
    for (unsigned i = 0; i < MANY; i++) {
        closed += is_closed(inner[i].receive);
        handle_close(inner[i].receive);
    }
    cell_check("K11", "%u of %d inner channels closed", closed, MANY);
    handle_close(channel.send);
}

static void test_all(void)
{
    test_caller_killed("K1", do_send, ANSER_STATE_SENDING);
    test_caller_times_out();
    test_caller_handle_closed();
    test_caller_killed("K4", do_select, ANSER_STATE_SELECTING);
    test_sender_killed();
    test_mixed();
    test_close_many();
    test_many_behind_a_call();
    test_drop_many();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("K");
}
