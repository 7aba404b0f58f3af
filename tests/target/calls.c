/* SPDX-License-Identifier: BSD-2-Clause */
/* call, reply, reply_recv: forms and lengths, the right to answer.
 */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/caller.h"
#include "syscall.h"
#include "tap.h"

/* ---- Forms and lengths. ---------------------------------------------------------------------- */

struct server {
    anser_handle receive;
    bool memory;
    uint8_t buffer[ANSER_ELEMENT_MAX];
};

static void add_one(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i]++;
}

/* Answers each call with its bytes, one added to each, until the channel is closed. */
static int64_t serve_memory(struct server *server)
{
    struct anser_message message = {.recv_data = (uint64_t)server->buffer,
                                    .recv_capacity = sizeof(server->buffer)};
    int64_t status = sys_recv(server->receive, ANSER_INFO_MEM, &message).status;
    while (status >= 0 && status & ANSER_INFO_CALL) {
        add_one(server->buffer, message.recv_length);
        message.send_data = (uint64_t)server->buffer;
        message.send_length = message.recv_length;
        status = sys_reply_recv(server->receive, ANSER_INFO_MEM, &message).status;
    }
    return status;
}

static int64_t serve_registers(struct server *server)
{
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, server->receive, &registers);
    while (status >= 0 && status & ANSER_INFO_CALL) {
        add_one((uint8_t *)registers.words, ipc_bytes(status));
        registers.info = (int64_t)IPC_INFO(ipc_bytes(status), 0);
        status = ipc_exchange(ANSER_CALL_reply_recv, server->receive, &registers);
    }
    return status;
}

static int64_t serve(void *argument)
{
    struct server *server = argument;
    return server->memory ? serve_memory(server) : serve_registers(server);
}

static bool answered(anser_handle send, bool memory, size_t length)
{
    static uint8_t question[ANSER_ELEMENT_MAX], answer[ANSER_ELEMENT_MAX];
    for (size_t i = 0; i < length; i++)
        question[i] = (uint8_t)(i * 11 + length);
    size_t came;
    if (memory) {
        struct anser_message message = {.send_data = (uint64_t)question,
                                        .send_length = length,
                                        .recv_data = (uint64_t)answer,
                                        .recv_capacity = sizeof(answer)};
        if (sys_call(send, ANSER_INFO_MEM, &message).status != 0)
            return false;
        came = message.recv_length;
    } else {
        struct ipc_registers registers = {.info = (int64_t)IPC_INFO(length, 0)};
        memcpy(registers.words, question, length);
        if (ipc_exchange(ANSER_CALL_call, send, &registers) != (int64_t)length)
            return false;
        came = length;
        memcpy(answer, registers.words, length);
    }
    add_one(question, length);
    return came == length && memcmp(question, answer, length) == 0;
}

static void test_forms(void)
{
    static const size_t lengths[] = {0, 1, 8, 13, 63, 64, 65, 1000, 4096};
    static struct server server;
    for (unsigned mix = 0; mix < 4; mix++) {
        struct channel channel = make_channel(ANSER_ELEMENT_MAX, 0);
        struct task task;
        bool memory = mix & 2, good = true;
        server = (struct server){.receive = channel.receive, .memory = mix & 1};
        task_start(&task, serve, &server);
        task_wait_state(&task, ANSER_STATE_RECEIVING);
        for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            if (lengths[i] > ANSER_REGISTER_BYTES && mix != 3)
                continue;
            for (int again = 0; again < 20; again++)
                good &= answered(channel.send, memory, lengths[i]);
        }
        TEST(good, "calls from %s, answered from %s", memory ? "memory" : "registers",
             mix & 1 ? "memory" : "registers");
        handle_close(channel.send);
        TEST(task_result(&task) == ANSER_INFO_CLOSED, "and the server learns of the end");
        handle_close(channel.receive);
    }
}

/* ---- Between processes, one word and eight, as fast as it goes. ------------------------------ */

#define ROUNDS 3000

static int64_t serve_words(uint64_t argument)
{
    (void)argument;
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, child_handles[0], &registers);
    while (status >= 0 && status & ANSER_INFO_CALL) {
        registers.words[0] += registers.badge;
        registers.words[7] += registers.words[1];
        registers.info = (int64_t)IPC_INFO(ipc_bytes(status), 0);
        status = ipc_exchange(ANSER_CALL_reply_recv, child_handles[0], &registers);
    }
    return status;
}

static void test_between_processes(void)
{
    struct channel channel = make_channel(64, 0);
    struct child child;
    anser_handle badged = channel_mint(channel.receive, 1000);
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    TEST(child_start(&child, serve_words, 0, &options) == 0, "a server in another process");
    bool good = true;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t word = i;
        good &= ipc_call_word(i & 1 ? badged : channel.send, &word) == 8;
        good &= word == i + (i & 1 ? 1000 : 0);
    }
    TEST(good, "%d calls of one word, two badges", ROUNDS);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t words[IPC_WORDS] = {i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7};
        good &= ipc_call_words(channel.send, words) == 64;
        good &= words[0] == i && words[3] == i + 3 && words[7] == i + 7 + i + 1;
    }
    TEST(good, "and of eight");
    uint64_t word = 5, words[IPC_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8};
    good = ipc_call_words(badged, words) == 64 && words[0] == 1001 &&
           ipc_call_word(badged, &word) == 8 && word == 1005 &&
           ipc_call_words(channel.send, words) == 64 && words[7] == 12;
    TEST(good, "and mixed");
    handle_close(channel.send);
    handle_close(badged);
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status & (ANSER_INFO_GONE | ANSER_INFO_CLOSED),
         "the server learns of the end");
}

/* ---- The right to answer. -------------------------------------------------------------------- */

static int64_t answer_from_here(void *argument)
{
    return reply_word(*(anser_handle *)argument, 7);
}

static void test_reply_handle(void)
{
    struct channel channel = make_channel(8, 0);
    struct caller caller, other;
    struct task calling, calling_too, answering;
    start_caller(&calling, &caller, channel.send, 1);
    start_caller(&calling_too, &other, channel.send, 2);
    anser_handle first = receive_call(channel.receive, 1);
    anser_handle second = receive_call(channel.receive, 1);
    TEST(first > 0 && second > 0, "two calls, two rights to answer");
    TEST(sys_handle_info(first).status == ANSER_TYPE_REPLY, "of their own type");
    TEST(sys_handle_dup(first, 0) == -EPERM, "which cannot be duplicated");
    TEST(reply_word(second, 8) == 0, "the second is answered first");
    TEST(reply_word(second, 8) == -EBADF, "once");
    task_start(&answering, answer_from_here, &first);
    TEST(task_result(&answering) == 0, "the first by another thread");
    int64_t results[2] = {task_result(&calling), task_result(&calling_too)};
    TEST(results[0] + results[1] == 15 && (results[0] == 7 || results[0] == 8),
         "both get their answers");

    start_caller(&calling, &caller, channel.send, 1);
    first = receive_call(channel.receive, 1);
    handle_close(first);
    TEST(task_result(&calling) == -EPIPE, "a right that is dropped: EPIPE to the caller");

    struct channel buffer = make_channel(8, 1), meeting = make_channel(8, 0);
    start_caller(&calling, &caller, channel.send, 1);
    first = receive_call(channel.receive, 1);
    struct channel_out out = {.handle_count = 1, .handles = {first}};
    TEST(channel_send(buffer.send, &out, 0) == -EINVAL, "no right to answer waits in a buffer");
    TEST(channel_send(meeting.send, &out, clock_after(10)) == -ETIMEDOUT &&
             reply_word(first, 9) == 0,
         "one that was not taken at a rendezvous still answers");
    TEST(task_result(&calling) == 9, "its caller");
    TEST(reply_word(0, 1) == -EPIPE, "nobody to answer: EPIPE");
    drop_channel(buffer);
    drop_channel(meeting);
    drop_channel(channel);
}

static int64_t answer_what_comes(uint64_t argument)
{
    (void)argument;
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    if (channel_receive(child_handles[0], &in, 0, clock_after(5000)) < 0 || in.handle_count != 1)
        return 1;
    return reply_word(in.handles[0], 55);
}

static void test_reply_in_other_process(void)
{
    struct channel channel = make_channel(8, 0), meeting = make_channel(8, 0);
    struct child child;
    struct caller caller;
    struct task task;
    struct child_options options = {.handle_count = 1, .handles = {meeting.receive}};
    TEST(child_start(&child, answer_what_comes, 0, &options) == 0, "another process");
    start_caller(&task, &caller, channel.send, 1);
    struct channel_out out = {.handle_count = 1, .handles = {receive_call(channel.receive, 1)}};
    TEST(channel_send(meeting.send, &out, clock_after(5000)) == 0, "is sent the right to answer");
    TEST(task_result(&task) == 55, "and answers");
    TEST(child_wait(&child).status == 0, "without an error");
    handle_close(meeting.send);
    drop_channel(channel);
}

static void test_second_call(void)
{
    struct channel channel = make_channel(8, 2);
    struct caller caller, other;
    struct task calling, calling_too;
    start_caller(&calling, &caller, channel.send, 1);
    TEST(receive_call(channel.receive, 0) == 0, "a call is received");
    TEST(send_word(channel.send, 3, 0) == 0 && receive_word(channel.receive, 0) == 3,
         "what is only sent does not disturb it");
    start_caller(&calling_too, &other, channel.send, 2);
    TEST(receive_call(channel.receive, 0) == 0, "a second call is received");
    TEST(task_result(&calling) == -EPIPE, "the first one, never answered: EPIPE");
    TEST(reply_word(0, 12) == 0 && task_result(&calling_too) == 12, "the second one is answered");
    drop_channel(channel);
}

/* A server that calls another one before it answers. */
static int64_t relay(void *argument)
{
    const anser_handle *handles = argument;
    uint64_t word = 0, badge;
    struct ipc_registers registers = {.info = 0};
    if (ipc_exchange(ANSER_CALL_recv, handles[0], &registers) != (ANSER_INFO_CALL | 8))
        return -1;
    word = registers.words[0];
    for (int i = 0; i < 100; i++) {
        if (ipc_call_word(handles[1], &word) != 8)
            return -2;
        word += 1000;
        int64_t status = ipc_reply_recv_word(handles[0], &word, &badge);
        if (status & ANSER_INFO_CLOSED)
            return 0;
        if (status != (ANSER_INFO_CALL | 8))
            return -3;
    }
    return 0;
}

static void test_nested(void)
{
    static struct server server;
    struct channel outer = make_channel(8, 0), inner = make_channel(8, 0);
    anser_handle handles[] = {outer.receive, inner.send};
    struct task serving, relaying;
    server = (struct server){.receive = inner.receive};
    task_start(&serving, serve, &server);
    task_start(&relaying, relay, handles);
    bool good = true;
    for (uint64_t i = 0; i < 50; i++)
        good &= call_word(outer.send, i, CLOCK_NEVER) == i + 0x0101010101010101ul + 1000;
    TEST(good, "a server that calls a server");
    handle_close(outer.send);
    TEST(task_result(&relaying) == 0, "ends well");
    handle_close(inner.send);
    task_result(&serving);
    handle_close(outer.receive);
    handle_close(inner.receive);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_forms();
        test_between_processes();
        test_reply_handle();
        test_reply_in_other_process();
        test_second_call();
        test_nested();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
