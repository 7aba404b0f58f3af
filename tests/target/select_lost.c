/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A badged handle is closed in a process of many threads, so that the kernel ends the waits on it
 * in pieces. Who has been woken by the first piece receives before the next one: a select that is
 * still in the queue must not send with a badge that is not its handle's.
 */
/* sources: tests/target/support/task.c */
#include <errno.h>
#include "support/selecting.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

#define FILLERS 40 /* more than two pieces of threads */
#define BADGE   5

static anser_handle badged;
static struct channel channel, never;

/* What the first one to be woken found. */
static struct {
    int woken; /* what ended its own send */
    int received;
    uint64_t badge;
    uint64_t flags;
} early;

static int64_t send_then_look(void *argument)
{
    uint64_t word = 0;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    (void)argument;
    early.woken = send_word(badged, 1, CLOCK_NEVER);
    do {
        in.flags = 0;
        in.capacity = sizeof(word);
        early.received = channel_receive(channel.receive, &in, 0, 0);
    } while (early.received == 0 && in.flags & ANSER_INFO_GONE);
    early.badge = in.badge;
    early.flags = in.flags;
    return 0;
}

static int64_t wait_elsewhere(void *argument)
{
    (void)argument;
    return (int64_t)receive_word(never.receive, CLOCK_NEVER);
}

static int64_t close_badged(void *argument)
{
    (void)argument;
    handle_close(badged);
    return 0;
}

static struct task alarm_task, fillers[FILLERS], selector, closer;
static struct selecting sends;

static void start_all(void)
{
    task_start(&alarm_task, send_then_look, NULL);
    task_wait_state(&alarm_task, ANSER_STATE_SENDING);
    for (unsigned i = 0; i < FILLERS; i++)
        task_start(&fillers[i], wait_elsewhere, NULL);
    task_wait_state(&fillers[FILLERS - 1], ANSER_STATE_RECEIVING);
    add_send(&sends, badged, 2);
    TEST(park(&selector, &sends), "a select waits to send on a badged handle, behind a send");
}

int main(void)
{
    uint64_t own = (uint64_t)sys_thread_priority(0, 1);
    sys_thread_priority(0, own);
    channel = make_channel(sizeof(uint64_t), 0);
    never = make_channel(sizeof(uint64_t), 0);
    badged = channel_mint(channel.receive, BADGE);
    start_all();
    task_start_at(&closer, own - 1, close_badged, NULL);
    TEST(task_result(&closer) == 0 && task_result(&alarm_task) == 0 && early.woken == -EBADF,
         "the handle is closed: the send ends with EBADF");
    TEST(early.received == -EAGAIN || (early.received == 0 && early.badge == BADGE),
         "whoever receives then gets nothing, or the badge: status %d, badge %lu, flags %lx",
         early.received, early.badge, early.flags);
    TEST(task_result(&selector) == (early.received ? -EBADF : 0),
         "the select ends, and is told so");
    TEST(early.received == 0 || sends.cases[0].error == -EBADF, "its case is to blame");
    drop_channel(channel);
    handle_close(never.send);
    for (unsigned i = 0; i < FILLERS; i++)
        task_join(&fillers[i]);
    handle_close(never.receive);
    return tap_done();
}
