/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a channel's peers when a thread or process ends, or stops waiting. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
/* sources: tests/target/support/scene.c tests/target/support/handler.S */
#include <errno.h>
#include "clock.h"
#include "select.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/scene.h"
#include "syscall.h"
#include "tap.h"

#define PLACE 0x3500000000ul

/* ---- Children. ------------------------------------------------------------------------------- */

static int64_t sleep_for_ever(uint64_t milliseconds)
{
    for (;;)
        clock_sleep(milliseconds);
    return 0;
}

/* Receives a call, with the right as a handle or not, and ends. */
static int64_t receive_and_end(uint64_t want_reply)
{
    return receive_call(child_handles[0], (int)want_reply) < 0;
}

static int64_t call_once(uint64_t word)
{
    return (int64_t)call_word(child_handles[0], word, CLOCK_NEVER);
}

static int64_t send_once(uint64_t word)
{
    return send_word(child_handles[0], word, CLOCK_NEVER);
}

static int64_t receive_once(uint64_t argument)
{
    (void)argument;
    return (int64_t)receive_word(child_handles[0], CLOCK_NEVER);
}

static int64_t send_the_other(uint64_t word)
{
    struct channel_out out = {&word, sizeof(word), 1, {child_handles[1]}};
    return channel_send(child_handles[0], &out, CLOCK_NEVER);
}

/* A child with one or two handles, which it is given. */
static struct child child_with(int64_t (*function)(uint64_t), uint64_t argument, anser_handle first,
                               anser_handle second)
{
    struct child child = {0};
    struct child_options options = {.handle_count = second ? 2 : 1, .handles = {first, second}};
    TEST(child_start(&child, function, argument, &options) == 0, "a child");
    return child;
}

/* Waits until the child's thread is in this state. */
static bool child_waits(const struct child *child, uint64_t state)
{
    struct task task = {.id = object_id(child->thread)};
    return task_wait_state(&task, state);
}

static void child_kill(struct child *child)
{
    sys_process_kill(child->process, 0);
    child_wait(child);
}

/* ---- Servers. -------------------------------------------------------------------------------- */

static void test_server_never_received(void)
{
    struct channel channel = make_channel(8, 0);
    struct child server = child_with(sleep_for_ever, 1000, channel.receive, 0);
    struct caller caller;
    struct task task;
    start_caller(&task, &caller, channel.send, 1);
    task_wait_state(&task, ANSER_STATE_CALLING);
    child_kill(&server);
    cell_check("D1", "caller %s", error_name(task_result(&task)));
    handle_close(channel.send);
}

static void test_server_ends(const char *id, uint64_t want_reply)
{
    struct channel channel = make_channel(8, 0);
    struct child server = child_with(receive_and_end, want_reply, channel.receive, 0);
    uint64_t answer = call_word(channel.send, 1, CLOCK_NEVER);
    child_wait(&server);
    uint64_t later = call_word(channel.send, 1, CLOCK_NEVER);
    cell_check(id, "caller %s; later callers %s", error_name((int64_t)answer),
               error_name((int64_t)later));
    handle_close(channel.send);
}

struct service {
    anser_handle receive;
    int want_reply;
    anser_handle reply;
};

static int64_t take_call(void *argument)
{
    struct service *service = argument;
    service->reply = receive_call(service->receive, service->want_reply);
    return 0;
}

static void test_server_thread_ends(const char *id, int want_reply)
{
    struct channel channel = make_channel(8, 0);
    struct service service = {channel.receive, want_reply, 0};
    struct caller caller;
    struct task serving, calling;
    task_start(&serving, take_call, &service);
    start_caller(&calling, &caller, channel.send, 1);
    task_join(&serving);
    int reply = want_reply ? reply_word(service.reply, 77) : 0;
    int64_t result = task_result(&calling);
    if (want_reply)
        cell_check(id, "reply %s; caller gets %ld", error_name(reply), (long)result);
    else
        cell_check(id, "caller %s", error_name(result));
    drop_channel(channel);
}

/* ---- Callers. -------------------------------------------------------------------------------- */

static void test_caller_ends_in_queue(void)
{
    struct channel channel = make_channel(8, 0);
    struct child first = child_with(call_once, 1, handle_duplicate(channel.send), 0);
    child_waits(&first, ANSER_STATE_CALLING);
    struct child second = child_with(call_once, 2, handle_duplicate(channel.send), 0);
    child_waits(&second, ANSER_STATE_CALLING);
    child_kill(&first);
    uint64_t word = receive_word(channel.receive, 0);
    reply_word(0, 20);
    cell_check("D6", "server gets %lu; second gets %ld", word, (long)child_wait(&second).status);
    drop_channel(channel);
}

static void test_caller_ends_at_server(void)
{
    struct channel channel = make_channel(8, 0);
    int result[2];
    for (int explicit = 0; explicit < 2; explicit ++) {
        struct child caller = child_with(call_once, 1, handle_duplicate(channel.send), 0);
        anser_handle reply = receive_call(channel.receive, explicit);
        child_kill(&caller);
        result[explicit] = reply_word(reply, 1);
    }
    cell_check("D7", "reply %s; by handle %s", error_name(result[0]), error_name(result[1]));
    drop_channel(channel);
}

static void test_caller_times_out(void)
{
    struct channel channel = make_channel(8, 0);
    struct caller caller = {channel.send, 1, 500}; /* long enough to be received */
    struct task task;
    task_start(&task, do_call, &caller);
    anser_handle reply = receive_call(channel.receive, 1);
    int64_t result = task_result(&task);
    cell_check("D8", "caller %s; reply %s", error_name(result), error_name(reply_word(reply, 1)));
    drop_channel(channel);
}

/* ---- Interruptions. -------------------------------------------------------------------------- */

void on_foreign(struct anser_frame *frame)
{
    (void)frame;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
}

struct interrupted {
    int64_t number; /* of the call */
    anser_handle handle;
    uint64_t flags;
};

static void install_handler(void)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = PLACE,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
}

static int64_t call_with_handler(void *argument)
{
    const struct interrupted *call = argument;
    uint64_t length = call->number == ANSER_CALL_recv ? 0 : 8;
    struct ipc_registers registers = {.info = (int64_t)(IPC_INFO(length, 0) | call->flags),
                                      .words = {1}};
    install_handler();
    int64_t status = ipc_exchange(call->number, call->handle, &registers);
    return status < 0 ? status : (int64_t)registers.words[0];
}

static void test_interrupted(const char *id, uint64_t flags)
{
    struct channel channel = make_channel(8, 0);
    struct interrupted call = {ANSER_CALL_call, channel.send, flags};
    struct task task;
    task_start(&task, call_with_handler, &call);
    anser_handle reply = receive_call(channel.receive, 1);
    sys_thread_interrupt(task.handle);
    int status = reply_word(reply, 7);
    int64_t result = task_result(&task);
    if (flags)
        cell_check(id, "reply %s; caller gets %ld", error_name(status), (long)result);
    else
        cell_check(id, "caller %s; reply %s", error_name(result), error_name(status));
    drop_channel(channel);
}

static int64_t select_with_handler(void *argument)
{
    const struct interrupted *call = argument;
    struct select_case one = select_signal(call->handle);
    install_handler();
    return select_wait(&one, 1, CLOCK_NEVER);
}

static void test_waiting_interrupted(const char *id, int64_t number, uint64_t state)
{
    struct channel channel = make_channel(8, 0), signal;
    channel_create_signal(&signal);
    struct interrupted call = {number, 0, 0};
    struct task task;
    call.handle = number == ANSER_CALL_send   ? channel.send
                  : number == ANSER_CALL_recv ? channel.receive
                                              : signal.receive;
    task_start(&task, number == ANSER_CALL_chan_select ? select_with_handler : call_with_handler,
               &call);
    task_wait_state(&task, state);
    sys_thread_interrupt(task.handle);
    int64_t result = task_result(&task);
    cell_check(id, "%s; send %s, receive %s", error_name(result),
               error_name(send_word(channel.send, 1, 0)),
               error_name((int64_t)receive_word(channel.receive, 0)));
    drop_channel(channel);
    drop_channel(signal);
}

/* ---- Senders and receivers. ------------------------------------------------------------------ */

static void test_sender_ends_in_queue(void)
{
    struct channel channel = make_channel(8, 0);
    struct child first = child_with(send_once, 1, handle_duplicate(channel.send), 0);
    child_waits(&first, ANSER_STATE_SENDING);
    struct child second = child_with(send_once, 2, handle_duplicate(channel.send), 0);
    child_waits(&second, ANSER_STATE_SENDING);
    child_kill(&first);
    uint64_t word = receive_word(channel.receive, 0);
    cell_check("D11", "receiver gets %lu; second %s", word, error_name(child_wait(&second).status));
    drop_channel(channel);
}

static void test_receiver_ends_in_queue(void)
{
    struct channel channel = make_channel(8, 0);
    struct child first = child_with(receive_once, 0, handle_duplicate(channel.receive), 0);
    child_waits(&first, ANSER_STATE_RECEIVING);
    struct child second = child_with(receive_once, 0, handle_duplicate(channel.receive), 0);
    child_waits(&second, ANSER_STATE_RECEIVING);
    child_kill(&first);
    int status = send_word(channel.send, 5, 0);
    cell_check("D12", "send %s; second gets %ld", error_name(status),
               (long)child_wait(&second).status);
    drop_channel(channel);
}

static void test_sender_ends_after_buffering(void)
{
    struct channel channel = make_channel(8, 1), inner = make_channel(8, 1);
    struct child sender = child_with(send_the_other, 6, handle_duplicate(channel.send), inner.send);
    child_wait(&sender);
    uint64_t word = 0;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    channel_receive(channel.receive, &in, 0, 0);
    int status = in.handle_count == 1 ? send_word(in.handles[0], 8, 0) : -EBADF;
    cell_check("D13", "receiver gets %lu and the handle; send on it %s", word, error_name(status));
    handle_close(in.handles[0]);
    handle_close(inner.receive);
    drop_channel(channel);
}

static void test_receiver_ends_with_buffer(void)
{
    struct channel channel = make_channel(8, 2), inner = make_channel(8, 1);
    uint64_t word = 1;
    struct channel_out out = {&word, sizeof(word), 1, {inner.send}};
    channel_send(channel.send, &out, 0);
    struct child receiver = child_with(sleep_for_ever, 1000, channel.receive, 0);
    child_kill(&receiver);
    bool closed = is_closed(inner.receive);
    cell_check("D14", "send %s; inner channel %s", error_name(send_word(channel.send, 2, 0)),
               closed ? "closed" : "open");
    handle_close(channel.send);
    handle_close(inner.receive);
}

static const char *flags_name(uint64_t flags)
{
    return flags & ANSER_INFO_GONE ? "gone" : flags & ANSER_INFO_CLOSED ? "closed" : "an element";
}

static void test_badge_holder_ends(void)
{
    struct channel channel = make_channel(8, 4);
    struct child holder = child_with(send_once, 3, channel_mint(channel.receive, 7), 0);
    child_wait(&holder);
    uint64_t words[8];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    uint64_t word = receive_word(channel.receive, 0);
    int status = channel_receive(channel.receive, &in, 0, 0);
    cell_check("D15", "receiver gets %lu, then %s with badge %lu", word,
               status < 0 ? error_name(status) : flags_name(in.flags), in.badge);
    drop_channel(channel);
}

static void test_last_sender_ends(void)
{
    struct channel channel = make_channel(8, 0);
    struct child sender = child_with(sleep_for_ever, 1000, channel.send, 0);
    struct actor receiver = {0};
    actor_start(&receiver, &channel, act_receive);
    child_kill(&sender);
    task_join(&receiver.task);
    cell_check("D16", "receiver %s", receiver.text);
    handle_close(channel.receive);
}

static int64_t do_send(void *argument)
{
    return send_word(*(anser_handle *)argument, 1, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    return (int64_t)receive_word(*(anser_handle *)argument, CLOCK_NEVER);
}

static int64_t do_call_on(void *argument)
{
    return (int64_t)call_word(*(anser_handle *)argument, 1, CLOCK_NEVER);
}

/* The channel lives on: another handle of the same end is there. */
static void test_handle_closed(const char *id, anser_handle handle, int64_t (*function)(void *),
                               uint64_t state)
{
    struct task task;
    task_start(&task, function, &handle);
    task_wait_state(&task, state);
    handle_close(handle);
    cell_check(id, "%s", error_name(task_result(&task)));
}

/* Another process gets the handle that a thread waits on. */
static void test_handle_given(void)
{
    struct channel channel = make_channel(8, 0);
    anser_handle second = handle_duplicate(channel.send);
    struct child child = child_with(sleep_for_ever, 1000, handle_duplicate(channel.send), 0);
    struct task task;
    task_start(&task, do_send, &second);
    task_wait_state(&task, ANSER_STATE_SENDING);
    int64_t given = sys_handle_give(child.process, second);
    int64_t result = task_result(&task);
    cell_check("D20", "handle_give %s; sender %s; receive %s", given > 0 ? "0" : error_name(given),
               error_name(result), error_name((int64_t)receive_word(channel.receive, 0)));
    child_kill(&child);
    drop_channel(channel);
}

static void test_handles_closed(void)
{
    struct channel channel = make_channel(8, 0);
    test_handle_closed("D17", handle_duplicate(channel.send), do_send, ANSER_STATE_SENDING);
    test_handle_closed("D18", handle_duplicate(channel.send), do_call_on, ANSER_STATE_CALLING);
    test_handle_closed("D19", handle_duplicate(channel.receive), do_receive, ANSER_STATE_RECEIVING);
    drop_channel(channel);
}

static void test_all(void)
{
    test_server_never_received();
    test_server_ends("D2", 0);
    test_server_ends("D3", 1);
    test_server_thread_ends("D4", 0);
    test_server_thread_ends("D5", 1);
    test_caller_ends_in_queue();
    test_caller_ends_at_server();
    test_caller_times_out();
    test_interrupted("D9", 0);
    test_interrupted("D10", ANSER_INFO_NOINTR);
    test_sender_ends_in_queue();
    test_receiver_ends_in_queue();
    test_sender_ends_after_buffering();
    test_receiver_ends_with_buffer();
    test_badge_holder_ends();
    test_last_sender_ends();
    test_handles_closed();
    test_handle_given();
    test_waiting_interrupted("D21", ANSER_CALL_send, ANSER_STATE_SENDING);
    test_waiting_interrupted("D22", ANSER_CALL_recv, ANSER_STATE_RECEIVING);
    test_waiting_interrupted("D23", ANSER_CALL_chan_select, ANSER_STATE_SELECTING);
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("D");
}
