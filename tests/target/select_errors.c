/* SPDX-License-Identifier: BSD-2-Clause */
/* select: who is to blame for what; what ends one that waits. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/handler.S */
#include <errno.h>
#include <anser/init.h>
#include "memory.h"
#include "start.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/handler.h"
#include "support/selecting.h"
#include "syscall.h"
#include "tap.h"

#define PLACE 0x3500000000ul

/* ---- Bad cases: all are checked before any has an effect. -------------------------------------
 */

static struct anser_message block;
static uint8_t data[ANSER_ELEMENT_MAX + 1];

/* The bad case stands behind one that is ready; it alone is to blame, and nothing has happened. */
static void check_refused(struct anser_case bad, int error, const char *what)
{
    struct channel ready = make_channel(8, 1);
    struct anser_message message = {.send_length = 0};
    struct anser_case cases[3] = {
        {ready.send, ANSER_CASE_SEND, (uint64_t)&message}, bad, {0, 0, 0}};
    struct sys_result result = sys_chan_select(cases, 3, 0, 0);
    TEST(result.status == -error && result.value == 1, "%s: error %d, case 1", what, error);
    TEST(sys_chan_len(ready.send).status == 0, "the ready one has not fired");
    drop_channel(ready);
}

static void test_bad_handles(void)
{
    struct channel channel = make_channel(8, 1), signal, closed = make_channel(8, 0);
    channel_create_signal(&signal);
    drop_channel(closed);
    uint64_t good = (uint64_t)&block;
    check_refused((struct anser_case){closed.receive, 0, good}, EBADF, "a closed handle");
    check_refused((struct anser_case){-7, 0, good}, EBADF, "a negative one");
    check_refused((struct anser_case){start_handle(START_SYSTEM), 0, good}, EBADF, "no channel");
    check_refused((struct anser_case){channel.send, 0, good}, EPERM, "receiving on a send end");
    check_refused((struct anser_case){channel.receive, ANSER_CASE_SEND, good}, EPERM,
                  "sending on a receive end");
    check_refused((struct anser_case){signal.send, ANSER_CASE_SEND, good}, EBADF,
                  "sending on a signal");
    check_refused((struct anser_case){signal.send, 0, good}, EPERM, "waiting on its send end");
    drop_channel(channel);
    drop_channel(signal);
}

static void test_bad_words(void)
{
    struct channel channel = make_channel(100, 1);
    uint64_t good = (uint64_t)&block, send = ANSER_CASE_SEND;
    check_refused((struct anser_case){channel.send, send | ANSER_INFO_NB, good}, EINVAL,
                  "a flag of another place");
    check_refused((struct anser_case){channel.receive, 1ul << 40, good}, EINVAL, "no flag at all");
    check_refused((struct anser_case){channel.receive, 1ul << ANSER_INFO_HANDLES_SHIFT, good},
                  EINVAL, "handles in a receive");
    check_refused((struct anser_case){channel.send, send | 5ul << ANSER_INFO_HANDLES_SHIFT, good},
                  EINVAL, "five handles");
    check_refused((struct anser_case){0, 1, 0}, EINVAL, "also without a handle");
    check_refused((struct anser_case){channel.send, send, good + 1}, EINVAL, "an odd block");
    check_refused((struct anser_case){channel.send, send, 8}, EFAULT, "a block that is not there");
    check_refused((struct anser_case){channel.receive, 0, 0x80200000}, EFAULT,
                  "a block in the kernel's slot");
    block.send_data = (uint64_t)data;
    block.send_length = 101;
    check_refused((struct anser_case){channel.send, send, good}, EMSGSIZE, "an element too long");
    block.send_data = 16;
    block.send_length = 50;
    check_refused((struct anser_case){channel.send, send, good}, EFAULT, "no data there");
    block.send_length = 70;
    check_refused((struct anser_case){channel.send, send, good}, EFAULT, "of more than 64 bytes");
    block = (struct anser_message){.recv_data = 16, .recv_capacity = 8};
    check_refused((struct anser_case){channel.receive, 0, good}, EFAULT, "no room there");
    block = (struct anser_message){.handles = {channel.send, channel.send}};
    check_refused((struct anser_case){channel.send, send | 2 << ANSER_INFO_HANDLES_SHIFT, good},
                  EINVAL, "a handle twice");
    block.handles[1] = 0x777;
    check_refused((struct anser_case){channel.send, send | 2 << ANSER_INFO_HANDLES_SHIFT, good},
                  EBADF, "a handle that is none");
    block = (struct anser_message){.send_length = 0};
    drop_channel(channel);
}

static bool nobody_to_blame(struct sys_result result, int error)
{
    return result.status == -error && result.value == UINT64_MAX;
}

static void test_bad_call(void)
{
    struct anser_case cases[2] = {{0, 0, 0}, {0, 0, 0}};
    struct anser_case *odd = (struct anser_case *)((char *)cases + 4);
    TEST(nobody_to_blame(sys_chan_select(cases, 2, 1, 0), EINVAL), "a flag that is none: EINVAL");
    TEST(nobody_to_blame(sys_chan_select(odd, 1, ANSER_INFO_NB, 0), EINVAL), "an odd array");
    TEST(nobody_to_blame(sys_chan_select((void *)16, 1, ANSER_INFO_NB, 0), EFAULT), "no array");
    TEST(nobody_to_blame(sys_chan_select(cases, UINT64_MAX, ANSER_INFO_NB, 0), EINVAL),
         "2^64 - 1 cases: EINVAL");
}

static int64_t select_first(void *argument)
{
    (void)argument;
    anser_handle system = start_handle(START_SYSTEM);
    struct anser_case cases[8] = {{0, 0, 0}};
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, 1);
    bool refused = nobody_to_blame(sys_chan_select(cases, 8, ANSER_INFO_NB, 0), ENOMEM);
    sys_system_debug(system, ANSER_DEBUG_FAIL_ALLOC, 0);
    return refused && nobody_to_blame(sys_chan_select(cases, 8, ANSER_INFO_NB, 0), EAGAIN);
}

/* ---- Somebody at fault when it comes to the transfer. ------------------------------------------
 */

static int64_t send_large(void *argument)
{
    struct selecting *all = argument;
    return channel_send(all->cases[0].handle, &all->outs[0], CLOCK_NEVER);
}

static void test_peer_at_fault(void)
{
    struct channel a = make_channel(100, 0), b = make_channel(8, 1);
    struct selecting peer = {.count = 1}, all = {0};
    struct task task;
    void *page = memory_map(MEMORY_PAGE);
    peer.outs[0] = (struct channel_out){.data = page, .length = 100};
    peer.cases[0].handle = a.send;
    task_start(&task, send_large, &peer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    memory_unmap(page, MEMORY_PAGE);
    add_receive(&all, a.receive);
    all.ins[0].data = data;
    all.ins[0].capacity = 100;
    TEST(try_all(&all) == -EAGAIN && all.cases[0].error == 0,
         "the only sender's data are gone: nothing is ready");
    TEST(task_result(&task) == -EFAULT, "it gets EFAULT");
    page = memory_map(MEMORY_PAGE);
    peer.outs[0].data = page;
    task_start(&task, send_large, &peer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    memory_unmap(page, MEMORY_PAGE);
    add_send(&all, b.send, 1);
    TEST(try_all(&all) == 1 && receive_word(b.receive, 0) == 1, "another ready case fires instead");
    all.count = 1;
    TEST(try_all(&all) == -EAGAIN && task_result(&task) == -EFAULT, "whichever was chosen first");
    drop_channel(a);
    drop_channel(b);
}

static void test_own_fault(void)
{
    struct channel a = make_channel(100, 0), b = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    uint8_t *page = memory_map(MEMORY_PAGE);
    add_receive(&all, b.receive);
    add_receive(&all, a.receive);
    all.ins[1].data = page;
    all.ins[1].capacity = 100;
    park(&task, &all);
    memory_unmap(page, MEMORY_PAGE);
    TEST(send_word(a.send, 5, 0) == -EAGAIN, "its room is gone: a sender finds nobody");
    TEST(task_result(&task) == -EFAULT && all.cases[1].error == -EFAULT && !all.cases[0].error,
         "it gets EFAULT, for that case");
    TEST(send_word(b.send, 5, 0) == -EAGAIN, "and has left the others");
    all.ins[1].data = data;
    all.ins[1].capacity = 4;
    park(&task, &all);
    TEST(send_word(a.send, 5, 0) == -EAGAIN && task_result(&task) == -EMSGSIZE,
         "its room is too small: EMSGSIZE");
    page = memory_map(MEMORY_PAGE);
    all.count = 0;
    add_send(&all, a.send, 1);
    all.outs[0] = (struct channel_out){.data = page, .length = 80};
    park(&task, &all);
    memory_unmap(page, MEMORY_PAGE);
    TEST(receive_word(a.receive, 0) == ERROR(EAGAIN), "its data are gone: nobody sends");
    TEST(task_result(&task) == -EFAULT && all.cases[0].error == -EFAULT, "EFAULT, for that case");
    drop_channel(a);
    drop_channel(b);
}

static void test_element_stays(void)
{
    struct channel a = make_channel(100, 1);
    struct selecting all = {0};
    struct channel_out out = {.data = data, .length = 50};
    channel_send(a.send, &out, 0);
    add_receive(&all, a.receive);
    TEST(try_all(&all) == -EMSGSIZE && all.cases[0].error == -EMSGSIZE, "no room for an element");
    TEST(sys_chan_len(a.receive).status == 1, "which stays where it is");
    all.ins[0].data = data;
    all.ins[0].capacity = 50;
    TEST(try_all(&all) == 0 && all.ins[0].length == 50, "until there is room");
    drop_channel(a);
}

/* ---- What ends one that waits. -----------------------------------------------------------------
 */

static void test_handle_closed(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0), signal,
                   mover = make_channel(0, 1);
    channel_create_signal(&signal);
    struct selecting all = {0};
    struct task task;
    anser_handle second = handle_duplicate(a.receive);
    add_receive(&all, 0);
    add_receive(&all, handle_duplicate(a.receive));
    add_send(&all, handle_duplicate(b.send), 1);
    add_signal(&all, handle_duplicate(signal.receive));
    for (unsigned i = 1; i < 4; i++) {
        park(&task, &all);
        handle_close(all.cases[i].handle);
        TEST(task_result(&task) == -EBADF && all.cases[i].error == -EBADF,
             "the handle of case %u is closed: EBADF", i);
        all.cases[i].handle = 0;
    }
    all.cases[1].handle = second;
    all.cases[2].handle = handle_duplicate(b.send);
    struct channel_out out = {.handle_count = 1, .handles = {all.cases[2].handle}};
    park(&task, &all);
    TEST(channel_send(mover.send, &out, 0) == 0 && task_result(&task) == -EBADF &&
             all.cases[2].error == -EBADF,
         "the handle of a case moves away: EBADF");
    TEST(send_word(a.send, 1, 0) == -EAGAIN && receive_word(b.receive, 0) == ERROR(EAGAIN),
         "nothing of them is left");
    handle_close(second);
    drop_channel(a);
    drop_channel(b);
    drop_channel(signal);
    drop_channel(mover);
}

static uint32_t interrupts;

void on_foreign(struct anser_frame *frame)
{
    interrupts += frame->kind == ANSER_HANDLE_INTERRUPT;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
}

static int64_t select_with_handler(void *argument)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = PLACE,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
    return do_select(argument);
}

static void test_interrupted(void)
{
    struct channel a = make_channel(8, 0);
    struct selecting all = {.deadline = CLOCK_NEVER};
    struct task task;
    interrupts = 0;
    add_receive(&all, a.receive);
    add_send(&all, a.send, 1);
    task_start(&task, select_with_handler, &all);
    task_wait_state(&task, ANSER_STATE_SELECTING);
    TEST(sys_thread_interrupt(task.handle) == 0 && task_result(&task) == -EINTR &&
             interrupts == 1 && all.cases[0].error == 0 && all.cases[1].error == 0,
         "thread_interrupt: EINTR, its handler first, no case to blame");
    TEST(send_word(a.send, 1, 0) == -EAGAIN && receive_word(a.receive, 0) == ERROR(EAGAIN),
         "no case has fired, none waits");
    drop_channel(a);
}

static int64_t select_through(void *argument)
{
    struct selecting *all = argument;
    struct anser_message message = {.recv_data = (uint64_t)all->words, .recv_capacity = 8};
    struct anser_case one = {all->cases[0].handle, 0, (uint64_t)&message};
    all->count = 0;
    all->deadline = 0;
    select_with_handler(all); /* nothing is ready; it has its handler now */
    struct sys_result result = sys_chan_select(&one, 1, ANSER_INFO_NOINTR, 0);
    return result.status == 0 && result.value == 0 ? (int64_t)all->words[0] : result.status;
}

static void test_not_interrupted(void)
{
    struct channel a = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    interrupts = 0;
    all.cases[0].handle = a.receive;
    task_start(&task, select_through, &all);
    TEST(task_wait_state(&task, ANSER_STATE_SELECTING) && sys_thread_interrupt(task.handle) == 0 &&
             task_wait_state(&task, ANSER_STATE_SELECTING) && interrupts == 0,
         "NOINTR: an interruption does not end it");
    TEST(send_word(a.send, 6, 0) == 0 && task_result(&task) == 6 && interrupts == 1,
         "it comes when the select has ended");
    drop_channel(a);
}

static int64_t select_for_ever(uint64_t argument)
{
    (void)argument;
    struct selecting all = {0};
    add_receive(&all, child_handles[0]);
    add_send(&all, child_handles[1], 1);
    return select_wait(all.cases, all.count, CLOCK_NEVER);
}

static void test_killed(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    anser_handle receive = handle_duplicate(a.receive);
    struct child child;
    struct child_options options = {.handle_count = 2,
                                    .handles = {a.receive, handle_duplicate(b.send)}};
    TEST(child_start(&child, select_for_ever, 0, &options) == 0, "a child");
    struct anser_thread_info info = {0};
    for (int i = 0; i < 2000 && info.state != ANSER_STATE_SELECTING; i++) {
        task_look_up(object_id(child.thread), &info);
        clock_sleep(1);
    }
    TEST(info.state == ANSER_STATE_SELECTING, "selects");
    sys_process_kill(child.process, 3);
    TEST(child_wait(&child).reason == ANSER_EXIT_KILLED, "and is killed");
    TEST(send_word(a.send, 1, 0) == -EAGAIN && receive_word(b.receive, 0) == ERROR(EAGAIN),
         "nobody is left in a queue");
    handle_close(receive);
    handle_close(a.send);
    drop_channel(b);
}

static void test_memory(void)
{
    struct task task;
    task_start(&task, select_first, NULL);
    TEST(task_result(&task) == 1, "no memory for a thread's first select: ENOMEM, nobody to blame");
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_bad_handles();
        test_bad_words();
        test_bad_call();
        test_memory();
        test_peer_at_fault();
        test_own_fault();
        test_element_stays();
        test_handle_closed();
        test_interrupted();
        test_not_interrupted();
        test_killed();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
