/* SPDX-License-Identifier: BSD-2-Clause */
/* select: handles and pages move with the case that fires, and with no other; calls, badges,
 * events. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include "memory.h"
#include "support/balance.h"
#include "support/selecting.h"
#include "syscall.h"
#include "tap.h"

#define PAGE  ((uint64_t)MEMORY_PAGE)
#define LARGE (1300 * PAGE) /* more than one piece of unmapping */
#define RW    (ANSER_PROT_READ | ANSER_PROT_WRITE)

static bool alive(anser_handle handle)
{
    return sys_handle_info(handle).status > 0;
}

static unsigned add_send_handle(struct selecting *all, anser_handle send, anser_handle carried)
{
    unsigned i = add_send(all, send, 1);
    all->outs[i].handle_count = 1;
    all->outs[i].handles[0] = carried;
    return i;
}

/* Receives one handle; 0 or an error if none came. */
static anser_handle receive_handle(anser_handle receive, uint64_t deadline)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    int status = channel_receive(receive, &in, 0, deadline);
    return status < 0 ? status : in.handle_count == 1 ? in.handles[0] : 0;
}

/* ---- Handles. ---------------------------------------------------------------------------------
 */

static void test_handles(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0), moved = make_channel(8, 1);
    struct selecting all = {0}, peer = {0};
    struct task task;
    add_send_handle(&all, a.send, moved.send);
    add_send_handle(&all, b.send, moved.send);
    add_receive(&peer, a.receive);
    TEST(park(&task, &all), "two cases would send the same handle");
    TEST(alive(moved.send), "it stays while they wait");
    anser_handle came = receive_handle(b.receive, 0);
    TEST(came > 0 && task_result(&task) == 1 && !alive(moved.send), "it moves with one");
    TEST(receive_word(a.receive, 0) == ERROR(EAGAIN), "the other has left");
    all.outs[0].handles[0] = all.outs[1].handles[0] = came;
    park(&task, &all);
    TEST(try_all(&peer) == 0 && peer.ins[0].handle_count == 1 && task_result(&task) == 0 &&
             !alive(came),
         "from select to select");
    came = peer.ins[0].handles[0];
    TEST(send_word(came, 4, 0) == 0 && receive_word(moved.receive, 0) == 4, "and it works");
    all.outs[0].handles[0] = came;
    all.outs[1].handles[0] = a.receive;
    park(&task, &all);
    handle_close(came);
    TEST(receive_handle(a.receive, 0) == -EAGAIN, "a handle that a parked case carries is closed");
    TEST(task_result(&task) == -EBADF && all.cases[0].error == -EBADF, "EBADF when it is its turn");
    TEST(try_all(&all) == -EBADF && all.cases[0].error == -EBADF, "or at once");
    handle_close(a.receive);
    handle_close(a.send);
    handle_close(moved.receive);
    drop_channel(b);
}

/* A case sends the very handle that another case of the same select waits on. */
static void test_own_handle(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    add_receive(&all, a.receive);
    add_send_handle(&all, b.send, a.receive);
    park(&task, &all);
    anser_handle came = receive_handle(b.receive, 0);
    TEST(came > 0 && task_result(&task) == 1, "it sends what another case of it waits on");
    TEST(send_word(a.send, 1, 0) == -EAGAIN, "that has left");
    handle_close(a.send);
    handle_close(came);
    struct channel buffer = make_channel(8, 1), c = make_channel(8, 0);
    all.count = 0;
    add_send_handle(&all, buffer.send, c.receive);
    TEST(try_all(&all) == -EINVAL && all.cases[0].error == -EINVAL && alive(c.receive),
         "a receive end into a buffer: EINVAL, and it stays");
    send_word(buffer.send, 1, 0);
    park(&task, &all);
    receive_word(buffer.receive, 0);
    TEST(task_result(&task) == -EINVAL && all.cases[0].error == -EINVAL && alive(c.receive),
         "also when there is room only later");
    drop_channel(b);
    drop_channel(c);
    drop_channel(buffer);
}

/* ---- Pages. -----------------------------------------------------------------------------------
 */

static uint64_t *map_new(anser_handle *pages, uint64_t length)
{
    *pages = memory_create_pages(length);
    uint64_t *there = memory_map_object(*pages, 0, length, RW);
    for (uint64_t i = 0; there != NULL && i < length; i += PAGE)
        there[i / 8] = i;
    return there;
}

static bool intact(anser_handle pages, uint64_t length)
{
    bool good = true;
    uint64_t *there = memory_map_object(pages, 0, length, ANSER_PROT_READ);
    for (uint64_t i = 0; there != NULL && i < length; i += PAGE)
        good &= there[i / 8] == i;
    good &= there != NULL && memory_unmap(there, length) == 0;
    handle_close(pages);
    return good;
}

static int64_t do_receive_handle(void *argument)
{
    return receive_handle(*(anser_handle *)argument, CLOCK_NEVER);
}

static void test_pages_stay(uint64_t length)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 1);
    struct selecting all = {0};
    struct task task;
    anser_handle pages;
    uint64_t *there = map_new(&pages, length);
    add_send_handle(&all, a.send, pages);
    TEST(try_all(&all) == -EAGAIN && there[length / 8 - 512] == length - PAGE,
         "%lu pages: nobody receives them, they are mapped as before", length / PAGE);
    add_receive(&all, b.receive);
    send_word(b.send, 1, 0);
    TEST(try_all(&all) == 1 && there[length / 8 - 512] == length - PAGE, "another case fires");
    park(&task, &all);
    there[0] = 0;
    send_word(b.send, 2, 0);
    TEST(task_result(&task) == 1 && there[length / 8 - 512] == length - PAGE, "also a parked one");
    memory_unmap(there, length);
    handle_close(pages);
    drop_channel(a);
    drop_channel(b);
}

static void test_pages_move(uint64_t length)
{
    struct channel a = make_channel(8, 0);
    struct selecting all = {0};
    struct task task;
    anser_handle pages;
    uint64_t free_address = (uint64_t)map_new(&pages, length);
    add_send_handle(&all, a.send, pages);
    park(&task, &all);
    anser_handle came = receive_handle(a.receive, clock_after(5000));
    TEST(task_result(&task) == 0 && !alive(pages), "%lu mapped pages leave a parked select",
         length / PAGE);
    TEST(sys_region_map(0, free_address, length, RW | ANSER_MAP_NOREPLACE, 0, 0).status == 0,
         "and their place is free");
    sys_region_unmap(0, free_address, length);
    TEST(intact(came, length), "all of them are there");

    map_new(&pages, length);
    all.outs[0].handles[0] = pages;
    task_start(&task, do_receive_handle, &a.receive);
    task_wait_state(&task, ANSER_STATE_RECEIVING);
    TEST(try_all(&all) == 0 && !alive(pages), "they go at once to who waits");
    TEST(intact(task_result(&task), length), "all of them");

    struct channel buffer = make_channel(8, 1);
    all.cases[0].handle = buffer.send;
    map_new(&pages, length);
    all.outs[0].handles[0] = pages;
    send_word(buffer.send, 1, 0);
    park(&task, &all);
    receive_word(buffer.receive, 0);
    TEST(task_result(&task) == 0 && !alive(pages), "into a buffer that has got room");
    TEST(intact(receive_handle(buffer.receive, 0), length), "all of them");
    drop_channel(a);
    drop_channel(buffer);
}

/* ---- Calls, badges, events. -------------------------------------------------------------------
 */

static int64_t do_call(void *argument)
{
    return (int64_t)call_word(*(anser_handle *)argument, 50, CLOCK_NEVER);
}

static void test_calls(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 1);
    struct selecting all = {0};
    struct task server, client;
    add_receive(&all, b.receive);
    add_receive(&all, a.receive);
    all.cases[1] = select_receive_call(a.receive, &all.ins[1]);
    park(&server, &all);
    task_start(&client, do_call, &a.send);
    TEST(task_result(&server) == 1 && all.ins[1].flags == ANSER_INFO_CALL && all.ins[1].reply > 0,
         "a parked case takes a call with its reply handle");
    TEST(task_wait_state(&client, ANSER_STATE_CALLING) && reply_word(all.ins[1].reply, 51) == 0 &&
             task_result(&client) == 51,
         "which answers, from another thread");
    task_start(&client, do_call, &a.send);
    task_wait_state(&client, ANSER_STATE_CALLING);
    TEST(try_all(&all) == 1 && reply_word(all.ins[1].reply, 52) == 0 && task_result(&client) == 52,
         "so does one that is ready");
    send_word(b.send, 3, 0);
    TEST(try_all(&all) == 0 && all.ins[0].reply == 0, "what is no call has none");
    drop_channel(a);
    drop_channel(b);
}

static void test_badges(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    anser_handle badged = channel_mint(a.receive, 0xbad9e);
    struct selecting all = {0}, sender = {0};
    struct task task;
    add_receive(&all, b.receive);
    add_receive(&all, a.receive);
    park(&task, &all);
    add_send(&sender, badged, 1);
    TEST(try_all(&sender) == 0 && task_result(&task) == 1 && all.ins[1].badge == 0xbad9e,
         "both ends select: the badge comes along");
    park(&task, &sender);
    TEST(try_all(&all) == 1 && all.ins[1].badge == 0xbad9e && task_result(&task) == 0,
         "and the other way round");
    park(&task, &all);
    handle_close(badged);
    TEST(task_result(&task) == 1 && all.ins[1].flags == ANSER_INFO_GONE &&
             all.ins[1].badge == 0xbad9e && all.ins[1].length == 0,
         "its last holder goes: GONE fires a case");
    drop_channel(a);
    drop_channel(b);
}

static void test_events(void)
{
    struct channel a = make_channel(8, 0), b = make_channel(8, 0);
    struct selecting all = {0};
    uint64_t words[2] = {0, 0};
    struct task task;
    anser_handle timer = sys_timer_create(b.send);
    add_receive(&all, a.receive);
    add_receive(&all, b.receive);
    all.ins[1] = (struct channel_in){.data = words, .capacity = sizeof(words)};
    park(&task, &all);
    sys_timer_set(timer, clock_after(5), 0);
    TEST(task_result(&task) == 1 && all.ins[1].flags == ANSER_INFO_EVENT &&
             words[0] == ANSER_EVENT_TIMER && words[1] == 1,
         "a timer's event fires a parked case");
    sys_timer_set(timer, clock_now(), 0);
    clock_sleep(5);
    TEST(try_all(&all) == 1 && all.ins[1].flags == ANSER_INFO_EVENT && try_all(&all) == -EAGAIN,
         "and a ready one, once");
    handle_close(timer);
    drop_channel(a);
    drop_channel(b);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_handles();
        test_own_handle();
        test_pages_stay(4 * PAGE);
        test_pages_stay(LARGE);
        test_pages_move(4 * PAGE);
        test_pages_move(LARGE);
        test_calls();
        test_badges();
        test_events();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
