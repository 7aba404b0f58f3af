/* SPDX-License-Identifier: BSD-2-Clause */
/* select: ready cases, waiting ones, signals, nil, the same channel in several cases, closing. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include "support/balance.h"
#include "support/selecting.h"
#include "syscall.h"
#include "tap.h"

/* ---- What is ready. -------------------------------------------------------------------------- */

static void test_nothing_ready(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 1), signal;
    channel_create_signal(&signal);
    send_word(b.send, 1, 0);
    struct selecting all = {0};
    TEST(select_try(NULL, 0) == -EAGAIN, "no case, not waiting: EAGAIN");
    add_receive(&all, a.receive);
    add_send(&all, a.send, 2);
    add_send(&all, b.send, 3);
    add_receive(&all, 0);
    add_send(&all, 0, 4);
    add_signal(&all, signal.receive);
    TEST(try_all(&all) == -EAGAIN, "nobody sends, nobody receives, full, nil, no bits: EAGAIN");
    uint64_t begin = clock_now();
    TEST(select_wait(all.cases, all.count, clock_after(20)) == -ETIMEDOUT, "then ETIMEDOUT");
    TEST(clock_now() - begin >= clock_ticks(20000000), "not before the deadline");
    TEST(select_wait(NULL, 0, clock_after(5)) == -ETIMEDOUT, "without a case likewise");
    struct sys_result result = sys_chan_select(NULL, 0, ANSER_INFO_DEADLINE, 0);
    TEST(result.status == -ETIMEDOUT && result.value == UINT64_MAX, "nobody is to blame");
    TEST(sys_chan_len(b.send).status == 1 && receive_word(b.receive, 0) == 1, "nothing was moved");
    TEST(receive_word(a.receive, 0) == ERROR(EAGAIN) && send_word(a.send, 1, 0) == -EAGAIN,
         "nobody is left in a queue");
    drop_channel(a);
    drop_channel(b);
    drop_channel(signal);
}

static void test_one_ready(void)
{
    struct channel a = make_channel(8, 1), b = make_channel(8, 1), signal;
    channel_create_signal(&signal);
    struct selecting all = {0};
    add_receive(&all, a.receive);
    unsigned send = add_send(&all, b.send, 7);
    TEST(try_all(&all) == (int)send && receive_word(b.receive, 0) == 7, "room in a buffer");
    send_word(a.send, 5, 0);
    send_word(b.send, 6, 0);
    TEST(try_all(&all) == 0 && all.words[0] == 5 && all.ins[0].length == 8, "an element");
    TEST(try_all(&all) == -EAGAIN && receive_word(b.receive, 0) == 6, "once");
    unsigned bits = add_signal(&all, signal.receive);
    send_word(b.send, 6, 0);
    sys_signal(signal.send, 0x30);
    sys_signal(signal.send, 0x05);
    TEST(try_all(&all) == (int)bits && all.cases[bits].word == 0x35, "a signal's bits");
    TEST(try_all(&all) == -EAGAIN, "once");
    sys_chan_close(a.send);
    TEST(try_all(&all) == 0 && all.ins[0].flags == ANSER_INFO_CLOSED, "a closed channel");
    TEST(try_all(&all) == 0 && all.ins[0].flags == ANSER_INFO_CLOSED, "each time");
    drop_channel(a);
    drop_channel(b);
    drop_channel(signal);
}

static int64_t do_send(void *argument)
{
    struct selecting *all = argument;
    return send_word(all->cases[0].handle, all->words[0], CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    struct selecting *all = argument;
    return (int64_t)receive_word(all->cases[0].handle, CLOCK_NEVER);
}

static int64_t do_call(void *argument)
{
    struct selecting *all = argument;
    return (int64_t)call_word(all->cases[0].handle, all->words[0], CLOCK_NEVER);
}

static void test_who_waits(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selecting peer = {0}, all = {0};
    struct task task;
    add_receive(&all, a.receive);
    add_send(&all, b.send, 9);
    add_send(&peer, a.send, 8);
    task_start(&task, do_send, &peer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    TEST(try_all(&all) == 0 && all.words[0] == 8 && task_result(&task) == 0, "a waiting sender");
    peer.cases[0].handle = b.receive;
    task_start(&task, do_receive, &peer);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    TEST(try_all(&all) == 1 && task_result(&task) == 9, "a waiting receiver");
    peer.cases[0].handle = a.send;
    task_start(&task, do_call, &peer);
    task_wait_state(&task, ANSER_STATE_CALLING);
    TEST(try_all(&all) == 0 && all.ins[0].flags == ANSER_INFO_CALL, "a waiting call");
    TEST(reply_word(0, 77) == 0 && task_result(&task) == 77, "which is answered");
    drop_channel(a);
    drop_channel(b);
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

static void test_parked(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0), signal;
    struct selecting all = {0};
    struct task task;
    channel_create_signal(&signal);
    add_receive(&all, a.receive);
    add_send(&all, b.send, 21);
    add_signal(&all, signal.receive);
    add_receive(&all, 0);
    TEST(park(&task, &all), "a thread selects");
    TEST(send_word(a.send, 20, 0) == 0, "a send finds it");
    TEST(task_result(&task) == 0 && all.words[0] == 20, "its receive has fired");
    TEST(receive_word(b.receive, 0) == ERROR(EAGAIN), "its send has not,");
    sys_signal(signal.send, 1);
    TEST(try_all(&all) == 2, "nor has it got the signal");
    park(&task, &all);
    TEST(receive_word(b.receive, 0) == 21, "a receive finds it");
    TEST(task_result(&task) == 1 && send_word(a.send, 1, 0) == -EAGAIN, "its send has fired");
    park(&task, &all);
    sys_signal(signal.send, 0x44);
    TEST(task_result(&task) == 2 && all.cases[2].word == 0x44, "the signal has fired");
    struct selecting peer = {0};
    add_send(&peer, a.send, 30);
    struct task caller;
    park(&task, &all);
    task_start(&caller, do_call, &peer);
    TEST(task_result(&task) == 0 && all.words[0] == 30 && all.ins[0].flags == ANSER_INFO_CALL,
         "a call finds it");
    TEST(task_result(&caller) == -EPIPE, "it ended without an answer");
    drop_channel(a);
    drop_channel(b);
    drop_channel(signal);
}

static void test_two_selects(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selecting first = {0}, second = {0};
    struct task task;
    add_send(&first, a.send, 1);
    add_receive(&first, b.receive);
    add_receive(&second, a.receive);
    park(&task, &first);
    TEST(try_all(&second) == 0 && second.words[0] == 1, "a select meets a select");
    TEST(task_result(&task) == 0, "both have fired");
    second.count = 0;
    add_send(&second, b.send, 2);
    park(&task, &first);
    TEST(try_all(&second) == 0 && task_result(&task) == 1 && first.words[1] == 2,
         "in the other direction, too");
    drop_channel(a);
    drop_channel(b);
}

static void test_same_channel(void)
{
    struct channel a = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    add_receive(&all, a.receive);
    add_send(&all, a.send, 40);
    add_send(&all, a.send, 41);
    add_receive(&all, a.receive);
    TEST(try_all(&all) == -EAGAIN, "send and receive on one channel: not with oneself");
    TEST(park(&task, &all), "it waits");
    TEST(send_word(a.send, 42, 0) == 0, "a sender finds one of the receives");
    TEST(task_result(&task) == 0 && all.words[0] == 42, "the first");
    park(&task, &all);
    TEST(receive_word(a.receive, 0) == 40 && task_result(&task) == 1, "a receiver likewise");
    struct selecting other = all;
    for (unsigned i = 0; i < other.count; i++) {
        other.ins[i].data = &other.words[i];
        other.outs[i].data = &other.words[i];
        other.cases[i].in = other.cases[i].in ? &other.ins[i] : NULL;
        other.cases[i].out = other.cases[i].out ? &other.outs[i] : NULL;
    }
    park(&task, &all);
    int index = try_all(&other);
    int peer = (int)task_result(&task);
    TEST(index >= 0 && peer >= 0 && (index == 0 || index == 3) == (peer == 1 || peer == 2),
         "two such threads: one sends to the other");
    drop_channel(a);
}

/* A parked send goes into the buffer as soon as there is room. */
static void test_refill(void)
{
    struct channel a = make_channel(8, 1), b = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    send_word(a.send, 1, 0);
    add_receive(&all, b.receive);
    add_send(&all, a.send, 2);
    park(&task, &all);
    TEST(receive_word(a.receive, 0) == 1, "room comes up");
    TEST(task_result(&task) == 1 && receive_word(a.receive, 0) == 2, "and is taken");
    TEST(send_word(b.send, 1, 0) == -EAGAIN, "nobody receives any more");
    drop_channel(a);
    drop_channel(b);
}

static void test_order(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selecting first = {0}, second = {0}, third = {0};
    struct task tasks[3];
    add_receive(&first, a.receive);
    add_receive(&second, b.receive);
    add_receive(&second, a.receive);
    add_receive(&third, a.receive);
    task_start(&tasks[0], do_receive, &first);
    task_wait_state(&tasks[0], ANSER_STATE_RECEIVING);
    park(&tasks[1], &second);
    task_start(&tasks[2], do_receive, &third);
    task_wait_state(&tasks[2], ANSER_STATE_RECEIVING);
    bool good = true;
    for (uint64_t word = 1; word <= 3; word++)
        good &= send_word(a.send, word, 0) == 0;
    TEST(good && task_result(&tasks[0]) == 1 && task_result(&tasks[1]) == 1 &&
             second.words[1] == 2 && task_result(&tasks[2]) == 3,
         "receive, select, receive: in the order in which they came");
    drop_channel(a);
    drop_channel(b);
}

/* ---- Closing. -------------------------------------------------------------------------------- */

static void test_closed(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0), signal;
    struct selecting all = {0};
    struct task task;
    channel_create_signal(&signal);
    add_receive(&all, a.receive);
    add_send(&all, b.send, 1);
    add_signal(&all, signal.receive);
    park(&task, &all);
    sys_chan_close(a.send);
    TEST(task_result(&task) == 0 && all.ins[0].flags == ANSER_INFO_CLOSED && all.ins[0].length == 0,
         "closed while it waits: its receive fires, CLOSED");
    all.cases[0].handle = 0;
    park(&task, &all);
    sys_chan_close(b.send);
    TEST(task_result(&task) == -EPIPE && all.cases[1].error == -EPIPE,
         "its send fails with EPIPE, and is to blame");
    TEST(try_all(&all) == -EPIPE && all.cases[1].error == -EPIPE && all.cases[0].error == 0,
         "a send on a closed channel: likewise");
    all.cases[1].handle = 0;
    park(&task, &all);
    handle_close(signal.send);
    TEST(task_result(&task) == -EPIPE && all.cases[2].error == -EPIPE, "a signal's last send end");
    TEST(try_all(&all) == -EPIPE && all.cases[2].error == -EPIPE, "and afterwards");
    struct channel c = make_channel(8, 0);
    all.count = 0;
    add_send(&all, c.send, 1);
    park(&task, &all);
    handle_close(c.receive);
    TEST(task_result(&task) == -EPIPE && all.cases[0].error == -EPIPE, "the last receive end");
    handle_close(c.send);
    drop_channel(a);
    drop_channel(b);
    handle_close(signal.receive);
}

/* ---- Limits. --------------------------------------------------------------------------------- */

static void test_many(void)
{
    static struct selecting all;
    struct channel channels[ANSER_SELECT_MAX];
    struct task task;
    bool good = true;
    all.count = 0;
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++) {
        channels[i] = make_channel(8, 0);
        add_receive(&all, channels[i].receive);
    }
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i += 21) {
        good &= park(&task, &all) && send_word(channels[i].send, i, 0) == 0;
        good &= task_result(&task) == (int64_t)i && all.words[i] == i;
    }
    TEST(good, "64 cases: the first, the last, and those between");
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++)
        good &= send_word(channels[i].send, 1, 0) == -EAGAIN;
    TEST(good, "nobody is left in any queue");
    struct anser_case raw[ANSER_SELECT_MAX + 1] = {0};
    struct sys_result result = sys_chan_select(raw, ANSER_SELECT_MAX + 1, ANSER_INFO_NB, 0);
    TEST(result.status == -EINVAL && result.value == UINT64_MAX, "65 cases: EINVAL");
    result = sys_chan_select(raw, ANSER_SELECT_MAX, ANSER_INFO_NB, 0);
    TEST(result.status == -EAGAIN && result.value == UINT64_MAX, "64 nil cases: EAGAIN");
    for (unsigned i = 0; i < ANSER_SELECT_MAX; i++)
        drop_channel(channels[i]);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_nothing_ready();
        test_one_ready();
        test_who_waits();
        test_parked();
        test_two_selects();
        test_same_channel();
        test_refill();
        test_order();
        test_closed();
        test_many();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
