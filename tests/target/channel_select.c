/* SPDX-License-Identifier: BSD-2-Clause */
/* select in every state of a channel, and what is particular about it. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
/* sources: tests/target/support/scene.c */
#include <errno.h>
#include <anser/init.h>
#include "clock.h"
#include "memory.h"
#include "select.h"
#include "start.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/scene.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define OVER 1 /* a deadline that has passed */

/* ---- One case, in every state. --------------------------------------------------------------- */

static void send_now(struct actor *self)
{
    actor_select_send(self, 9, 0);
}

static void send_late(struct actor *self)
{
    actor_select_send(self, 9, OVER);
}

static void send_waiting(struct actor *self)
{
    actor_select_send(self, 9, CLOCK_NEVER);
}

static void receive_now(struct actor *self)
{
    actor_select_receive(self, 0);
}

static void receive_late(struct actor *self)
{
    actor_select_receive(self, OVER);
}

static void receive_waiting(struct actor *self)
{
    actor_select_receive(self, CLOCK_NEVER);
}

static const struct operation operations[] = {
    {"L1", send_now, .needs_send_end = true},
    {"L2", send_late, .needs_send_end = true},
    {"L3", send_waiting, .needs_send_end = true},
    {"L4", receive_now, .needs_receive_end = true},
    {"L5", receive_late, .needs_receive_end = true},
    {"L6", receive_waiting, .needs_receive_end = true},
};

/* ---- Several cases. -------------------------------------------------------------------------- */

#define CASES_MAX 4

/* A select of several cases that a thread makes. */
struct selector {
    struct select_case cases[CASES_MAX];
    uint64_t words[CASES_MAX];
    struct channel_out outs[CASES_MAX];
    struct channel_in ins[CASES_MAX];
    unsigned count;
    int result;
    struct task task;
};

static void add_send(struct selector *self, anser_handle send, uint64_t word, anser_handle carried)
{
    unsigned i = self->count++;
    self->words[i] = word;
    self->outs[i] = (struct channel_out){&self->words[i], 8, carried != 0, {carried}};
    self->cases[i] = select_send(send, &self->outs[i]);
}

static void add_receive(struct selector *self, anser_handle receive)
{
    unsigned i = self->count++;
    self->words[i] = 0;
    self->ins[i] = (struct channel_in){.data = &self->words[i], .capacity = 8};
    self->cases[i] = select_receive(receive, &self->ins[i]);
}

static int64_t run(void *argument)
{
    struct selector *self = argument;
    self->result = select_wait(self->cases, self->count, CLOCK_NEVER);
    return self->result;
}

static void start_selector(struct selector *self)
{
    task_start(&self->task, run, self);
    task_wait_state(&self->task, ANSER_STATE_SELECTING);
}

static const char *handle_state(anser_handle handle)
{
    return sys_handle_info(handle).status > 0 ? "stays" : "moves";
}

/* Which case the error is told of; -1: of none. */
static int blamed(const struct selector *self)
{
    for (unsigned i = 0; i < self->count; i++)
        if (self->cases[i].error < 0)
            return (int)i;
    return -1;
}

static void test_chance(void)
{
    struct channel a = make_channel(8, 1), b = make_channel(8, 1);
    unsigned first = 0;
    sys_system_debug(start_handle(START_SYSTEM), ANSER_DEBUG_SEED, 7);
    for (unsigned round = 0; round < 400; round++) {
        struct selector self = {.count = 0};
        send_word(a.send, 1, 0);
        send_word(b.send, 2, 0);
        add_receive(&self, a.receive);
        add_receive(&self, b.receive);
        first += select_wait(self.cases, 2, 0) == 0;
    }
    /* Four standard deviations of 400 throws of a coin. */
    cell_check("W1", "%s", first >= 160 && first <= 240 ? "each half the time" : "not");
    drop_channel(a);
    drop_channel(b);
}

static void test_itself(void)
{
    struct channel channel = make_channel(8, 0);
    struct selector first = {.count = 0}, second = {.count = 0};
    add_send(&first, channel.send, 1, 0);
    add_receive(&first, channel.receive);
    int alone = select_wait(first.cases, first.count, 0);
    start_selector(&first);
    add_send(&second, channel.send, 2, 0);
    add_receive(&second, channel.receive);
    int met = select_wait(second.cases, second.count, 0);
    int64_t other = task_join(&first.task);
    bool good = met == 1 ? other == 0 && second.words[1] == 1 : other == 1 && first.words[1] == 2;
    cell_check("W2", "alone %s; two of them: %s", error_name(alone),
               good ? "one sends, one receives" : "they do not meet");
    drop_channel(channel);
}

static void test_others_stay(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0), inner = make_channel(8, 0);
    struct selector self = {.count = 0};
    struct actor receiver = {0};
    add_receive(&self, a.receive);
    add_send(&self, b.send, 1, inner.send);
    start_selector(&self);
    actor_start(&receiver, &a, act_receive);
    uint64_t got = 0;
    struct channel_in in = {.data = &got, .capacity = sizeof(got)};
    channel_receive(b.receive, &in, 0, 0);
    TEST(task_join(&self.task) == 1 && got == 1 && in.handle_count == 1, "the second case fires");
    handle_close(in.handles[0]);
    int sent = send_word(a.send, 6, 0);
    task_join(&receiver.task);
    cell_check("W3", "send %s, next receiver %s; then send %s", error_name(sent), receiver.text,
               error_name(send_word(a.send, 7, 0)));
    drop_channel(a);
    drop_channel(b);
    drop_channel(inner);
}

static void test_carried(void)
{
    struct channel a = make_channel(8, 1), b = make_channel(8, 0), inner = make_channel(8, 0);
    struct selector self = {.count = 0};
    add_send(&self, b.send, 1, inner.send);
    add_receive(&self, a.receive);
    send_word(a.send, 4, 0);
    int fired = select_wait(self.cases, self.count, 0);
    cell_check("W4", "case %d; handle %s", fired, handle_state(inner.send));
    drop_channel(a);
    drop_channel(b);
    drop_channel(inner);
}

/* ---- Errors. --------------------------------------------------------------------------------- */

static void test_checked_first(void)
{
    struct channel a = make_channel(8, 1);
    struct selector self = {.count = 0};
    anser_handle stale = handle_duplicate(a.send);
    handle_close(stale);
    add_send(&self, a.send, 1, 0);
    add_send(&self, stale, 2, 0);
    int status = select_wait(self.cases, self.count, 0);
    cell_check("W5", "%s of case %d; len %ld", error_name(status), blamed(&self),
               (long)sys_chan_len(a.receive).status);
    drop_channel(a);
}

static void test_closed_while_waiting(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selector self = {.count = 0};
    add_receive(&self, a.receive);
    add_send(&self, b.send, 2, 0);
    start_selector(&self);
    sys_chan_close(b.send);
    int64_t status = task_join(&self.task);
    cell_check("W6", "%s of case %d", error_name(status), blamed(&self));
    self.count = 0;
    anser_handle second = handle_duplicate(a.send);
    add_receive(&self, a.receive);
    add_send(&self, second, 2, 0);
    start_selector(&self);
    handle_close(second);
    status = task_join(&self.task);
    cell_check("W7", "%s of case %d; send on the other channel %s", error_name(status),
               blamed(&self), error_name(send_word(a.send, 1, 0)));
    drop_channel(a);
    drop_channel(b);
}

static void test_closed_receive(void)
{
    struct channel a = make_channel(8, 0);
    struct selector self = {.count = 0};
    add_receive(&self, 0);
    add_receive(&self, a.receive);
    start_selector(&self);
    sys_chan_close(a.send);
    int64_t fired = task_join(&self.task);
    cell_check("W8", "case %ld %s", (long)fired,
               self.ins[1].flags & ANSER_INFO_CLOSED ? "closed" : "gets");
    drop_channel(a);
}

static int64_t do_send(void *argument)
{
    return send_word(*(anser_handle *)argument, 8, CLOCK_NEVER);
}

static void test_buffer_goes(void)
{
    struct channel a = make_channel(128, 0);
    struct selector self = {.count = 0};
    struct task task;
    void *data = memory_map(MEMORY_PAGE);
    add_send(&self, a.send, 1, 0);
    self.outs[0].data = data;
    self.outs[0].length = 128;
    start_selector(&self);
    task_start(&task, do_send, &a.send);
    task_wait_state(&task, ANSER_STATE_SENDING);
    memory_unmap(data, MEMORY_PAGE);
    uint64_t got = receive_word(a.receive, 0);
    int64_t status = task_join(&self.task), next = task_join(&task);
    cell_check("W9", "%s of case %d; receiver gets %lu; next sender %s", error_name(status),
               blamed(&self), got, error_name(next));
    drop_channel(a);
}

static void test_no_cases(void)
{
    struct select_case nil[2] = {select_signal(0), select_signal(0)};
    struct sys_result too_many =
        sys_chan_select((struct anser_case *)nil, ANSER_SELECT_MAX + 1, ANSER_INFO_NB, 0);
    cell_check("W10", "%s, %s; until a deadline %s", error_name(select_wait(NULL, 0, 0)),
               error_name(select_wait(nil, 2, 0)), error_name(select_wait(nil, 2, clock_after(2))));
    cell_check("W11", "%s of case %ld", error_name(too_many.status), (long)too_many.value);
}

/* ---- Calls, deaths, many. -------------------------------------------------------------------- */

static void act_call(struct actor *self)
{
    actor_call_word(self, 4, CLOCK_NEVER);
}

static void test_call(void)
{
    struct channel a = make_channel(8, 0);
    struct actor caller = {0};
    struct selector self = {.count = 0};
    actor_start(&caller, &a, act_call);
    add_receive(&self, a.receive);
    self.cases[0].want_reply = true;
    int fired = select_wait(self.cases, 1, 0);
    int status = reply_word(self.ins[0].reply, self.words[0] + 100);
    task_join(&caller.task);
    cell_check("W12", "case %d gets %lu and the right; reply %s; caller %s", fired, self.words[0],
               error_name(status), caller.text);
    drop_channel(a);
}

static int64_t select_in_child(uint64_t argument)
{
    uint64_t words[2] = {argument, 0};
    struct channel_out out = {.data = words, .length = 8};
    struct channel_in in = {.data = &words[1], .capacity = 8};
    struct select_case cases[] = {select_send(child_handles[0], &out),
                                  select_receive(child_handles[1], &in)};
    return select_wait(cases, 2, CLOCK_NEVER);
}

static void test_dies(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .handle_count = 2, .handles = {handle_duplicate(a.send), handle_duplicate(b.receive)}};
    child_start(&child, select_in_child, 1, &options);
    struct task task = {.id = object_id(child.thread)};
    TEST(task_wait_state(&task, ANSER_STATE_SELECTING), "a child selects");
    sys_process_kill(child.process, 0);
    child_wait(&child);
    uint64_t got = receive_word(a.receive, 0);
    cell_check("W13", "receive %s; send %s", error_name((int64_t)got),
               error_name(send_word(b.send, 1, 0)));
    drop_channel(a);
    drop_channel(b);
}

static void test_many(void)
{
    static struct select_case cases[ANSER_SELECT_MAX];
    struct channel channels[ANSER_SELECT_MAX];
    uint64_t word = 0;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    unsigned good = 0;
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++) {
        channels[i] = make_channel(8, 1);
        cases[i] = select_receive(channels[i].receive, &in);
    }
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++) {
        send_word(channels[i].send, i, 0);
        good += select_wait(cases, ANSER_SELECT_MAX, 0) == (int)i && word == i;
    }
    cell_check("W14", "each of %u fires", good);
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++)
        drop_channel(channels[i]);
}

static void test_all(void)
{
    test_chance();
    test_itself();
    test_others_stay();
    test_carried();
    test_checked_first();
    test_closed_while_waiting();
    test_closed_receive();
    test_buffer_goes();
    test_no_cases();
    test_call();
    test_dies();
    test_many();
}

int main(void)
{
    scene_grid(operations, 1); /* stacks and tables are there from now on */
    test_all();
    struct balance before = balance_now();
    scene_grid(operations, sizeof(operations) / sizeof(operations[0]));
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("LW");
}
