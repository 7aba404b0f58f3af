/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles in messages: they move, all or none; what may not; what a receiver without room gets. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handles.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

static bool alive(anser_handle handle)
{
    return sys_handle_info(handle).status > 0;
}

/* ---- Moving. --------------------------------------------------------------------------------- */

static void test_buffered(void)
{
    struct channel channel = make_channel(8, 1), others[4];
    anser_handle sent[4], came[4] = {0};
    uint64_t ids[4];
    for (unsigned i = 0; i < 4; i++) {
        others[i] = make_channel(8, 1);
        sent[i] = others[i].send;
        ids[i] = object_id(sent[i]);
    }
    TEST(send_handles(channel.send, sent, 4, 0) == 0, "four handles go into a buffer");
    TEST(!alive(sent[0]) && !alive(sent[1]) && !alive(sent[2]) && !alive(sent[3]),
         "and are the sender's no more");
    TEST(sys_chan_len(others[0].receive).status == 0 &&
             receive_word(others[0].receive, 0) == ERROR(EAGAIN),
         "on their way they keep their channels open");
    TEST(receive_handles(channel.receive, came, 0) == 4, "four come out");
    bool good = true;
    for (unsigned i = 0; i < 4; i++) {
        good &= object_id(came[i]) == ids[i] && came[i] != sent[i];
        good &= send_word(came[i], i, 0) == 0 && receive_word(others[i].receive, 0) == i;
        handle_close(came[i]);
        good &= is_closed(others[i].receive);
        handle_close(others[i].receive);
    }
    TEST(good, "in their order, and they work");
    drop_channel(channel);
}

static void test_rendezvous(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 1);
    struct transfer transfer = {.way = channel.receive};
    struct task task;
    task_start(&task, do_receive, &transfer);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    TEST(send_handles(channel.send, &other.receive, 1, 0) == 0, "a receive end, to who waits");
    TEST(task_result(&task) == 1 && !alive(other.receive), "has moved");
    send_word(other.send, 5, 0);
    TEST(receive_word(transfer.handles[0], 0) == 5, "and receives");
    transfer = (struct transfer){channel.send, {transfer.handles[0]}, 1};
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    TEST(alive(transfer.handles[0]), "while its sender waits, it is still there");
    anser_handle came[4] = {0};
    TEST(receive_handles(channel.receive, came, 0) == 1 && task_result(&task) == 0 &&
             !alive(transfer.handles[0]),
         "then it has moved");
    other.receive = came[0];
    drop_channel(other);
    drop_channel(channel);
}

static int64_t use_given(uint64_t argument)
{
    (void)argument;
    anser_handle came[4] = {0};
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != 1)
        return 1;
    return send_word(came[0], 99, CLOCK_NEVER) == 0 ? 0 : 2;
}

static void test_to_other_process(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 1);
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    TEST(child_start(&child, use_given, 0, &options) == 0, "a child with a receive handle");
    TEST(!alive(channel.receive), "which it was given");
    TEST(send_handles(channel.send, &other.send, 1, CLOCK_NEVER) == 0, "is sent a handle");
    TEST(receive_word(other.receive, CLOCK_NEVER) == 99, "uses it");
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0, "and ends");
    TEST(is_closed(other.receive), "and the handle with it");
    TEST(send_word(channel.send, 1, 0) == -EPIPE, "and its own");
    handle_close(channel.send);
    handle_close(other.receive);
}

/* ---- What does not move. --------------------------------------------------------------------- */

/* Both handles are refused with this error by a rendezvous, a buffer, and a call, and stay. */
static void check_refused(anser_handle first, anser_handle second, int error, const char *what)
{
    for (size_t capacity = 0; capacity < 2; capacity++) {
        struct channel channel = make_channel(8, capacity);
        struct channel_out out = {.handle_count = 2, .handles = {first, second}};
        struct channel_in in = {.capacity = 0};
        bool there = alive(first);
        TEST(channel_send(channel.send, &out, capacity == 0 ? clock_after(1000) : 0) == -error,
             "%s, %s: error %d", what, capacity == 0 ? "rendezvous" : "buffered", error);
        TEST(channel_call(channel.send, &out, &in, clock_after(1000)) == -error, "in a call, too");
        TEST(there == alive(first), "the other one stays");
        TEST(sys_chan_len(channel.receive).status == 0, "nothing was sent");
        drop_channel(channel);
    }
}

static void test_refused(void)
{
    struct channel other = make_channel(8, 0);
    anser_handle fixed = sys_handle_dup(other.send, ANSER_RIGHT_SEND | ANSER_RIGHT_DUP);
    anser_handle closed = handle_duplicate(other.send);
    handle_close(closed);
    check_refused(other.send, other.send, EINVAL, "the same handle twice");
    check_refused(other.send, fixed, EPERM, "one without TRANSFER");
    check_refused(other.send, closed, EBADF, "a closed one");
    check_refused(other.send, 0, EBADF, "no handle");
    check_refused(other.send, -5, EBADF, "a negative one");
    handle_close(fixed);

    struct channel buffer = make_channel(8, 1);
    anser_handle both[2] = {other.send, other.receive}, came[4] = {0};
    TEST(send_handles(buffer.send, both, 2, 0) == -EINVAL, "a receive end into a buffer: EINVAL");
    TEST(alive(other.send) && alive(other.receive), "both stay");
    struct transfer transfer = {buffer.send, {other.send, other.receive}, 2};
    struct task task;
    send_word(buffer.send, 1, 0);
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    receive_word(buffer.receive, 0);
    TEST(task_result(&task) == -EINVAL && alive(other.send) && alive(other.receive),
         "also when there is room only later");
    TEST(receive_handles(buffer.receive, came, 0) == -EAGAIN, "nothing was sent");
    drop_channel(buffer);
    drop_channel(other);
}

/* ---- A channel through itself. --------------------------------------------------------------- */

static void test_send_end_through_itself(void)
{
    struct channel buffer = make_channel(8, 1);
    anser_handle came[4] = {0};
    TEST(send_handles(buffer.send, &buffer.send, 1, 0) == 0, "a send handle through itself");
    TEST(!alive(buffer.send), "moves");
    TEST(receive_handles(buffer.receive, came, 0) == 1, "is received: nothing else kept it open");
    TEST(send_word(came[0], 3, 0) == 0 && receive_word(buffer.receive, 0) == 3, "and works");
    send_handles(came[0], came, 1, 0);
    handle_close(buffer.receive);

    struct channel meeting = make_channel(8, 0);
    struct transfer transfer = {meeting.send, {meeting.send}, 1};
    struct task task;
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    TEST(receive_handles(meeting.receive, came, 0) == 1, "one that its sender waits on");
    TEST(task_result(&task) == 0, "whose send has succeeded");
    TEST(send_word(came[0], 3, 0) == -EAGAIN, "it works");
    struct transfer receiver = {.way = meeting.receive};
    task_start(&task, do_receive, &receiver);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    TEST(send_handles(came[0], came, 1, 0) == 0 && task_result(&task) == 1,
         "one that meets its receiver");
    handle_close(receiver.handles[0]);
    TEST(is_closed(meeting.receive), "is the last one");
    handle_close(meeting.receive);
}

static void test_receive_end_through_itself(void)
{
    struct channel channel = make_channel(8, 0);
    struct transfer receiver = {.way = channel.receive};
    struct task tasks[2];
    anser_handle came[4] = {0};
    task_start(&tasks[0], do_receive, &receiver);
    task_wait_state(&tasks[0], ANSER_STATE_RECEIVING);
    TEST(send_handles(channel.send, &channel.receive, 1, 0) == 0,
         "the receive handle that its receiver waits on");
    TEST(task_result(&tasks[0]) == 1 && !alive(channel.receive), "has moved to it");
    channel.receive = receiver.handles[0];
    TEST(send_word(channel.send, 4, 0) == -EAGAIN, "the channel lives");

    struct transfer second = {.way = channel.receive};
    receiver.way = channel.receive;
    task_start(&tasks[0], do_receive, &receiver);
    task_wait_state(&tasks[0], ANSER_STATE_RECEIVING);
    task_start(&tasks[1], do_receive, &second);
    task_wait_state(&tasks[1], ANSER_STATE_RECEIVING);
    TEST(send_handles(channel.send, &channel.receive, 1, 0) == 0, "with two who wait on it");
    TEST(task_result(&tasks[0]) == 1, "the first gets it");
    TEST(task_result(&tasks[1]) == -EBADF, "the second one's handle is gone");
    channel.receive = receiver.handles[0];

    struct transfer sender = {channel.send, {channel.receive}, 1};
    task_start(&tasks[0], do_send, &sender);
    task_wait_state(&tasks[0], ANSER_STATE_SENDING);
    TEST(receive_handles(channel.receive, came, 0) == 1, "a receive handle receives itself");
    TEST(task_result(&tasks[0]) == 0 && !alive(channel.receive) && alive(came[0]), "and has moved");
    handle_close(came[0]);
    TEST(send_word(channel.send, 4, 0) == -EPIPE, "it was the only one");
    handle_close(channel.send);
}

/* ---- A receiver without room. ---------------------------------------------------------------- */

/* Fills the own handle table; the first one is returned, the others follow up to *last. */
static unsigned fill_table(anser_handle pattern, anser_handle *made)
{
    unsigned count = 0;
    int64_t handle;
    while ((handle = sys_handle_dup(pattern, ANSER_RIGHT_SEND)) > 0 && count < ANSER_HANDLES_MAX)
        made[count++] = handle;
    return handle == -EMFILE ? count : 0;
}

static int64_t receive_without_room(uint64_t argument)
{
    (void)argument;
    static anser_handle made[ANSER_HANDLES_MAX];
    anser_handle came[4] = {0};
    unsigned count = fill_table(child_handles[1], made);
    if (count < ANSER_HANDLES_MAX / 2)
        return 1;
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != -EMFILE)
        return 2;
    handle_close(made[0]);
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != -EMFILE)
        return 3; /* two come */
    handle_close(made[1]);
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != 2)
        return 4;
    return send_word(came[0], 42, CLOCK_NEVER) == 0 ? 0 : 5;
}

static void test_no_handle_left(void)
{
    for (size_t capacity = 0; capacity < 2; capacity++) {
        struct channel channel = make_channel(8, capacity), other = make_channel(8, 0);
        struct child child;
        anser_handle more = handle_duplicate(other.send);
        struct child_options options = {.handle_count = 2, .handles = {channel.receive, more}};
        anser_handle sent[2] = {other.send, handle_duplicate(other.send)};
        child_start(&child, receive_without_room, 0, &options);
        int64_t status;
        do /* at the rendezvous the receiver may be the one who waits: then it gets the error */
            status = send_handles(channel.send, sent, 2, clock_after(100));
        while (status == -ETIMEDOUT);
        TEST(status == 0, "two handles for one with a full table, %s",
             capacity == 0 ? "rendezvous" : "buffered");
        TEST(receive_word(other.receive, clock_after(5000)) == 42, "arrive when there is room");
        struct child_end end = child_wait(&child);
        TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
             "EMFILE before, and the element stays (step %ld)", (long)end.status);
        handle_close(channel.send);
        handle_close(other.receive);
    }
}

#define PAGES 64

static int64_t receive_without_budget(uint64_t argument)
{
    anser_handle came[4] = {0};
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != -ENOMEM)
        return 1;
    if (sys_region_decommit(0, argument, PAGES * MEMORY_PAGE) != 0)
        return 2;
    if (receive_handles(child_handles[0], came, CLOCK_NEVER) != 1)
        return 3;
    return sys_pages_info(came[0]).status == PAGES ? 0 : 4;
}

/* The child touches as many pages as will leave it without room for those that are sent. */
static int64_t use_up_budget(uint64_t argument)
{
    (void)argument;
    volatile char *memory = memory_map(PAGES * MEMORY_PAGE);
    for (unsigned i = 0; i < PAGES; i++)
        memory[i * MEMORY_PAGE] = 1;
    return receive_without_budget((uint64_t)memory);
}

static void test_no_budget_left(void)
{
    struct channel channel = make_channel(8, 1);
    struct child child;
    anser_handle pages = sys_pages_create(PAGES, 0, 0);
    struct child_options options = {
        .budget_pages = PAGES + 75, .handle_count = 1, .handles = {channel.receive}};
    TEST(send_handles(channel.send, &pages, 1, 0) == 0, "%d pages wait in a buffer", PAGES);
    int status = child_start(&child, use_up_budget, 0, &options);
    TEST(status == 0, "a child with little budget (%d)", status);
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0,
         "ENOMEM before it gives memory back, and the pages afterwards (step %ld)",
         (long)end.status);
    handle_close(channel.send);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_buffered();
        test_rendezvous();
        test_to_other_process();
        test_refused();
        test_send_end_through_itself();
        test_receive_end_through_itself();
        test_no_handle_left();
        test_no_budget_left();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
