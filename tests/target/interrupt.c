/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_interrupt: of a thread that runs, that waits in each of the ways, that is in its handler.
 */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/handler.S tests/target/support/registers.S */
#include <errno.h>
#include "clock.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/handler.h"
#include "support/registers.h"
#include "syscall.h"
#include "tap.h"

#define PLACE 0x3500000000ul

static struct anser_frame seen;
static uint32_t interrupts, foreign_calls, nested;
static uint32_t hold; /* 1: a foreign call's handler waits until it is 2 */

void on_foreign(struct anser_frame *frame)
{
    seen = *frame;
    if (frame->kind == ANSER_HANDLE_INTERRUPT)
        __atomic_add_fetch(&interrupts, 1, __ATOMIC_SEQ_CST);
    if (frame->kind != ANSER_HANDLE_SYSCALL)
        return;
    __atomic_add_fetch(&foreign_calls, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&hold, __ATOMIC_SEQ_CST) == 1)
        sys_thread_yield();
    frame->x[X_A0] = 55;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
    nested++;
}

static void install(void)
{
    struct anser_handler_params params = {.entry = (uint64_t)handler_entry,
                                          .nested = (uint64_t)handler_nested_entry,
                                          .address = PLACE,
                                          .stack_pages = HANDLER_STACK_PAGES};
    sys_thread_handler(&params);
}

static bool reaches(const uint32_t *counter, uint32_t value)
{
    for (uint64_t end = clock_after(3000); clock_now() < end; clock_sleep(1))
        if (__atomic_load_n(counter, __ATOMIC_SEQ_CST) == value)
            return true;
    return false;
}

/* ---- A thread that runs. --------------------------------------------------------------------- */

static uint32_t stop;

static int64_t spin(void *argument)
{
    (void)argument;
    bool good = true;
    install();
    for (uint64_t round = 0; !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); round++) {
        struct registers before, after;
        for (unsigned i = 0; i < 32; i++)
            before.x[i] = registers_pattern(i, round);
        after = before;
        registers_spin(&after, 200000);
        for (unsigned i = 1; i < 32; i++)
            good &= i == X_SP || i == X_A7 || after.x[i] == before.x[i];
    }
    return good;
}

static void test_running(void)
{
    struct task task;
    bool good = true;
    stop = interrupts = 0;
    task_start(&task, spin, NULL);
    clock_sleep(5);
    for (uint32_t i = 1; i <= 50; i++)
        good &= sys_thread_interrupt(task.handle) == 0 && reaches(&interrupts, i);
    TEST(good, "a running thread enters its handler, 50 times");
    stop = 1;
    TEST(task_join(&task) == 1, "and finds its registers as they were");
}

/* ---- A thread that waits. -------------------------------------------------------------------- */

struct wait {
    anser_handle handle;
    uint64_t word;
    uint32_t memory;
};

static int64_t do_send(void *argument)
{
    install();
    return send_word(((struct wait *)argument)->handle, 1, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    install();
    return (int64_t)receive_word(((struct wait *)argument)->handle, CLOCK_NEVER);
}

static int64_t do_receive_large(void *argument)
{
    uint8_t buffer[100];
    struct channel_in in = {.data = buffer, .capacity = sizeof(buffer)};
    install();
    return channel_receive(((struct wait *)argument)->handle, &in, 0, clock_after(10000));
}

static int64_t do_call_it(void *argument)
{
    install();
    return (int64_t)call_word(((struct wait *)argument)->handle, 1, CLOCK_NEVER);
}

static int64_t do_wait_signal(void *argument)
{
    install();
    uint64_t word;
    return channel_wait(((struct wait *)argument)->handle, &word, CLOCK_NEVER);
}

static int64_t do_wait_word(void *argument)
{
    install();
    return sys_word_wait(&((struct wait *)argument)->memory, 0, 0);
}

static void test_waiting(void)
{
    struct channel channel = make_channel(100, 0), signal;
    channel_create_signal(&signal);
    struct {
        const char *what;
        int64_t (*function)(void *);
        anser_handle handle;
        uint64_t state;
    } cases[] = {
        {"send", do_send, channel.send, ANSER_STATE_SENDING},
        {"receive", do_receive, channel.receive, ANSER_STATE_RECEIVING},
        {"receive in memory form", do_receive_large, channel.receive, ANSER_STATE_RECEIVING},
        {"call", do_call_it, channel.send, ANSER_STATE_CALLING},
        {"wait", do_wait_signal, signal.receive, ANSER_STATE_SIGNAL},
        {"word_wait", do_wait_word, 0, ANSER_STATE_WORD},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wait wait = {.handle = cases[i].handle};
        struct task task;
        interrupts = 0;
        task_start(&task, cases[i].function, &wait);
        bool waits = task_wait_state(&task, cases[i].state);
        TEST(waits && sys_thread_interrupt(task.handle) == 0, "a thread in %s", cases[i].what);
        TEST(task_result(&task) == -EINTR && interrupts == 1, "gets EINTR, its handler first");
        TEST(seen.x[X_A0] == ERROR(EINTR), "which sees that");
    }
    TEST(receive_word(channel.receive, 0) == ERROR(EAGAIN) &&
             send_word(channel.send, 1, 0) == -EAGAIN && sys_signal(signal.send, 1) == 0,
         "no call has had an effect");
    drop_channel(channel);
    drop_channel(signal);
}

static void test_waiting_for_reply(void)
{
    for (int explicit = 0; explicit < 2; explicit ++) {
        struct channel channel = make_channel(8, 0);
        struct wait wait = {.handle = channel.send};
        struct task task;
        interrupts = 0;
        task_start(&task, do_call_it, &wait);
        anser_handle reply = receive_call(channel.receive, explicit);
        TEST(reply >= 0 && sys_thread_interrupt(task.handle) == 0 && task_result(&task) == -EINTR &&
                 interrupts == 1,
             "a thread that waits for an answer gets EINTR");
        TEST(reply_word(reply, 1) == -EPIPE, "and its server may not answer any more: EPIPE");
        drop_channel(channel);
    }
}

static int64_t do_call_through(void *argument)
{
    struct ipc_registers registers = {.info = IPC_INFO(8, 0) | ANSER_INFO_NOINTR, .words = {1}};
    install();
    int64_t status = ipc_exchange(ANSER_CALL_call, ((struct wait *)argument)->handle, &registers);
    return status == 8 ? (int64_t)registers.words[0] : status;
}

/* NOINTR: in the queue, and at the server; the interruption comes with the answer. */
static void test_not_interrupted(void)
{
    for (int explicit = 0; explicit < 2; explicit ++) {
        struct channel channel = make_channel(8, 0);
        struct wait wait = {.handle = channel.send};
        struct task task;
        interrupts = 0;
        task_start(&task, do_call_through, &wait);
        TEST(task_wait_state(&task, ANSER_STATE_CALLING) && sys_thread_interrupt(task.handle) == 0,
             "a call that said NOINTR waits for its server");
        anser_handle reply = receive_call(channel.receive, explicit);
        TEST(reply >= 0 && sys_thread_interrupt(task.handle) == 0 && interrupts == 0,
             "an interruption does not end it, in the queue or at the server");
        TEST(reply_word(reply, 7) == 0 && task_result(&task) == 7, "it gets its answer");
        TEST(interrupts == 1, "and its handler is entered, once");
        drop_channel(channel);
    }
}

/* ---- A thread in its handler. ---------------------------------------------------------------- */

static int64_t make_foreign_call(void *argument)
{
    (void)argument;
    install();
    return (int64_t)handler_call_without_stack(3, 4);
}

static void test_in_handler(void)
{
    struct task task;
    interrupts = foreign_calls = 0;
    hold = 1;
    task_start(&task, make_foreign_call, NULL);
    TEST(reaches(&foreign_calls, 1), "a thread is in its handler");
    for (int i = 0; i < 3; i++)
        sys_thread_interrupt(task.handle);
    clock_sleep(20);
    TEST(interrupts == 0, "interruptions wait until it is through");
    __atomic_store_n(&hold, 2, __ATOMIC_SEQ_CST);
    TEST(task_result(&task) == 55 && interrupts == 1, "then come, as one");
    TEST(foreign_calls == 1 && nested == 0 && seen.x[X_A0] == 55,
         "with the foreign call's answer in the frame");
}

/* ---- Refused. -------------------------------------------------------------------------------- */

static int64_t sleep_a_while(void *argument)
{
    (void)argument;
    return clock_sleep(50);
}

static void test_refused(void)
{
    struct task task;
    task_start(&task, sleep_a_while, NULL);
    TEST(sys_thread_interrupt(task.handle) == -EINVAL, "a thread without a handler: EINVAL");
    anser_handle weak = sys_handle_dup(task.handle, ANSER_RIGHT_TRANSFER);
    TEST(sys_thread_interrupt(weak) == -EPERM, "without the right MANAGE: EPERM");
    TEST(task_join(&task) == 0, "its sleep is not disturbed");
    handle_close(weak);
    TEST(sys_thread_interrupt(12345) == -EBADF, "no handle: EBADF");
    task_start(&task, sleep_a_while, NULL);
    anser_handle kept = handle_duplicate(task.handle);
    task_join(&task);
    struct anser_thread_info info;
    for (int i = 0; i < 1000 && task_look_up(task.id, &info); i++)
        clock_sleep(1);
    TEST(sys_thread_interrupt(kept) == -ESRCH, "a thread that has ended: ESRCH");
    TEST(sys_thread_priority(kept, 0) == -ESRCH, "nor has it a priority");
    handle_close(kept);
}

/* ---- Many at once: none is lost, nothing is torn. -------------------------------------------- */

static uint64_t served;

static int64_t serve_word(void *argument)
{
    anser_handle receive = *(anser_handle *)argument;
    uint64_t word = 0, badge;
    struct ipc_registers registers = {.info = 0};
    int64_t status = ipc_exchange(ANSER_CALL_recv, receive, &registers);
    word = registers.words[0];
    while (!(status & ANSER_INFO_CLOSED)) {
        served++;
        word++;
        status = ipc_reply_recv_word(receive, &word, &badge);
    }
    return 0;
}

struct storm {
    anser_handle send;
    uint64_t interrupted;
    bool good;
};

static int64_t call_in_storm(void *argument)
{
    struct storm *storm = argument;
    install();
    for (uint64_t i = 0; !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); i++) {
        uint64_t word = i;
        int64_t status = ipc_call_word(storm->send, &word);
        if (status == -EINTR)
            storm->interrupted++;
        else
            storm->good &= status == 8 && word == i + 1;
    }
    return 0;
}

static void test_storm(void)
{
    struct channel channel = make_channel(8, 0);
    struct storm storm = {channel.send, 0, true};
    struct task server, caller;
    bool good = true;
    stop = interrupts = 0;
    task_start(&server, serve_word, &channel.receive);
    task_start(&caller, call_in_storm, &storm);
    clock_sleep(5);
    for (uint32_t i = 1; i <= 300 && good; i++)
        good &= sys_thread_interrupt(caller.handle) == 0 && reaches(&interrupts, i);
    TEST(good, "300 interruptions of a thread that calls, none lost");
    stop = 1;
    task_result(&caller);
    TEST(storm.good && served > 300, "%lu calls, %lu of them interrupted, the others answered",
         served, storm.interrupted);
    handle_close(channel.send);
    TEST(task_result(&server) == 0, "the server has noticed nothing");
    handle_close(channel.receive);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_running();
        test_waiting();
        test_waiting_for_reply();
        test_not_interrupted();
        test_in_handler();
        test_refused();
        test_storm();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
