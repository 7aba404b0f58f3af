/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that end otherwise: one side dies, the answer does not fit; badges, and their end. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

/* ---- Somebody dies. -------------------------------------------------------------------------- */

static int64_t receive_and_exit(uint64_t argument)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    if (channel_receive(child_handles[0], &in, (int)argument & 1, CLOCK_NEVER) < 0)
        return 1;
    if (argument & 2)
        sys_thread_exit(NULL);
    return 0;
}

static int64_t sleep_for_ever(uint64_t argument)
{
    (void)argument;
    for (;;)
        clock_sleep(1000);
    return 0;
}

static void test_server_dies(void)
{
    for (uint64_t how = 0; how < 4; how++) {
        struct channel channel = make_channel(8, 0);
        struct child child;
        struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
        child_start(&child, receive_and_exit, how, &options);
        TEST(call_word(channel.send, 1, CLOCK_NEVER) == ERROR(EPIPE),
             "the server %s with %s right to answer: EPIPE", how & 2 ? "thread leaves" : "exits",
             how & 1 ? "an explicit" : "the");
        child_wait(&child);
        TEST(call_word(channel.send, 1, CLOCK_NEVER) == ERROR(EPIPE), "nobody receives any more");
        handle_close(channel.send);
    }
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct caller caller;
    struct task task;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    child_start(&child, sleep_for_ever, 0, &options);
    start_caller(&task, &caller, channel.send, 1);
    task_wait_state(&task, ANSER_STATE_CALLING);
    sys_process_kill(child.process, 3);
    TEST(task_result(&task) == -EPIPE, "killed before it received the call: EPIPE");
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_KILLED && end.status == 3, "it was killed");
    handle_close(channel.send);
}

static int64_t call_once(uint64_t argument)
{
    return (int64_t)call_word(child_handles[0], argument, CLOCK_NEVER);
}

static void test_caller_dies(void)
{
    for (int explicit = 0; explicit < 2; explicit ++) {
        struct channel channel = make_channel(8, 0);
        struct child child;
        struct caller caller = {channel.send, 1, 20};
        struct task task;
        struct child_options options = {.handle_count = 1,
                                        .handles = {handle_duplicate(channel.send)}};
        child_start(&child, call_once, 1, &options);
        anser_handle reply = receive_call(channel.receive, explicit);
        sys_process_kill(child.process, 0);
        child_wait(&child);
        TEST(reply_word(reply, 1) == -EPIPE, "the caller was killed: EPIPE to %s right",
             explicit ? "an explicit" : "the");
        task_start(&task, do_call, &caller);
        reply = receive_call(channel.receive, explicit);
        TEST(task_result(&task) == -ETIMEDOUT, "the caller times out while the server works");
        TEST(reply_word(reply, 1) == -EPIPE, "EPIPE to the server");
        drop_channel(channel);
    }
}

/* ---- Answers that do not arrive. ------------------------------------------------------------- */

struct slow_server {
    anser_handle receive;
    anser_handle go;
    int64_t second; /* status of the reply_recv */
    uint64_t word;
};

/* Answers the first call when it is told to, and notes what came with the next message. */
static int64_t serve_slowly(void *argument)
{
    struct slow_server *server = argument;
    uint64_t badge;
    struct ipc_registers registers = {.info = 0};
    ipc_exchange(ANSER_CALL_recv, server->receive, &registers);
    receive_word(server->go, CLOCK_NEVER);
    server->word = 77;
    server->second = ipc_reply_recv_word(server->receive, &server->word, &badge);
    return 0;
}

static void test_reply_failed(void)
{
    struct channel channel = make_channel(8, 1), go = make_channel(8, 1);
    struct slow_server server = {.receive = channel.receive, .go = go.receive};
    struct caller caller = {channel.send, 1, 20};
    struct task serving, calling;
    task_start(&serving, serve_slowly, &server);
    task_start(&calling, do_call, &caller);
    TEST(task_result(&calling) == -ETIMEDOUT, "a caller gives up");
    send_word(go.send, 1, 0);
    task_wait_state(&serving, ANSER_STATE_RECEIVING);
    TEST(send_word(channel.send, 99, 0) == 0 && task_result(&serving) == 0,
         "the server's reply_recv goes on to the next message");
    TEST(server.second == (ANSER_INFO_REPLY_FAILED | 8) && server.word == 99,
         "and says that the answer did not arrive");
    drop_channel(channel);
    drop_channel(go);
}

static int64_t call_with_little_room(void *argument)
{
    uint64_t answer[2] = {0, 0};
    struct anser_message message = {.recv_data = (uint64_t)answer, .recv_capacity = 8};
    int64_t status = sys_call(*(anser_handle *)argument, ANSER_INFO_MEM, &message).status;
    return answer[0] | answer[1] ? 1 : status;
}

static void test_reply_too_long(void)
{
    struct channel channel = make_channel(64, 0);
    uint64_t words[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct channel_out two = {.data = words, .length = 16};
    struct channel_out nine = {.data = words, .length = 72};
    struct caller caller;
    struct task task;
    task_start(&task, call_with_little_room, &channel.send);
    receive_call(channel.receive, 0);
    TEST(channel_reply(0, &two) == -EMSGSIZE, "16 bytes for a caller with room for 8: EMSGSIZE");
    TEST(task_result(&task) == -EMSGSIZE, "to the caller too, and nothing is written");
    TEST(reply_word(0, 1) == -EPIPE, "the right is spent");
    start_caller(&task, &caller, channel.send, 1);
    anser_handle reply = receive_call(channel.receive, 1);
    TEST(channel_reply(reply, &nine) == -EMSGSIZE, "72 bytes for a caller with registers");
    TEST(task_result(&task) == -EMSGSIZE, "likewise");
    TEST(sys_handle_info(reply).status == -EBADF, "the right is spent");
    drop_channel(channel);
}

static void test_reply_with_handles(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 1);
    struct caller caller;
    struct task task;
    struct channel_out out = {.handle_count = 2, .handles = {other.send, other.send}};
    start_caller(&task, &caller, channel.send, 1);
    anser_handle reply = receive_call(channel.receive, 1);
    TEST(channel_reply(reply, &out) == -EINVAL, "the same handle twice in an answer: EINVAL");
    out.handles[1] = 1;
    TEST(channel_reply(reply, &out) == -EBADF, "a bad one: EBADF");
    TEST(!task_done(&task) && sys_handle_info(other.send).status > 0,
         "the server's mistakes spend nothing");
    out.handle_count = 1;
    TEST(channel_reply(reply, &out) == 0, "a good one");
    TEST(task_result(&task) == 0, "arrives");
    TEST(sys_handle_info(other.send).status == -EBADF, "it has moved");
    drop_channel(channel);
    handle_close(other.receive);
}

static int64_t call_without_slots(uint64_t argument)
{
    (void)argument;
    uint64_t word = 0;
    struct channel_out out = {.data = &word, .length = 8};
    struct channel_in in = {.data = &word, .capacity = 8};
    while (sys_handle_dup(child_handles[0], ANSER_RIGHT_SEND) > 0)
        ;
    return channel_call(child_handles[0], &out, &in, CLOCK_NEVER);
}

static void test_caller_without_slots(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 1);
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.send}};
    struct channel_out out = {.handle_count = 1, .handles = {other.send}};
    child_start(&child, call_without_slots, 0, &options);
    anser_handle reply = receive_call(channel.receive, 1);
    TEST(channel_reply(reply, &out) == -EMFILE, "a handle for a caller with a full table: EMFILE");
    TEST(send_word(other.send, 1, 0) == 0, "the server keeps it");
    TEST(sys_handle_info(reply).status == -EBADF, "the right is spent");
    TEST(child_wait(&child).status == -EMFILE, "the caller gets the error, too");
    handle_close(channel.receive);
    drop_channel(other);
}

/* ---- Badges. --------------------------------------------------------------------------------- */

static int64_t receive_badge(anser_handle receive, uint64_t *badge)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    int status = channel_receive(receive, &in, 0, clock_after(2000));
    *badge = in.badge;
    return status < 0 ? status : (int64_t)(in.flags | in.length);
}

static int64_t hold_and_exit(uint64_t argument)
{
    send_word(child_handles[0], argument, CLOCK_NEVER);
    return 0;
}

static void test_badges(void)
{
    struct channel channel = make_channel(8, 4);
    uint64_t badge;
    anser_handle five = channel_mint(channel.receive, 5),
                 huge = channel_mint(channel.receive, ~0ul);
    TEST(five > 0 && huge > 0, "badges are minted");
    TEST(channel_mint(channel.receive, 0) == -EINVAL, "but not 0: EINVAL");
    TEST(channel_mint(channel.send, 1) == -EPERM, "nor by the send end: EPERM");
    send_word(five, 1, 0);
    send_word(channel.send, 2, 0);
    send_word(huge, 3, 0);
    bool good = receive_badge(channel.receive, &badge) == 8 && badge == 5;
    good &= receive_badge(channel.receive, &badge) == 8 && badge == 0;
    good &= receive_badge(channel.receive, &badge) == 8 && badge == ~0ul;
    TEST(good, "each element has its sender's badge");
    anser_handle second = handle_duplicate(five);
    send_word(second, 1, 0);
    handle_close(five);
    receive_badge(channel.receive, &badge);
    TEST(badge == 5, "a duplicate has it too");
    TEST(receive_badge(channel.receive, &badge) == -ETIMEDOUT, "one of two handles has gone");
    send_word(second, 2, 0);
    send_word(second, 3, 0);
    handle_close(second);
    good =
        receive_badge(channel.receive, &badge) == 8 && receive_badge(channel.receive, &badge) == 8;
    TEST(good, "after the last one, what it sent comes first");
    TEST(receive_badge(channel.receive, &badge) == ANSER_INFO_GONE && badge == 5,
         "then that it is GONE");
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {huge}};
    child_start(&child, hold_and_exit, 9, &options);
    TEST(receive_badge(channel.receive, &badge) == 8 && badge == ~0ul, "a process uses one");
    child_wait(&child);
    TEST(receive_badge(channel.receive, &badge) == ANSER_INFO_GONE && badge == ~0ul,
         "its end is told as GONE");
    five = channel_mint(channel.receive, 5);
    handle_close(channel.send);
    struct channel_out out = {.handle_count = 1, .handles = {five}};
    TEST(channel_send(five, &out, 0) == 0, "a badged handle through itself");
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    TEST(channel_receive(channel.receive, &in, 0, 0) == 0 && in.handle_count == 1 && in.badge == 5,
         "is received: it was not gone");
    handle_close(in.handles[0]);
    TEST(receive_badge(channel.receive, &badge) == ANSER_INFO_GONE && badge == 5, "now it is GONE");
    TEST(receive_badge(channel.receive, &badge) == ANSER_INFO_CLOSED,
         "and the channel closed: it was the last send handle");
    handle_close(channel.receive);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_server_dies();
        test_caller_dies();
        test_reply_failed();
        test_reply_too_long();
        test_reply_with_handles();
        test_caller_without_slots();
        test_badges();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
