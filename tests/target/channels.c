/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels: making them, sending and receiving, order, deadlines, closing. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "start.h"
#include "support/balance.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define WAITERS 3

/* ---- Making. --------------------------------------------------------------------------------- */

static bool makes(uint64_t element_size, uint64_t capacity, int64_t expected)
{
    struct sys_result made = sys_chan_create(element_size, capacity);
    if (made.status < 0)
        return made.status == expected;
    struct sys_result size = sys_chan_len(made.status);
    bool good = expected == 0 && size.status == 0 && size.value == capacity;
    drop_channel((struct channel){made.status, (anser_handle)made.value});
    return good;
}

static void test_create(void)
{
    TEST(makes(0, 0, 0) && makes(8, 0, 0) && makes(4096, 0, 0), "rendezvous, 0 to 4096 bytes");
    TEST(makes(0, 5, 0) && makes(1, 1000, 0) && makes(4096, 200, 0), "with buffers");
    TEST(makes(4097, 0, -EINVAL) && makes(UINT64_MAX, 1, -EINVAL), "larger elements are refused");
    TEST(makes(4096, 256, -EINVAL), "a buffer of more than 1 MiB is refused, slots included");
    TEST(makes(8, 1ul << 40, -EINVAL) && makes(0, UINT64_MAX, -EINVAL), "huge ones too");
    struct channel channel = make_channel(8, 3);
    struct sys_result send = sys_handle_info(channel.send);
    struct sys_result receive = sys_handle_info(channel.receive);
    unsigned both = ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER;
    TEST(send.status == ANSER_TYPE_CHANNEL && (uint32_t)send.value == (ANSER_RIGHT_SEND | both),
         "the send end can send, not receive");
    TEST(receive.status == ANSER_TYPE_CHANNEL &&
             (uint32_t)receive.value == (ANSER_RIGHT_RECV | both),
         "the receive end can receive, not send");
    TEST(send.value >> 32 == receive.value >> 32 && send.value >> 32 != 0, "of one object");
    TEST(send_word(channel.receive, 1, 0) == -EPERM, "sending on the receive end: EPERM");
    TEST(receive_word(channel.send, 0) == ERROR(EPERM), "receiving on the send end: EPERM");
    TEST(sys_chan_close(channel.receive) == -EPERM, "closing by the receive end: EPERM");
    drop_channel(channel);
    TEST(sys_chan_len(channel.send).status == -EBADF, "len of a closed handle: EBADF");
}

/* ---- Without waiting, and with deadlines. ---------------------------------------------------- */

static void test_non_blocking(void)
{
    struct channel empty = make_channel(8, 0), two = make_channel(8, 2);
    TEST(send_word(empty.send, 1, 0) == -EAGAIN, "nobody receives: EAGAIN");
    TEST(receive_word(empty.receive, 0) == ERROR(EAGAIN), "nobody sends: EAGAIN");
    TEST(send_word(two.send, 10, 0) == 0 && send_word(two.send, 11, 0) == 0, "a buffer takes two");
    TEST(send_word(two.send, 12, 0) == -EAGAIN, "and no third");
    struct sys_result length = sys_chan_len(two.send);
    TEST(length.status == 2 && length.value == 2, "len is 2, cap is 2");
    TEST(receive_word(two.receive, 0) == 10, "the oldest comes first");
    TEST(sys_chan_len(two.receive).status == 1, "len is 1, seen from the other end");
    TEST(send_word(two.send, 13, 0) == 0, "there is room again");
    TEST(receive_word(two.receive, 0) == 11 && receive_word(two.receive, 0) == 13, "in order");
    TEST(receive_word(two.receive, 0) == ERROR(EAGAIN), "and then nothing");
    drop_channel(empty);
    drop_channel(two);
}

static bool took_time(uint64_t begin, uint64_t milliseconds)
{
    return clock_now() - begin >= clock_ticks(milliseconds * 1000000);
}

static void test_deadlines(void)
{
    struct channel channel = make_channel(8, 0);
    struct ipc_registers registers = {.info = IPC_INFO(8, 0) | ANSER_INFO_DEADLINE};
    TEST(ipc_exchange(ANSER_CALL_send, channel.send, &registers) == -ETIMEDOUT,
         "a send with a deadline of 0: ETIMEDOUT");
    registers = (struct ipc_registers){.info = ANSER_INFO_DEADLINE, .deadline = clock_now()};
    TEST(ipc_exchange(ANSER_CALL_recv, channel.receive, &registers) == -ETIMEDOUT,
         "a receive whose deadline is over: ETIMEDOUT");
    uint64_t begin = clock_now();
    TEST(send_word(channel.send, 1, clock_after(20)) == -ETIMEDOUT, "a send times out");
    TEST(took_time(begin, 20), "not before its deadline");
    begin = clock_now();
    TEST(receive_word(channel.receive, clock_after(20)) == ERROR(ETIMEDOUT), "a receive times out");
    TEST(took_time(begin, 20), "not before its deadline");
    begin = clock_now();
    TEST(call_word(channel.send, 1, clock_after(20)) == ERROR(ETIMEDOUT), "a call times out");
    TEST(took_time(begin, 20), "not before its deadline");
    TEST(receive_word(channel.receive, 0) == ERROR(EAGAIN), "nothing of them is left");
    drop_channel(channel);
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

struct work {
    anser_handle handle;
    uint64_t word;
};

static int64_t do_send(void *argument)
{
    struct work *work = argument;
    return send_word(work->handle, work->word, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    struct work *work = argument;
    return (int64_t)receive_word(work->handle, CLOCK_NEVER);
}

static int64_t do_call(void *argument)
{
    struct work *work = argument;
    return (int64_t)call_word(work->handle, work->word, CLOCK_NEVER);
}

static int64_t do_wait(void *argument)
{
    struct work *work = argument;
    return channel_wait(work->handle, &work->word, CLOCK_NEVER);
}

static void test_rendezvous(void)
{
    struct channel channel = make_channel(8, 0);
    struct work work = {channel.send, 77};
    struct task task;
    struct anser_thread_info info;
    task_start(&task, do_send, &work);
    TEST(task_wait_state(&task, ANSER_STATE_SENDING), "a sender waits");
    TEST(task_look_up(task.id, &info) && info.wait_object == object_id(channel.send),
         "system_info says for what");
    TEST(sys_chan_len(channel.send).status == 0, "len stays 0");
    TEST(receive_word(channel.receive, 0) == 77, "its word is there at once");
    TEST(task_result(&task) == 0, "and it goes on");
    work.handle = channel.receive;
    task_start(&task, do_receive, &work);
    TEST(task_wait_state(&task, ANSER_STATE_RECEIVING), "a receiver waits");
    TEST(send_word(channel.send, 78, 0) == 0, "a send need not wait then");
    TEST(task_result(&task) == 78, "and it gets the word");
    drop_channel(channel);
}

/* Starts WAITERS tasks, each of them waiting before the next one starts. */
static bool queue_up(struct task *tasks, struct work *works, anser_handle handle,
                     int64_t (*function)(void *), uint64_t state)
{
    bool good = true;
    for (uint64_t i = 0; i < WAITERS; i++) {
        works[i] = (struct work){handle, 100 + i};
        task_start(&tasks[i], function, &works[i]);
        good &= task_wait_state(&tasks[i], state);
    }
    return good;
}

static void test_order(void)
{
    struct task tasks[WAITERS];
    struct work works[WAITERS];
    for (uint64_t capacity = 0; capacity < 3; capacity++) {
        struct channel channel = make_channel(8, capacity);
        for (uint64_t i = 0; i < capacity; i++)
            send_word(channel.send, i, 0);
        bool good = queue_up(tasks, works, channel.send, do_send, ANSER_STATE_SENDING);
        TEST(good, "%d senders wait behind %lu elements", WAITERS, capacity);
        for (uint64_t i = 0; i < capacity; i++)
            good &= receive_word(channel.receive, 0) == i;
        for (uint64_t i = 0; i < WAITERS; i++)
            good &= receive_word(channel.receive, 0) == 100 + i;
        TEST(good, "and are served in the order in which they came");
        for (uint64_t i = 0; i < WAITERS; i++)
            good &= task_result(&tasks[i]) == 0;
        TEST(good, "and go on");
        TEST(queue_up(tasks, works, channel.receive, do_receive, ANSER_STATE_RECEIVING),
             "%d receivers wait", WAITERS);
        for (uint64_t i = 0; i < WAITERS; i++)
            good &= send_word(channel.send, 200 + i, 0) == 0;
        for (uint64_t i = 0; i < WAITERS; i++)
            good &= task_result(&tasks[i]) == (int64_t)(200 + i);
        TEST(good, "and get what is sent in the order in which they came");
        drop_channel(channel);
    }
}

/* ---- Closing. -------------------------------------------------------------------------------- */

static void test_close(void)
{
    struct channel channel = make_channel(8, 2);
    send_word(channel.send, 1, 0);
    send_word(channel.send, 2, 0);
    struct work work = {channel.send, 3};
    struct task task;
    task_start(&task, do_send, &work);
    task_wait_state(&task, ANSER_STATE_SENDING);
    TEST(sys_chan_close(channel.send) == 0, "closed");
    TEST(task_result(&task) == -EPIPE, "the sender that waits gets EPIPE");
    TEST(sys_chan_close(channel.send) == -EPIPE, "a second close: EPIPE");
    TEST(send_word(channel.send, 4, 0) == -EPIPE, "a send: EPIPE");
    TEST(call_word(channel.send, 4, CLOCK_NEVER) == ERROR(EPIPE), "a call: EPIPE");
    TEST(sys_chan_len(channel.send).status == 2, "what was sent is still there");
    TEST(receive_word(channel.receive, 0) == 1, "and can be received,");
    TEST(receive_word(channel.receive, 0) == 2, "all of it,");
    TEST(is_closed(channel.receive) && is_closed(channel.receive), "then CLOSED, each time");
    TEST(receive_word(channel.receive, CLOCK_NEVER) == NOTHING, "without blocking");
    drop_channel(channel);
}

static void test_close_wakes_receivers(void)
{
    struct channel channel = make_channel(8, 0);
    struct task tasks[WAITERS];
    struct work works[WAITERS];
    bool good = queue_up(tasks, works, channel.receive, do_receive, ANSER_STATE_RECEIVING);
    sys_chan_close(channel.send);
    for (int i = 0; i < WAITERS; i++)
        good &= task_result(&tasks[i]) == (int64_t)NOTHING;
    TEST(good, "all receivers that wait learn that it was closed");
    drop_channel(channel);
}

static void test_last_send_handle(void)
{
    struct channel channel = make_channel(8, 1);
    anser_handle second = handle_duplicate(channel.send);
    struct work work = {channel.receive, 0};
    struct task task;
    handle_close(channel.send);
    TEST(receive_word(channel.receive, 0) == ERROR(EAGAIN), "one of two send handles has gone");
    send_word(second, 5, 0);
    handle_close(second);
    TEST(receive_word(channel.receive, 0) == 5, "after the last one what was sent is still there");
    TEST(is_closed(channel.receive), "and then the channel is closed");
    anser_handle badged = channel_mint(channel.receive, 1);
    TEST(badged > 0 && send_word(badged, 6, 0) == -EPIPE, "a badge minted later does not open it");
    handle_close(badged);
    handle_close(channel.receive);
    channel = make_channel(8, 0);
    work.handle = channel.receive;
    task_start(&task, do_receive, &work);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    handle_close(channel.send);
    TEST(task_result(&task) == (int64_t)NOTHING, "a receiver that waits learns of it");
    handle_close(channel.receive);
}

static void test_last_receive_handle(void)
{
    struct channel channel = make_channel(8, 0), inner = make_channel(8, 0);
    anser_handle second = handle_duplicate(channel.receive);
    struct work work = {channel.send, 6};
    struct task senders[2];
    task_start(&senders[0], do_send, &work);
    task_start(&senders[1], do_call, &work);
    task_wait_state(&senders[0], ANSER_STATE_SENDING);
    task_wait_state(&senders[1], ANSER_STATE_CALLING);
    handle_close(channel.receive);
    TEST(!task_done(&senders[0]) && !task_done(&senders[1]), "one of two receive handles has gone");
    handle_close(second);
    TEST(task_result(&senders[0]) == -EPIPE, "after the last one a sender gets EPIPE");
    TEST(task_result(&senders[1]) == -EPIPE, "and a caller too");
    TEST(send_word(channel.send, 7, 0) == -EPIPE, "and who comes later");
    handle_close(channel.send);

    channel = make_channel(8, 2);
    uint64_t word = 8;
    struct channel_out out = {&word, 8, 1, {inner.send}};
    TEST(channel_send(channel.send, &out, 0) == 0, "a handle waits in a buffer");
    TEST(receive_word(inner.receive, 0) == ERROR(EAGAIN), "and counts there");
    handle_close(channel.receive);
    TEST(receive_word(inner.receive, clock_after(1000)) == NOTHING,
         "the buffer is dropped with the last receive handle, and the handle with it");
    handle_close(channel.send);
    handle_close(inner.receive);
}

/* The handle that a thread waits on is closed by another one, while the channel lives on. */
static void test_handle_closed_under_it(void)
{
    struct channel channel = make_channel(8, 0), signal;
    struct channel second = {handle_duplicate(channel.send), handle_duplicate(channel.receive)};
    channel_create_signal(&signal);
    struct {
        const char *what;
        anser_handle handle;
        int64_t (*function)(void *);
        uint64_t state;
    } cases[] = {
        {"send", handle_duplicate(channel.send), do_send, ANSER_STATE_SENDING},
        {"call", handle_duplicate(channel.send), do_call, ANSER_STATE_CALLING},
        {"receive", handle_duplicate(channel.receive), do_receive, ANSER_STATE_RECEIVING},
        {"wait", handle_duplicate(signal.receive), do_wait, ANSER_STATE_SIGNAL},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct work work = {cases[i].handle, 9};
        struct task task;
        task_start(&task, cases[i].function, &work);
        bool waits = task_wait_state(&task, cases[i].state);
        sys_handle_close(cases[i].handle);
        TEST(waits && task_result(&task) == -EBADF, "%s on a handle that is closed: EBADF",
             cases[i].what);
    }
    TEST(receive_word(channel.receive, 0) == ERROR(EAGAIN), "nothing of them is left");
    TEST(send_word(channel.send, 1, 0) == -EAGAIN, "at either end");
    drop_channel(second);
    drop_channel(channel);
    drop_channel(signal);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        /* The second round finds stacks and tables as the first one left them. */
        if (round == 1)
            before = balance_now();
        test_create();
        test_non_blocking();
        test_deadlines();
        test_rendezvous();
        test_order();
        test_close();
        test_close_wakes_receivers();
        test_last_send_handle();
        test_last_receive_handle();
        test_handle_closed_under_it();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
