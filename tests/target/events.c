/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes from the kernel: timers, the ends of processes, faults; and signals. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "support/balance.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

/* ---- Timers. --------------------------------------------------------------------------------- */

struct event {
    int64_t status; /* flags, or -errno */
    uint64_t badge;
    size_t length;
    uint64_t words[6];
};

static struct event next_event(anser_handle receive, uint64_t milliseconds)
{
    struct event event = {0};
    struct channel_in in = {.data = event.words, .capacity = sizeof(event.words)};
    int status =
        channel_receive(receive, &in, 0, milliseconds == 0 ? 0 : clock_after(milliseconds));
    event.status = status < 0 ? status : (int64_t)in.flags;
    event.badge = in.badge;
    event.length = in.length;
    return event;
}

static bool is_timer(struct event event, uint64_t badge)
{
    return event.status == ANSER_INFO_EVENT && event.length == 16 &&
           event.words[0] == ANSER_EVENT_TIMER && event.badge == badge;
}

static void test_timer_once(void)
{
    struct channel channel = make_channel(8, 0);
    anser_handle badged = channel_mint(channel.receive, 44);
    anser_handle timer = sys_timer_create(badged);
    TEST(timer > 0 && sys_handle_info(timer).status == ANSER_TYPE_TIMER, "a timer");
    TEST(sys_timer_create(channel.receive) == -EPERM, "bound to a receive handle: EPERM");
    TEST(sys_timer_create(timer) == -EPERM || sys_timer_create(timer) == -EBADF,
         "bound to a timer: an error");
    TEST(sys_timer_create(12345) == -EBADF, "bound to nothing: EBADF");
    uint64_t deadline = clock_after(10);
    TEST(sys_timer_set(timer, deadline, 0) == 0, "is set");
    struct event event = next_event(channel.receive, 2000);
    TEST(is_timer(event, 44) && event.words[1] == 1 && clock_now() >= deadline,
         "and tells of it with the badge, not before its time");
    TEST(next_event(channel.receive, 20).status == -ETIMEDOUT, "once");
    sys_timer_set(timer, clock_now() - 5, 0);
    TEST(is_timer(next_event(channel.receive, 1000), 44), "a deadline in the past tells at once");
    sys_timer_set(timer, 1, 0);
    TEST(is_timer(next_event(channel.receive, 1000), 44), "and one in the distant past");
    sys_timer_set(timer, clock_after(20), 0);
    sys_timer_set(timer, 0, 0);
    TEST(next_event(channel.receive, 40).status == -ETIMEDOUT, "a stopped one does not");
    sys_timer_set(timer, clock_after(1000000), 0);
    sys_timer_set(timer, clock_after(5), 0);
    TEST(is_timer(next_event(channel.receive, 1000), 44), "what is set last counts");
    sys_timer_set(timer, clock_after(20), 0);
    handle_close(timer);
    TEST(next_event(channel.receive, 40).status == -ETIMEDOUT, "a closed one does not tell");
    TEST(sys_timer_set(timer, 1, 0) == -EBADF, "and cannot be set: EBADF");
    handle_close(badged);
    drop_channel(channel);
}

static void test_timer_periodic(void)
{
    struct channel channel = make_channel(8, 2);
    anser_handle timer = sys_timer_create(channel.send);
    uint64_t period = clock_ticks(4000000), begin = clock_now(), count = 0;
    sys_timer_set(timer, begin + period, period);
    while (count < 5) {
        struct event event = next_event(channel.receive, 1000);
        if (!is_timer(event, 0))
            break;
        count += event.words[1];
    }
    uint64_t passed = (clock_now() - begin) / period;
    TEST(count >= 5 && passed >= count, "%lu expiries in %lu periods", count, passed);
    clock_sleep(42);
    struct event event = next_event(channel.receive, 1000);
    TEST(is_timer(event, 0) && event.words[1] >= 9, "those that nobody fetched came as one: %lu",
         event.words[1]);
    TEST(send_word(channel.send, 3, 0) == 0, "an element is sent");
    clock_sleep(10);
    TEST(is_timer(next_event(channel.receive, 0), 0), "an event overtakes it,");
    sys_timer_set(timer, 0, 0);
    event = next_event(channel.receive, 0);
    if (is_timer(event, 0)) /* one more, since the last receive */
        event = next_event(channel.receive, 0);
    TEST(event.status == 0 && event.words[0] == 3, "and it comes next");
    TEST(next_event(channel.receive, 20).status == -ETIMEDOUT, "stopped");
    sys_timer_set(timer, clock_after(1), 1);
    clock_sleep(10);
    event = next_event(channel.receive, 100);
    TEST(is_timer(event, 0) && event.words[1] > 1000,
         "a period of one tick does not stop the machine: %lu expiries", event.words[1]);
    handle_close(timer);
    drop_channel(channel);
}

/* Times and periods at the end of the numbers: nothing wraps into the past. */
static void test_timer_extremes(void)
{
    static const uint64_t far[] = {UINT64_MAX, UINT64_MAX - 1, 1ul << 63, 1ul << 62};
    struct channel channel = make_channel(8, 0);
    anser_handle timer = sys_timer_create(channel.send);
    bool good = true;
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < 4; j++) {
            good &= sys_timer_set(timer, far[i], far[j]) >= 0;
            good &= next_event(channel.receive, 3).status == -ETIMEDOUT;
        }
        good &= sys_timer_set(timer, clock_now(), far[i]) >= 0;
        good &= is_timer(next_event(channel.receive, 1000), 0);
        good &= next_event(channel.receive, 3).status == -ETIMEDOUT;
    }
    TEST(good, "deadlines and periods of millions of years");
    struct ipc_registers registers = {.info = ANSER_INFO_DEADLINE, .deadline = UINT64_MAX};
    send_word(channel.send, 1, 0);
    sys_timer_set(timer, clock_after(5), 0);
    TEST(ipc_exchange(ANSER_CALL_recv, channel.receive, &registers) == (ANSER_INFO_EVENT | 16),
         "a receive with a deadline at the end of time");
    handle_close(timer);
    drop_channel(channel);
}

static void test_timer_and_signal(void)
{
    struct channel signal;
    uint64_t word = 0;
    channel_create_signal(&signal);
    anser_handle badged = channel_mint(signal.receive, 0x30);
    anser_handle timers[2] = {sys_timer_create(signal.send), sys_timer_create(badged)};
    TEST(badged > 0 && timers[0] > 0 && timers[1] > 0, "timers bound to a signal");
    sys_timer_set(timers[0], clock_after(1), 0);
    TEST(channel_wait(signal.receive, &word, clock_after(1000)) == 0 && word == 1, "set its bit 0");
    sys_timer_set(timers[0], 1, 0);
    sys_timer_set(timers[1], 1, 0);
    clock_sleep(5);
    TEST(channel_wait(signal.receive, &word, clock_after(1000)) == 0 && word == 0x31,
         "or the bits of the badge");
    handle_close(timers[0]);
    handle_close(timers[1]);
    handle_close(badged);
    drop_channel(signal);
}

/* ---- Ends of processes. ---------------------------------------------------------------------- */

static int64_t return_it(uint64_t argument)
{
    return (int64_t)argument;
}

static int64_t leave(uint64_t argument)
{
    sys_thread_exit((uint32_t *)argument);
}

static int64_t sleep_long(uint64_t argument)
{
    clock_sleep(argument);
    return 0;
}

static int64_t load(uint64_t argument)
{
    return (int64_t) * (volatile uint64_t *)argument;
}

static int64_t store(uint64_t argument)
{
    *(volatile uint64_t *)argument = 1;
    return 0;
}

static int64_t jump(uint64_t argument)
{
    ((void (*)(void))argument)();
    return 0;
}

static int64_t illegal(uint64_t argument)
{
    (void)argument;
    __asm__ volatile(".word 0");
    return 0;
}

static int64_t breakpoint(uint64_t argument)
{
    (void)argument;
    __asm__ volatile("ebreak");
    return 0;
}

#define CAUSE_ILLEGAL    2
#define CAUSE_BREAKPOINT 3
#define CAUSE_FETCH      12
#define CAUSE_LOAD       13
#define CAUSE_STORE      15
#define NOWHERE          0x3800000000ul

static bool inside(uint64_t pc, int64_t (*function)(uint64_t))
{
    return pc >= (uint64_t)function && pc < (uint64_t)function + 64;
}

static void check_fault(int64_t (*function)(uint64_t), uint64_t argument, uint64_t cause,
                        uint64_t value, int64_t reason, const char *what)
{
    struct child_end end = child_run(function, argument, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.status == reason, "%s: a fault of kind %ld", what,
         (long)reason);
    TEST(end.cause == cause && end.value == value, "cause %lu, value %#lx", end.cause, end.value);
    TEST(cause == CAUSE_FETCH ? end.pc == argument : inside(end.pc, function), "at pc %#lx",
         end.pc);
}

static void test_exit(void)
{
    struct child_end end = child_run(return_it, 42, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 42, "an exit status of 42");
    end = child_run(return_it, (uint64_t)-7, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == -7, "of -7");
    end = child_run(leave, 0, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 0, "its last thread has left");
    end = child_run(leave, NOWHERE, NULL);
    TEST(end.reason == ANSER_EXIT_NORMAL, "with a word that is nowhere");
    struct child child;
    child_start(&child, sleep_long, 100000, NULL);
    TEST(sys_process_kill(child.process, 99) == 0, "killed with 99");
    end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_KILLED && end.status == 99, "says so");
    check_fault(load, NOWHERE, CAUSE_LOAD, NOWHERE, ANSER_FAULT_ACCESS, "a load");
    check_fault(store, NOWHERE, CAUSE_STORE, NOWHERE, ANSER_FAULT_ACCESS, "a store");
    check_fault(store, 0x10000, CAUSE_STORE, 0x10000, ANSER_FAULT_ACCESS, "a store to text");
    check_fault(jump, NOWHERE, CAUSE_FETCH, NOWHERE, ANSER_FAULT_ACCESS, "a jump");
    check_fault(jump, CHILD_STACK - 64, CAUSE_FETCH, CHILD_STACK - 64, ANSER_FAULT_ACCESS,
                "a jump to the stack");
    check_fault(illegal, 0, CAUSE_ILLEGAL, 0, ANSER_FAULT_ILLEGAL, "an illegal instruction");
    end = child_run(breakpoint, 0, NULL);
    TEST(end.reason == ANSER_EXIT_FAULT && end.cause == CAUSE_BREAKPOINT &&
             end.status == ANSER_FAULT_ILLEGAL && inside(end.pc, breakpoint),
         "a breakpoint nobody handles");
}

static void test_exit_to_badge_and_signal(void)
{
    struct channel channel = make_channel(0, 0), signal;
    channel_create_signal(&signal);
    anser_handle badged = channel_mint(channel.receive, 7);
    struct anser_process_params params = {.name = "no thread", .budget_pages = 20, .exit = badged};
    anser_handle process = sys_process_create(&params);
    TEST(process > 0, "a process without a thread");
    handle_close(badged);
    TEST(sys_process_kill(process, 5) == 0, "is killed");
    struct event event = next_event(channel.receive, 1000);
    TEST(event.status == ANSER_INFO_EVENT && event.badge == 7 && event.length == 48 &&
             event.words[0] == ANSER_EVENT_EXIT && event.words[1] == 5 &&
             event.words[2] == ANSER_EXIT_KILLED,
         "its end comes with the badge, whatever the channel's element size");
    TEST(sys_process_kill(process, 5) == -ESRCH, "a second time: ESRCH");
    handle_close(process);
    event = next_event(channel.receive, 1000);
    TEST(event.status == ANSER_INFO_GONE && event.badge == 7, "then the badge is gone");
    params.exit = signal.send;
    process = sys_process_create(&params);
    sys_process_kill(process, 0);
    uint64_t word = 0;
    TEST(channel_wait(signal.receive, &word, clock_after(1000)) == 0 && word == 1,
         "an end told to a signal");
    handle_close(process);
    drop_channel(channel);
    drop_channel(signal);
}

/* ---- Faults that somebody handles. ----------------------------------------------------------- */

static void test_fault_channel(void)
{
    struct channel faults = make_channel(8, 0);
    struct child child;
    anser_handle badged = channel_mint(faults.receive, 3);
    struct child_options options = {.fault = badged};
    child_start(&child, load, NOWHERE + 8, &options);
    handle_close(badged);
    struct event event = next_event(faults.receive, 2000);
    TEST(event.status == ANSER_INFO_EVENT && event.words[0] == ANSER_EVENT_FAULT &&
             event.badge == 3,
         "a fault comes as a message");
    TEST(event.words[1] == object_id(child.thread) && event.words[2] == ANSER_FAULT_ACCESS &&
             event.words[3] == CAUSE_LOAD && event.words[4] == NOWHERE + 8 &&
             inside(event.words[5], load),
         "with thread, kind, cause, address and pc");
    struct anser_thread_info info;
    TEST(task_look_up(event.words[1], &info) && info.state == ANSER_STATE_FAULTED,
         "the thread has stopped");
    TEST(sys_thread_continue(child.thread) == 0, "it may try again");
    event = next_event(faults.receive, 2000);
    TEST(event.status == ANSER_INFO_EVENT && event.words[4] == NOWHERE + 8, "and faults again");
    uint64_t *page = memory_map(MEMORY_PAGE);
    page[1] = 1234;
    TEST(sys_region_copy(child.process, NOWHERE, (uint64_t)page, MEMORY_PAGE, ANSER_PROT_READ) == 0,
         "it is given a page");
    TEST(sys_thread_continue(child.thread) == 0, "tries again");
    TEST(sys_thread_continue(child.thread) < 0, "is not to be continued twice");
    struct child_end end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_NORMAL && end.status == 1234, "and finds what is there");
    memory_unmap(page, MEMORY_PAGE);
    event = next_event(faults.receive, 1000);
    TEST(event.status == ANSER_INFO_GONE, "its end gives the fault handle back");

    options.fault = faults.send;
    child_start(&child, store, NOWHERE, &options);
    next_event(faults.receive, 2000);
    sys_process_kill(child.process, 4);
    end = child_wait(&child);
    TEST(end.reason == ANSER_EXIT_KILLED && end.status == 4, "one that has stopped is killed");

    child_start(&child, illegal, 0, &options);
    drop_channel(faults);
    clock_sleep(20);
    sys_process_kill(child.process, 4);
    end = child_wait(&child);
    TEST(end.reason != CHILD_NOT_ENDED, "one whose faults nobody hears of any more, too");
}

/* ---- Signals. -------------------------------------------------------------------------------- */

struct waiter {
    anser_handle receive;
    uint64_t word;
};

static int64_t do_wait(void *argument)
{
    struct waiter *waiter = argument;
    return channel_wait(waiter->receive, &waiter->word, CLOCK_NEVER);
}

static void test_signal(void)
{
    struct channel signal, channel = make_channel(8, 0);
    uint64_t word = 0;
    channel_create_signal(&signal);
    TEST(sys_handle_info(signal.send).status == ANSER_TYPE_SIGNAL, "a signal");
    TEST(channel_wait(signal.receive, &word, 0) == -EAGAIN, "no bit is set: EAGAIN");
    TEST(sys_signal(signal.send, 0x10) == 0 && sys_signal(signal.send, 0x3) == 0 &&
             sys_signal(signal.send, 1ul << 63) == 0,
         "bits are set");
    TEST(channel_wait(signal.receive, &word, CLOCK_NEVER) == 0 && word == (1ul << 63 | 0x13),
         "and come together");
    TEST(channel_wait(signal.receive, &word, clock_after(10)) == -ETIMEDOUT, "once");
    struct waiter waiters[2] = {{.receive = signal.receive}, {.receive = signal.receive}};
    struct task tasks[2];
    for (int i = 0; i < 2; i++) {
        task_start(&tasks[i], do_wait, &waiters[i]);
        task_wait_state(&tasks[i], ANSER_STATE_SIGNAL);
    }
    sys_signal(signal.send, 0);
    TEST(!task_done(&tasks[0]) && !task_done(&tasks[1]), "no bits wake nobody");
    sys_signal(signal.send, 5);
    TEST(task_result(&tasks[0]) == 0 && waiters[0].word == 5, "who has waited longest gets all");
    TEST(!task_done(&tasks[1]), "the other waits on");
    sys_signal(signal.send, 6);
    TEST(task_result(&tasks[1]) == 0 && waiters[1].word == 6, "for the next");
    TEST(sys_signal(signal.receive, 1) == -EPERM, "signalling by the receive end: EPERM");
    TEST(sys_wait(signal.send, 0, 0).status == -EPERM, "waiting at the send end: EPERM");
    TEST(sys_wait(channel.receive, 0, 0).status == -EBADF, "on a channel: EBADF");
    TEST(sys_signal(channel.send, 1) == -EBADF, "signalling a channel: EBADF");
    TEST(receive_word(signal.receive, 0) == ERROR(EBADF), "receiving from a signal: EBADF");
    TEST(sys_wait(signal.receive, 1, 0).status == -EINVAL, "with a flag that is none: EINVAL");
    sys_signal(signal.send, 9);
    task_start(&tasks[0], do_wait, &waiters[0]);
    TEST(task_result(&tasks[0]) == 0 && waiters[0].word == 9, "what is set before stays set");
    task_start(&tasks[0], do_wait, &waiters[0]);
    task_wait_state(&tasks[0], ANSER_STATE_SIGNAL);
    handle_close(signal.send);
    TEST(task_result(&tasks[0]) == -EPIPE, "its last send handle has gone: EPIPE");
    TEST(channel_wait(signal.receive, &word, 0) == -EPIPE, "from then on");
    handle_close(signal.receive);
    channel_create_signal(&signal);
    handle_close(signal.receive);
    TEST(sys_signal(signal.send, 1) == -EPIPE, "nobody can wait any more: EPIPE");
    handle_close(signal.send);
    drop_channel(channel);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_timer_once();
        test_timer_periodic();
        test_timer_extremes();
        test_timer_and_signal();
        test_exit();
        test_exit_to_badge_and_signal();
        test_fault_channel();
        test_signal();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
