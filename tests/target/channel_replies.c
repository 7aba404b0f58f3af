/* SPDX-License-Identifier: BSD-2-Clause */
/* Rights to answer: used, kept, moved, dropped; answers that do not arrive. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/cells.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

/* A call by a thread of its own, and the right to answer it. */
struct pending {
    struct caller caller;
    struct task task;
    anser_handle reply; /* 0: implicit */
};

static void begin_call(struct pending *pending, struct channel channel, uint64_t word,
                       int want_reply)
{
    start_caller(&pending->task, &pending->caller, channel.send, word);
    pending->reply = receive_call(channel.receive, want_reply);
}

static const char *state_of(const struct pending *pending)
{
    return task_done(&pending->task) ? "done" : "waits";
}

static const char *handle_state(anser_handle handle)
{
    return sys_handle_info(handle).status > 0 ? "stays" : "gone";
}

/* ---- Rights that are used. ------------------------------------------------------------------- */

static void test_implicit(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending;
    begin_call(&pending, channel, 1, 0);
    int status = reply_word(0, 11);
    cell_check("Q1", "reply %s; caller gets %ld; second reply %s", error_name(status),
               (long)task_result(&pending.task), error_name(reply_word(0, 12)));
    drop_channel(channel);
}

struct answer {
    anser_handle reply;
    uint64_t word;
};

static int64_t do_answer(void *argument)
{
    struct answer *answer = argument;
    return reply_word(answer->reply, answer->word);
}

static void test_from_other_thread(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending;
    struct task task;
    begin_call(&pending, channel, 1, 1);
    struct answer answer = {pending.reply, 11};
    task_start(&task, do_answer, &answer);
    int64_t status = task_result(&task);
    cell_check("Q2", "reply %s; caller gets %ld; second reply %s", error_name(status),
               (long)task_result(&pending.task), error_name(reply_word(pending.reply, 12)));
    drop_channel(channel);
}

static void test_out_of_order(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending[3];
    int64_t result[3];
    int64_t status = 0;
    for (unsigned i = 0; i < 3; i++)
        begin_call(&pending[i], channel, i, 1);
    for (unsigned i = 3; i-- > 0;)
        status |= reply_word(pending[i].reply, 20 + i);
    for (unsigned i = 0; i < 3; i++)
        result[i] = task_result(&pending[i].task);
    cell_check("Q3", "replies %s; callers get %ld, %ld, %ld", error_name(status), (long)result[0],
               (long)result[1], (long)result[2]);
    drop_channel(channel);
}

static int64_t answer_what_comes(uint64_t word)
{
    uint64_t nothing[8];
    struct channel_in in = {.data = nothing, .capacity = sizeof(nothing)};
    if (channel_receive(child_handles[0], &in, 0, CLOCK_NEVER) < 0 || in.handle_count != 1)
        return -EINVAL;
    return reply_word(in.handles[0], word);
}

static void test_from_other_process(void)
{
    struct channel channel = make_channel(8, 0), way = make_channel(8, 0);
    struct pending pending;
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {way.receive}};
    child_start(&child, answer_what_comes, 33, &options);
    begin_call(&pending, channel, 1, 1);
    struct channel_out out = {.handle_count = 1, .handles = {pending.reply}};
    int sent = channel_send(way.send, &out, CLOCK_NEVER);
    int64_t status = child_wait(&child).status;
    cell_check("Q4", "send %s; reply %s; caller gets %ld", error_name(sent), error_name(status),
               (long)task_result(&pending.task));
    drop_channel(channel);
    handle_close(way.send);
}

/* ---- Rights that are not. -------------------------------------------------------------------- */

static void test_dropped(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending;
    begin_call(&pending, channel, 1, 1);
    handle_close(pending.reply);
    cell_check("Q5", "caller %s", error_name(task_result(&pending.task)));
    begin_call(&pending, channel, 1, 0);
    receive_word(channel.receive, 0);
    const char *empty = state_of(&pending);
    struct caller second;
    struct task task;
    start_caller(&task, &second, channel.send, 2);
    receive_call(channel.receive, 0);
    cell_check("Q6", "after EAGAIN the caller %s; after the next call %s", empty,
               error_name(task_result(&pending.task)));
    reply_word(0, 1);
    task_join(&task);
    cell_check("Q7", "%s", error_name(reply_word(0, 1)));
    drop_channel(channel);
}

static void test_into_buffer(void)
{
    struct channel channel = make_channel(8, 0), buffer = make_channel(8, 1);
    struct pending pending;
    begin_call(&pending, channel, 1, 1);
    struct channel_out out = {.handle_count = 1, .handles = {pending.reply}};
    int status = channel_send(buffer.send, &out, 0);
    int reply = reply_word(pending.reply, 5);
    cell_check("Q8", "send %s; reply %s; caller gets %ld", error_name(status), error_name(reply),
               (long)task_result(&pending.task));
    drop_channel(channel);
    drop_channel(buffer);
}

/* ---- Answers that do not arrive. ------------------------------------------------------------- */

struct room {
    anser_handle send;
    void *data;
    uint64_t capacity;
};

static int64_t call_with_room(void *argument)
{
    const struct room *room = argument;
    struct anser_message message = {.recv_data = (uint64_t)room->data,
                                    .recv_capacity = room->capacity};
    return sys_call(room->send, ANSER_INFO_MEM, &message).status;
}

static void test_too_long(void)
{
    struct channel channel = make_channel(64, 0);
    uint64_t words[2] = {1, 2};
    struct room room = {channel.send, words, 8};
    struct channel_out out = {.data = words, .length = 16};
    struct task task;
    task_start(&task, call_with_room, &room);
    anser_handle reply = receive_call(channel.receive, 1);
    int status = channel_reply(reply, &out);
    cell_check("Q9", "reply %s; caller %s; right %s", error_name(status),
               error_name(task_result(&task)), handle_state(reply));
    drop_channel(channel);
}

static void test_room_unmapped(void)
{
    struct channel channel = make_channel(64, 0);
    struct room room = {channel.send, memory_map(MEMORY_PAGE), 128};
    struct task task;
    task_start(&task, call_with_room, &room);
    anser_handle reply = receive_call(channel.receive, 1);
    memory_unmap(room.data, MEMORY_PAGE);
    int status = reply_word(reply, 1);
    cell_check("Q10", "reply %s; caller %s; right %s", error_name(status),
               error_name(task_result(&task)), handle_state(reply));
    drop_channel(channel);
}

static int64_t call_with_full_table(uint64_t argument)
{
    uint64_t word = argument;
    while (sys_handle_dup(child_handles[0], ANSER_RIGHT_SEND) > 0)
        ;
    struct channel_out out = {.data = &word, .length = 8};
    struct channel_in in = {.data = &word, .capacity = 8};
    return channel_call(child_handles[0], &out, &in, CLOCK_NEVER);
}

static void test_caller_out_of_handles(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 1);
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.send}};
    struct channel_out out = {.handle_count = 1, .handles = {other.send}};
    child_start(&child, call_with_full_table, 0, &options);
    anser_handle reply = receive_call(channel.receive, 1);
    int status = channel_reply(reply, &out);
    cell_check("Q11", "reply %s; caller %s; right %s; handle %s", error_name(status),
               error_name(child_wait(&child).status), handle_state(reply),
               handle_state(other.send));
    handle_close(channel.receive);
    drop_channel(other);
}

#define PAGES 64

static int64_t call_plainly(uint64_t word)
{
    return (int64_t)call_word(child_handles[0], word, CLOCK_NEVER);
}

static void test_caller_out_of_budget(void)
{
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = PAGES, .handle_count = 1, .handles = {channel.send}};
    anser_handle pages = sys_pages_create(PAGES, 0, 0);
    struct channel_out out = {.handle_count = 1, .handles = {pages}};
    TEST(child_start(&child, call_plainly, 0, &options) == 0, "a child with little");
    anser_handle reply = receive_call(channel.receive, 1);
    int status = channel_reply(reply, &out);
    cell_check("Q12", "reply %s; caller %s; right %s; handle %s", error_name(status),
               error_name(child_wait(&child).status), handle_state(reply), handle_state(pages));
    handle_close(channel.receive);
    handle_close(pages);
}

/* ---- Mistakes of the server, which spend nothing. -------------------------------------------- */

static void test_mistakes(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    struct pending pending;
    struct channel_out bad = {.handle_count = 2, .handles = {other.send, 1}};
    struct channel_out nowhere = {.data = (void *)0x3700000000ul, .length = 128};
    begin_call(&pending, channel, 1, 1);
    int status = channel_reply(pending.reply, &bad);
    cell_check("Q13", "reply %s; caller %s; handle %s", error_name(status), state_of(&pending),
               handle_state(other.send));
    status = channel_reply(pending.reply, &nowhere);
    cell_check("Q14", "reply %s; caller %s; right %s", error_name(status), state_of(&pending),
               handle_state(pending.reply));
    reply_word(pending.reply, 1);
    task_join(&pending.task);
    drop_channel(channel);
    drop_channel(other);
}

static int64_t receive_with_full_table(uint64_t argument)
{
    uint64_t word = argument;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    anser_handle last = 0, next;
    while ((next = sys_handle_dup(child_handles[0], ANSER_RIGHT_RECV)) > 0)
        last = next;
    if (channel_receive(child_handles[0], &in, 1, CLOCK_NEVER) != -EMFILE)
        return 1;
    handle_close(last);
    if (channel_receive(child_handles[0], &in, 1, CLOCK_NEVER) != 0)
        return 2;
    return reply_word(in.reply, word + 1);
}

static void test_server_out_of_handles(void)
{
    struct channel channel = make_channel(8, 0);
    struct child child;
    struct caller caller;
    struct task task;
    struct child_options options = {.handle_count = 1, .handles = {channel.receive}};
    start_caller(&task, &caller, channel.send, 8);
    task_wait_state(&task, ANSER_STATE_CALLING);
    child_start(&child, receive_with_full_table, 0, &options);
    int64_t result = task_result(&task), step = child_wait(&child).status;
    cell_check("Q15", "server %s; caller gets %ld", step == 0 ? "EMFILE, then the call" : "fails",
               (long)result);
    handle_close(channel.send);
}

/* ---- Answers with handles. ------------------------------------------------------------------- */

static int64_t call_for_handles(void *argument)
{
    const struct caller *caller = argument;
    struct channel_out out = {.data = NULL};
    uint64_t nothing;
    struct channel_in in = {.data = &nothing, .capacity = sizeof(nothing)};
    int status = channel_call(caller->send, &out, &in, CLOCK_NEVER);
    int64_t good = 0;
    for (unsigned i = 0; status == 0 && i < in.handle_count; i++) {
        good += sys_handle_info(in.handles[i]).status == ANSER_TYPE_CHANNEL;
        handle_close(in.handles[i]);
    }
    return status < 0 ? status : good;
}

static void test_handles(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    struct caller caller = {.send = channel.send};
    struct task task;
    task_start(&task, call_for_handles, &caller);
    anser_handle reply = receive_call(channel.receive, 1);
    struct channel_out out = {.handle_count = 4,
                              .handles = {other.send, other.receive, handle_duplicate(other.send),
                                          handle_duplicate(other.receive)}};
    int status = channel_reply(reply, &out);
    cell_check("Q16", "reply %s; caller gets %ld handles; the server's are %s", error_name(status),
               (long)task_result(&task), handle_state(other.send));
    drop_channel(channel);
}

static int64_t send_five(void *argument)
{
    return send_word(*(anser_handle *)argument, 5, CLOCK_NEVER);
}

/* Who asks for rights gets none with what is only sent. */
static void test_no_call(void)
{
    struct channel channel = make_channel(8, 0);
    struct task task;
    uint64_t word = 0;
    struct anser_message message = {.recv_data = (uint64_t)&word, .recv_capacity = 8, .reply = 77};
    task_start(&task, send_five, &channel.send);
    task_wait_state(&task, ANSER_STATE_SENDING);
    int64_t info =
        sys_recv(channel.receive, ANSER_INFO_MEM | ANSER_INFO_WANT_REPLY, &message).status;
    cell_check("Q17", "gets %lu, %s, right %ld", word, info & ANSER_INFO_CALL ? "call" : "no call",
               (long)message.reply);
    task_join(&task);
    drop_channel(channel);
}

/* The right cannot be used and given away at once. */
static void test_carries_itself(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending;
    begin_call(&pending, channel, 1, 1);
    struct channel_out out = {.handle_count = 1, .handles = {pending.reply}};
    int status = channel_reply(pending.reply, &out);
    const char *right = handle_state(pending.reply), *caller = state_of(&pending);
    handle_close(pending.reply);
    int64_t result = task_result(&pending.task);
    cell_check("Q18", "reply %s; caller %s; right %s; once it is closed caller %s",
               error_name(status), caller, right, error_name(result));
    drop_channel(channel);
}

/* ---- Rights that become handles when they are wanted. ---------------------------------------- */

static void test_kept_later(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending, second;
    begin_call(&pending, channel, 1, 0);
    pending.reply = sys_reply_keep();
    int64_t again = sys_reply_keep();
    begin_call(&second, channel, 2, 0);
    const char *first = state_of(&pending);
    int status = reply_word(0, 22);
    int64_t answer = task_result(&second.task);
    int kept = reply_word(pending.reply, 11);
    cell_check("Q19",
               "kept, once more %s; after the next call the first %s; reply %s; caller gets "
               "%ld; kept reply %s; caller gets %ld",
               error_name(again), first, error_name(status), (long)answer, error_name(kept),
               (long)task_result(&pending.task));
    begin_call(&pending, channel, 1, 0);
    handle_close(sys_reply_keep());
    cell_check("Q20", "dropped, caller %s; then there is none: %s",
               error_name(task_result(&pending.task)), error_name(sys_reply_keep()));
    drop_channel(channel);
}

/* Of a caller who is no more, and without a slot for it. */
static void test_kept_too_late(void)
{
    struct channel channel = make_channel(8, 0);
    struct pending pending;
    begin_call(&pending, channel, 1, 0);
    anser_handle taken[ANSER_HANDLES_MAX];
    unsigned count = 0;
    while ((taken[count] = handle_duplicate(channel.send)) > 0)
        count++;
    int64_t full = sys_reply_keep();
    while (count-- > 0)
        handle_close(taken[count]);
    anser_handle reply = sys_reply_keep();
    cell_check("Q21", "without a slot %s; then %s; caller gets %ld", error_name(full),
               reply > 0 ? "kept" : error_name(reply),
               (long)(reply_word(reply, 5), task_result(&pending.task)));
    struct caller hasty = {.send = channel.send, .word = 2, .deadline = 30};
    task_start(&pending.task, do_call, &hasty);
    receive_call(channel.receive, 0);
    int64_t result = task_result(&pending.task);
    cell_check("Q22", "caller %s; keeping its right %s", error_name(result),
               error_name(sys_reply_keep()));
    drop_channel(channel);
}

static void test_all(void)
{
    test_implicit();
    test_from_other_thread();
    test_out_of_order();
    test_from_other_process();
    test_dropped();
    test_into_buffer();
    test_too_long();
    test_room_unmapped();
    test_caller_out_of_handles();
    test_caller_out_of_budget();
    test_mistakes();
    test_server_out_of_handles();
    test_handles();
    test_no_call();
    test_carries_itself();
    test_kept_later();
    test_kept_too_late();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("Q");
}
