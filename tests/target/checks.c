/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something of everything that the kernel's checks look at: threads that wait in each way, elements
 * and handles in a buffer, a badge. Then the kernel of build/loader-plant.elf is asked to break one
 * thing, by its number and what it is done to; other kernels refuse that:
 *     test=checks -- 2 receiver
 */
/* smp: 1 2 */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "start.h"
#include "support/balance.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define CHECK_PLANT 0x1000 /* of kern/check.h */
#define CALLS       2000   /* after which a fault has been found */

static struct channel full, empty, answered, signal_pair;
static anser_handle badged;

static int64_t send_to_full(void *unused)
{
    (void)unused;
    return send_word(full.send, 9, CLOCK_NEVER);
}

static int64_t receive_from_empty(void *unused)
{
    (void)unused;
    return (int64_t)receive_word(empty.receive, CLOCK_NEVER);
}

static int64_t call_somebody(void *unused)
{
    (void)unused;
    return (int64_t)call_word(answered.send, 5, CLOCK_NEVER);
}

static int64_t wait_for_signal(void *unused)
{
    uint64_t word;
    (void)unused;
    return channel_wait(signal_pair.receive, &word, CLOCK_NEVER);
}

static anser_handle shared, shared_too;
static struct task sender, receiver, caller, waiter;

static void make_everything(void)
{
    full = make_channel(8, 1);
    empty = make_channel(8, 0);
    answered = make_channel(8, 0);
    channel_create_signal(&signal_pair);
    badged = channel_mint(full.receive, 7);
    struct channel_out out = {.handle_count = 1, .handles = {handle_duplicate(empty.send)}};
    channel_send(full.send, &out, 0);
    shared = sys_pages_create(1, ANSER_PAGES_SHARED, 0);
    shared_too = handle_duplicate(shared);
    task_start(&sender, send_to_full, NULL);
    task_start(&receiver, receive_from_empty, NULL);
    task_start(&caller, call_somebody, NULL);
    task_start(&waiter, wait_for_signal, NULL);
    TEST(task_wait_state(&sender, ANSER_STATE_SENDING) &&
             task_wait_state(&receiver, ANSER_STATE_RECEIVING) &&
             task_wait_state(&caller, ANSER_STATE_CALLING) &&
             task_wait_state(&waiter, ANSER_STATE_SIGNAL),
         "threads wait in each way");
}

static void end_everything(void)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    channel_receive(full.receive, &in, 0, 0);
    TEST(in.handle_count == 1 && receive_word(full.receive, 0) == 9, "what was sent has arrived");
    handle_close(in.handles[0]);
    send_word(empty.send, 3, 0);
    channel_receive(answered.receive, &in, 0, 0);
    reply_word(0, 6);
    sys_signal(signal_pair.send, 1);
    TEST(task_join(&sender) == 0 && task_join(&receiver) == 3 && task_join(&caller) == 6 &&
             task_join(&waiter) == 0,
         "everybody goes on");
    handle_close(badged);
    handle_close(shared);
    handle_close(shared_too);
    drop_channel(full);
    drop_channel(empty);
    drop_channel(answered);
    drop_channel(signal_pair);
}

static anser_handle find(const char *name)
{
    const struct {
        const char *name;
        anser_handle handle;
    } all[] = {{"full", full.send}, {"empty", empty.send},         {"signal", signal_pair.send},
               {"badged", badged},  {"receiver", receiver.handle}, {"shared", shared},
               {"nothing", 0}};
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].handle;
    TEST(false, "\"%s\" is something that can be broken", name);
    return 0;
}

static void break_one(unsigned long number, anser_handle handle)
{
    anser_handle system = start_handle(START_SYSTEM);
    TEST(sys_system_debug(system, CHECK_PLANT + number, (uint64_t)handle) == 0,
         "a kernel that breaks something");
    for (unsigned i = 0; i < CALLS; i++)
        sys_handle_info(system);
    TEST(false, "that was found within %d calls", CALLS);
}

int main(int argc, char **argv)
{
    make_everything();
    end_everything(); /* what a first time leaves for good is there now */
    struct balance before = balance_now();
    make_everything();
    if (argc == 3)
        break_one(strtoul(argv[1], NULL, 10), find(argv[2]));
    else
        TEST(sys_system_debug(start_handle(START_SYSTEM), CHECK_PLANT, 0) == -EINVAL,
             "nothing breaks");
    end_everything();
    TEST(balance_is_but_tables(&before), "all memory, handles and objects are back");
    return tap_done();
}
