/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles and pages in messages: all of them or none, and who owns them afterwards. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/handles.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

static const char *handle_state(anser_handle handle)
{
    return sys_handle_info(handle).status > 0 ? "stays" : "moves";
}

/* ---- All or none. ---------------------------------------------------------------------------- */

static void test_four(void)
{
    struct channel channel = make_channel(8, 1), other = make_channel(8, 1);
    anser_handle sent[4] = {other.send, handle_duplicate(other.send), handle_duplicate(other.send),
                            handle_duplicate(other.send)};
    anser_handle came[4] = {0};
    int64_t status = send_handles(channel.send, sent, 4, 0);
    int64_t count = receive_handles(channel.receive, came, 0);
    bool work = true;
    for (unsigned i = 0; i < 4; i++) {
        work &= send_word(came[i], i, 0) == 0 && receive_word(other.receive, 0) == i;
        handle_close(came[i]);
    }
    cell_check("H1", "send %s; receiver gets %ld; they %s; handle %s", error_name(status),
               (long)count, work ? "work" : "do not work", handle_state(sent[3]));
    drop_channel(channel);
    handle_close(other.receive);
}

/* A good handle and a bad one. */
static void test_refused(const char *id, anser_handle bad)
{
    struct channel channel = make_channel(8, 1), other = make_channel(8, 0);
    anser_handle sent[2] = {other.send, bad ? bad : other.send};
    int64_t status = send_handles(channel.send, sent, 2, 0);
    cell_check(id, "%s; handle %s; len %ld", error_name(status), handle_state(other.send),
               (long)sys_chan_len(channel.receive).status);
    drop_channel(channel);
    drop_channel(other);
}

static void test_all_refused(void)
{
    struct channel other = make_channel(8, 0);
    anser_handle fixed = sys_handle_dup(other.send, ANSER_RIGHT_SEND);
    anser_handle stale = handle_duplicate(other.send);
    handle_close(stale);
    test_refused("H2", stale);
    test_refused("H3", fixed);
    test_refused("H4", 0);
    handle_close(fixed);
    drop_channel(other);
    struct channel channel = make_channel(8, 1);
    struct ipc_registers registers = {.info = IPC_INFO(0, 5)};
    cell_check("H5", "%s", error_name(ipc_exchange(ANSER_CALL_send, channel.send, &registers)));
    drop_channel(channel);
}

/* ---- Receive ends. --------------------------------------------------------------------------- */

static void test_receive_end(void)
{
    struct channel buffer = make_channel(8, 1), meeting = make_channel(8, 0);
    struct channel other = make_channel(8, 1);
    int64_t buffered = send_handles(buffer.send, &other.receive, 1, 0);
    cell_check("H6", "%s; handle %s", error_name(buffered), handle_state(other.receive));
    struct transfer transfer = {.way = meeting.receive};
    struct task task;
    task_start(&task, do_receive, &transfer);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    int64_t met = send_handles(meeting.send, &other.receive, 1, 0);
    task_join(&task);
    send_word(other.send, 5, 0);
    cell_check("H7", "%s; handle %s; receiving on it gets %lu", error_name(met),
               handle_state(other.receive), receive_word(transfer.handles[0], 0));
    other.receive = transfer.handles[0];
    drop_channel(other);
    drop_channel(meeting);
    drop_channel(buffer);
}

/* There is room only once the sender waits: the rule for buffers holds then, too. */
static void test_receive_end_later(void)
{
    struct channel buffer = make_channel(8, 1), other = make_channel(8, 1);
    struct transfer transfer = {buffer.send, {other.receive}, 1};
    struct task task;
    send_word(buffer.send, 1, 0);
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    receive_word(buffer.receive, 0);
    int64_t status = task_result(&task);
    cell_check("H8", "%s; handle %s; len %ld", error_name(status), handle_state(other.receive),
               (long)sys_chan_len(buffer.send).status);
    drop_channel(buffer);
    drop_channel(other);
}

static void test_through_itself(void)
{
    struct channel buffer = make_channel(8, 1), meeting = make_channel(8, 0);
    anser_handle came[4] = {0};
    int64_t status = send_handles(buffer.send, &buffer.send, 1, 0);
    receive_handles(buffer.receive, came, 0);
    cell_check("H9", "%s; handle %s; send on it %s", error_name(status), handle_state(buffer.send),
               error_name(send_word(came[0], 1, 0)));
    handle_close(came[0]);
    handle_close(buffer.receive);
    struct transfer transfer = {meeting.send, {meeting.receive}, 1};
    struct task task;
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    int64_t count = receive_handles(meeting.receive, came, 0);
    cell_check("H10", "sender %s; receiver gets %ld; old handle %s", error_name(task_result(&task)),
               (long)count, handle_state(meeting.receive));
    handle_close(came[0]);
    handle_close(meeting.send);
}

/* ---- While the sender waits. ----------------------------------------------------------------- */

static void test_closed_while_waiting(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    struct transfer first = {channel.send, {other.send}, 1}, second = {channel.send, {0}, 0};
    struct task tasks[2];
    anser_handle came[4];
    task_start(&tasks[0], do_send, &first);
    task_wait_state(&tasks[0], ANSER_STATE_SENDING);
    task_start(&tasks[1], do_send, &second);
    task_wait_state(&tasks[1], ANSER_STATE_SENDING);
    handle_close(other.send);
    int64_t count = receive_handles(channel.receive, came, 0);
    int64_t status = task_result(&tasks[0]), next = task_result(&tasks[1]);
    cell_check("H11", "sender %s; next sender %s; receiver gets %ld handles", error_name(status),
               error_name(next), (long)count);
    drop_channel(channel);
    handle_close(other.receive);
}

/* ---- Receivers without room. ----------------------------------------------------------------- */

/* The own table is filled; the last handle that went in. */
static anser_handle made[ANSER_HANDLES_MAX];
static unsigned made_count;

static void fill_table(anser_handle pattern)
{
    made_count = 0;
    while ((made[made_count] = sys_handle_dup(pattern, ANSER_RIGHT_SEND)) > 0)
        made_count++;
}

static void empty_table(void)
{
    while (made_count > 0)
        handle_close(made[--made_count]);
}

static void test_no_slot_for_buffered(void)
{
    struct channel channel = make_channel(8, 1), other = make_channel(8, 0);
    anser_handle came[4] = {0};
    anser_handle sent[2] = {other.send, handle_duplicate(other.send)};
    send_handles(channel.send, sent, 2, 0);
    fill_table(channel.send);
    int64_t status = receive_handles(channel.receive, came, 0);
    handle_close(made[--made_count]);
    int64_t again = receive_handles(channel.receive, came, 0);
    int64_t length = sys_chan_len(channel.receive).status;
    empty_table();
    int64_t count = receive_handles(channel.receive, came, 0);
    cell_check("H12", "%s, with one free slot %s; len %ld; then gets %ld", error_name(status),
               error_name(again), (long)length, (long)count);
    handle_close(came[0]);
    handle_close(came[1]);
    handle_close(other.receive);
    drop_channel(channel);
}

static void test_no_slot_at_rendezvous(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    struct transfer transfer = {channel.send, {other.send}, 1};
    anser_handle came[4] = {0};
    struct task task;
    task_start(&task, do_send, &transfer);
    task_wait_state(&task, ANSER_STATE_SENDING);
    fill_table(channel.send);
    int64_t status = receive_handles(channel.receive, came, 0);
    const char *sender = task_done(&task) ? "done" : "waits";
    empty_table();
    int64_t count = receive_handles(channel.receive, came, 0);
    cell_check("H13", "%s, sender %s; then gets %ld, sender %s", error_name(status), sender,
               (long)count, error_name(task_result(&task)));
    handle_close(came[0]);
    handle_close(other.receive);
    drop_channel(channel);
}

static void test_no_slot_while_waiting(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    struct transfer transfer = {.way = channel.receive};
    struct task task;
    task_start(&task, do_receive, &transfer);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    fill_table(channel.send);
    int64_t status = send_handles(channel.send, &other.send, 1, 0);
    empty_table();
    cell_check("H14", "receiver %s; sender %s; handle %s", error_name(task_result(&task)),
               error_name(status), handle_state(other.send));
    drop_channel(other);
    drop_channel(channel);
}

#define PAGES 64

static int64_t receive_in_child(uint64_t argument)
{
    (void)argument;
    anser_handle came[4];
    return receive_handles(child_handles[0], came, CLOCK_NEVER);
}

/* Waits until the child's thread waits for a message. */
static bool child_receives(const struct child *child)
{
    struct task task = {.id = object_id(child->thread)};
    return task_wait_state(&task, ANSER_STATE_RECEIVING);
}

static void test_no_budget(void)
{
    struct channel channel = make_channel(8, 0), other = make_channel(8, 0);
    anser_handle pages = sys_pages_create(PAGES, 0, 0);
    struct child child;
    struct child_options options = {
        .budget_pages = PAGES, .handle_count = 1, .handles = {channel.receive}};
    child_start(&child, receive_in_child, 0, &options);
    TEST(child_receives(&child), "a child with little budget waits");
    anser_handle sent[2] = {other.send, pages};
    int64_t status = send_handles(channel.send, sent, 2, 0);
    cell_check("H15", "receiver %s; sender %s; handle %s; pages %s",
               error_name(child_wait(&child).status), error_name(status), handle_state(other.send),
               handle_state(pages));
    handle_close(pages);
    handle_close(channel.send);
    drop_channel(other);
}

/* ---- Pages. ---------------------------------------------------------------------------------- */

/* Writes into pages, gives them away, and looks at them again. */
static int64_t send_mapped_pages(uint64_t word)
{
    anser_handle pages = sys_pages_create(2, 0, 0);
    volatile uint64_t *memory =
        (volatile uint64_t *)sys_region_map(0, 0, 2 * MEMORY_PAGE,
                                            ANSER_PROT_READ | ANSER_PROT_WRITE, pages, 0)
            .value;
    *memory = word;
    int64_t status = send_handles(child_handles[0], &pages, 1, CLOCK_NEVER);
    return status < 0 ? status : (int64_t)*memory;
}

static void test_mapped_pages(const char *id, size_t capacity)
{
    struct channel channel = make_channel(8, capacity);
    anser_handle came[4] = {0};
    struct child child;
    struct child_options options = {.handle_count = 1, .handles = {channel.send}};
    child_start(&child, send_mapped_pages, 42, &options);
    int64_t count = receive_handles(channel.receive, came, CLOCK_NEVER);
    struct child_end end = child_wait(&child);
    volatile uint64_t *memory =
        memory_map_object(came[0], 0, 2 * MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    cell_check(id, "receiver gets %ld, reads %lu; the sender %s", (long)count, memory ? *memory : 0,
               end.reason == ANSER_EXIT_FAULT ? "faults" : "goes on");
    memory_unmap((void *)memory, 2 * MEMORY_PAGE);
    handle_close(came[0]);
    handle_close(channel.receive);
}

static void test_frozen_pages(void)
{
    struct channel channel = make_channel(8, 1);
    anser_handle pages = sys_pages_create(1, 0, 0), came[4] = {0};
    volatile uint64_t *memory =
        memory_map_object(pages, 0, MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    *memory = 7;
    memory_unmap((void *)memory, MEMORY_PAGE);
    anser_handle early = handle_duplicate(pages);
    sys_pages_freeze(pages);
    anser_handle second = handle_duplicate(pages);
    memory = memory_map_object(pages, 0, MEMORY_PAGE, ANSER_PROT_READ);
    int64_t status = send_handles(channel.send, &second, 1, 0);
    int64_t count = receive_handles(channel.receive, came, 0);
    cell_check("H18", "duplicate before %s, after %s; send %s; receiver gets %ld; sender reads %lu",
               error_name(early), error_name(second), error_name(status), (long)count,
               memory ? *memory : 0);
    memory_unmap((void *)memory, MEMORY_PAGE);
    handle_close(came[0]);
    handle_close(pages);
    drop_channel(channel);
}

/* With the channel goes what nobody can receive any more: the balance at the end shows it. */
static void test_dropped_with_channel(void)
{
    struct channel channel = make_channel(8, 1), other = make_channel(8, 0);
    anser_handle sent[2] = {other.send, sys_pages_create(8, 0, 0)};
    int64_t status = send_handles(channel.send, sent, 2, 0);
    drop_channel(channel);
    cell_check("H19", "send %s; inner channel %s", error_name(status),
               is_closed(other.receive) ? "closed" : "open");
    handle_close(other.receive);
}

static void test_all(void)
{
    test_four();
    test_all_refused();
    test_receive_end();
    test_receive_end_later();
    test_through_itself();
    test_closed_while_waiting();
    test_no_slot_for_buffered();
    test_no_slot_at_rendezvous();
    test_no_slot_while_waiting();
    test_no_budget();
    test_mapped_pages("H16", 0);
    test_mapped_pages("H17", 1);
    test_frozen_pages();
    test_dropped_with_channel();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("H");
}
