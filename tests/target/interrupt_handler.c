/* SPDX-License-Identifier: BSD-2-Clause */
/* thread_interrupt of a thread in its handler: what that calls does not block from then on, until
 * it resumes; then the interruption comes. None is lost, also where no lock is taken. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/handler.S */
#include <errno.h>
#include "clock.h"
#include "ipc.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/handler.h"
#include "syscall.h"
#include "tap.h"

#define PLACE    0x3500000000ul
#define ANSWERED 55
#define STORM    300

struct wait {
    anser_handle handle;
    uint32_t memory;
    int64_t (*operation)(struct wait *wait);
    int64_t first, second, later;
};

static struct wait *at_hand;
static uint32_t interrupts, foreign_calls, stop;
static void (*serve)(struct wait *wait);

void on_foreign(struct anser_frame *frame)
{
    if (frame->kind == ANSER_HANDLE_INTERRUPT)
        __atomic_add_fetch(&interrupts, 1, __ATOMIC_SEQ_CST);
    if (frame->kind != ANSER_HANDLE_SYSCALL)
        return;
    __atomic_add_fetch(&foreign_calls, 1, __ATOMIC_SEQ_CST);
    if (serve != NULL)
        serve(at_hand);
    frame->x[10] = ANSWERED;
}

void on_nested(struct anser_frame *frame)
{
    (void)frame;
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

static int64_t one_foreign_call(void *argument)
{
    (void)argument;
    install();
    return (int64_t)handler_call_without_stack(3, 4);
}

/* ---- A call of the handler that waits. ------------------------------------------------------- */

static int64_t do_send(struct wait *wait)
{
    return send_word(wait->handle, 1, CLOCK_NEVER);
}

static int64_t do_receive(struct wait *wait)
{
    return (int64_t)receive_word(wait->handle, CLOCK_NEVER);
}

static int64_t do_call_plain(struct wait *wait)
{
    uint64_t word = 1;
    return ipc_call_word(wait->handle, &word);
}

static int64_t do_call_deadline(struct wait *wait)
{
    return (int64_t)call_word(wait->handle, 1, clock_after(10000));
}

static int64_t do_wait_signal(struct wait *wait)
{
    uint64_t word;
    return channel_wait(wait->handle, &word, CLOCK_NEVER);
}

static int64_t do_wait_word(struct wait *wait)
{
    return sys_word_wait(&wait->memory, 0, 0);
}

static void wait_twice(struct wait *wait)
{
    wait->first = wait->operation(wait);
    wait->second = wait->operation(wait);
    wait->memory = 1; /* what would not block goes on */
    wait->later = sys_word_wait(&wait->memory, 0, 0);
}

static void test_waiting(void)
{
    struct channel channel = make_channel(100, 0), signal;
    channel_create_signal(&signal);
    const struct {
        const char *what;
        int64_t (*operation)(struct wait *);
        anser_handle handle;
        uint64_t state;
    } cases[] = {
        {"send", do_send, channel.send, ANSER_STATE_SENDING},
        {"receive", do_receive, channel.receive, ANSER_STATE_RECEIVING},
        {"call", do_call_plain, channel.send, ANSER_STATE_CALLING},
        {"call with a deadline", do_call_deadline, channel.send, ANSER_STATE_CALLING},
        {"wait", do_wait_signal, signal.receive, ANSER_STATE_SIGNAL},
        {"word_wait", do_wait_word, 0, ANSER_STATE_WORD},
    };
    serve = wait_twice;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wait wait = {.handle = cases[i].handle, .operation = cases[i].operation};
        struct task task;
        at_hand = &wait;
        interrupts = 0;
        task_start(&task, one_foreign_call, NULL);
        bool waits = task_wait_state(&task, cases[i].state);
        TEST(waits && interrupts == 0 && sys_thread_interrupt(task.handle) == 0, "a handler in %s",
             cases[i].what);
        TEST(task_result(&task) == ANSWERED && wait.first == -EINTR && wait.second == -EINTR,
             "gets EINTR, and again at once");
        TEST(wait.later == -EAGAIN && interrupts == 1,
             "what does not block is as ever; the interruption comes behind it");
    }
    TEST(receive_word(channel.receive, 0) == ERROR(EAGAIN) &&
             send_word(channel.send, 1, 0) == -EAGAIN && sys_signal(signal.send, 1) == 0,
         "no call has had an effect");
    drop_channel(channel);
    drop_channel(signal);
}

/* ---- A call that a server has received already. ---------------------------------------------- */

static void test_received(void)
{
    for (int explicit = 0; explicit < 2; explicit ++) {
        struct channel channel = make_channel(8, 0);
        struct wait wait = {.handle = channel.send, .operation = do_call_plain};
        struct task task;
        at_hand = &wait;
        serve = wait_twice;
        interrupts = 0;
        task_start(&task, one_foreign_call, NULL);
        anser_handle reply = receive_call(channel.receive, explicit);
        TEST(reply >= 0 && sys_thread_interrupt(task.handle) == 0 &&
                 task_result(&task) == ANSWERED && wait.first == -EINTR && interrupts == 1,
             "a handler that waits for an answer gets EINTR");
        TEST(reply_word(reply, 1) == -EPIPE, "and its server may not answer any more: EPIPE");
        drop_channel(channel);
    }
}

/* ---- Interrupted while it runs: the next call knows, also one on the fast path. -------------- */

static uint64_t served;
static uint32_t called; /* the first call has come back */

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

/* The thread asks for the interruption itself, or the tester does; the server waits all the time.
 */
static void call_after_interrupt(struct wait *wait)
{
    wait->later = do_call_plain(wait); /* to have been in the server */
    __atomic_store_n(&called, 1, __ATOMIC_SEQ_CST);
    if (wait->memory == 0)
        sys_thread_interrupt(0);
    while (__atomic_load_n(&wait->memory, __ATOMIC_SEQ_CST) == 1)
        sys_thread_yield();
    wait->first = do_call_plain(wait);
}

static void test_fast_path(void)
{
    struct channel channel = make_channel(8, 0);
    struct task server, task;
    task_start(&server, serve_word, &channel.receive);
    task_wait_state(&server, ANSER_STATE_RECEIVING);
    for (uint32_t other = 0; other < 2; other++) {
        struct wait wait = {.handle = channel.send, .memory = other};
        at_hand = &wait;
        serve = call_after_interrupt;
        interrupts = served = foreign_calls = called = 0;
        task_start(&task, one_foreign_call, NULL);
        if (other) {
            TEST(reaches(&called, 1) && sys_thread_interrupt(task.handle) == 0,
                 "a handler that runs is interrupted");
            __atomic_store_n(&wait.memory, 2, __ATOMIC_SEQ_CST);
        }
        TEST(task_result(&task) == ANSWERED, "its foreign call returns");
        TEST(wait.later == 8 && wait.first == -EINTR && served == 1 && interrupts == 1,
             "while one is pending, no call reaches a server that waits (%ld, %lu, %u)",
             (long)wait.first, served, interrupts);
    }
    handle_close(channel.send);
    TEST(task_result(&server) == 0, "the server has noticed nothing");
    handle_close(channel.receive);
}

/* ---- Many. ----------------------------------------------------------------------------------- */

static bool storm_good;
static uint64_t storm_interrupted;

static void call_in_storm(struct wait *wait)
{
    if (wait == NULL)
        return;
    uint64_t word = 7;
    int64_t status = ipc_call_word(wait->handle, &word);
    storm_interrupted += status == -EINTR;
    storm_good &= status == -EINTR || (status == 8 && word == 8);
}

static int64_t foreign_calls_without_end(void *argument)
{
    bool good = true;
    (void)argument;
    install();
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        good &= handler_call_without_stack(3, 4) == ANSWERED;
    return good;
}

static void storm(const char *what)
{
    struct task task;
    bool good = true;
    stop = interrupts = 0;
    storm_good = true;
    serve = call_in_storm;
    task_start(&task, foreign_calls_without_end, NULL);
    clock_sleep(5);
    for (uint32_t i = 1; i <= STORM && good; i++)
        good &= sys_thread_interrupt(task.handle) == 0 && reaches(&interrupts, i);
    stop = 1;
    TEST(good, "%d interruptions between foreign calls %s, none lost", STORM, what);
    TEST(task_result(&task) == 1 && storm_good, "every call has its own answer");
}

static void test_storm(void)
{
    struct channel channel = make_channel(8, 0);
    struct wait wait = {.handle = channel.send};
    struct task server;
    at_hand = NULL;
    storm("whose handler calls nobody");
    at_hand = &wait;
    storm_interrupted = 0;
    task_start(&server, serve_word, &channel.receive);
    storm("whose handler calls a server");
    printf("# %lu calls of the handler were interrupted\n", storm_interrupted);
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
        test_waiting();
        test_received();
        test_fast_path();
        test_storm();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
