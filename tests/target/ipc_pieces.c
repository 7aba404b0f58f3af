/* SPDX-License-Identifier: BSD-2-Clause */
/* IPC that takes the kernel several pieces: many peers at fault, much room at once. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/child.c */
#include <errno.h>
#include "memory.h"
#include "support/balance.h"
#include "support/caller.h"
#include "support/child.h"
#include "syscall.h"
#include "tap.h"

#define MANY   50
#define LENGTH 100

struct peer {
    struct task task;
    anser_handle handle;
    uint8_t *data; /* unmapped while it waits, if it is to be at fault */
    struct anser_message message;
};

static struct peer peers[MANY];
static uint8_t good_data[LENGTH];

static int64_t do_send(void *argument)
{
    struct peer *peer = argument;
    struct channel_out out = {.data = peer->data, .length = LENGTH};
    return channel_send(peer->handle, &out, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    struct peer *peer = argument;
    peer->message =
        (struct anser_message){.recv_data = (uint64_t)peer->data, .recv_capacity = LENGTH};
    return sys_recv(peer->handle, ANSER_INFO_MEM, &peer->message).status;
}

/* MANY threads wait, in their order; `faulty` of them have lost their buffers then. */
static void queue_up(anser_handle handle, int64_t (*function)(void *), uint64_t state,
                     unsigned faulty)
{
    bool good = true;
    for (unsigned i = 0; i < MANY; i++) {
        peers[i].handle = handle;
        peers[i].data = i < faulty ? memory_map(MEMORY_PAGE) : good_data;
        task_start(&peers[i].task, function, &peers[i]);
        good &= task_wait_state(&peers[i].task, state);
    }
    for (unsigned i = 0; i < faulty; i++)
        memory_unmap(peers[i].data, MEMORY_PAGE);
    TEST(good, "%d threads wait, %u of them at fault", MANY, faulty);
}

static bool all_end(unsigned from, unsigned to, int64_t status)
{
    bool good = true;
    for (unsigned i = from; i < to; i++)
        good &= task_result(&peers[i].task) == status;
    return good;
}

static void test_senders(void)
{
    struct channel channel = make_channel(LENGTH, 0);
    uint8_t data[LENGTH];
    struct channel_in in = {.data = data, .capacity = LENGTH};
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, MANY - 1);
    TEST(channel_receive(channel.receive, &in, 0, 0) == 0 && in.length == LENGTH,
         "a receive that does not wait gets to the one that is not");
    TEST(all_end(0, MANY - 1, -EFAULT) && all_end(MANY - 1, MANY, 0), "the others get EFAULT");
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, MANY);
    TEST(channel_receive(channel.receive, &in, 0, 0) == -EAGAIN, "or finds that there is nobody");
    TEST(all_end(0, MANY, -EFAULT), "all get EFAULT");
    drop_channel(channel);
}

/* The reply is made once, whatever the receive behind it takes. */
static void test_reply_recv(bool caller_is_there)
{
    struct channel channel = make_channel(LENGTH, 0);
    struct caller caller;
    struct task task;
    uint8_t data[LENGTH];
    uint64_t word = 5;
    start_caller(&task, &caller, channel.send, 4);
    receive_call(channel.receive, 0);
    if (!caller_is_there)
        reply_word(0, 6);
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, MANY - 1);
    struct anser_message message = {.send_data = (uint64_t)&word,
                                    .send_length = sizeof(word),
                                    .recv_data = (uint64_t)data,
                                    .recv_capacity = LENGTH};
    int64_t status = sys_reply_recv(channel.receive, ANSER_INFO_MEM, &message).status;
    TEST(status == (caller_is_there ? 0 : ANSER_INFO_REPLY_FAILED) && message.recv_length == LENGTH,
         "reply_recv gets to the one that is not, and says whether its reply %s",
         caller_is_there ? "arrived" : "did not");
    TEST(task_result(&task) == (caller_is_there ? 5 : 6), "the caller is answered once");
    TEST(all_end(0, MANY - 1, -EFAULT) && all_end(MANY - 1, MANY, 0), "the others get EFAULT");
    drop_channel(channel);
}

static void test_receivers(void)
{
    struct channel channel = make_channel(LENGTH, 0);
    struct channel_out out = {.data = good_data, .length = LENGTH};
    queue_up(channel.receive, do_receive, ANSER_STATE_RECEIVING, MANY - 1);
    TEST(channel_send(channel.send, &out, 0) == 0, "a send that does not wait gets to the last");
    TEST(all_end(0, MANY - 1, -EFAULT) && all_end(MANY - 1, MANY, 0), "the others get EFAULT");
    queue_up(channel.receive, do_receive, ANSER_STATE_RECEIVING, MANY - 1);
    anser_handle timer = sys_timer_create(channel.send);
    sys_timer_set(timer, clock_now(), 0);
    TEST(all_end(0, MANY - 1, -EFAULT) && all_end(MANY - 1, MANY, ANSER_INFO_EVENT),
         "an event gets to the last, too");
    queue_up(channel.receive, do_receive, ANSER_STATE_RECEIVING, MANY);
    sys_timer_set(timer, clock_now(), 0);
    TEST(all_end(0, MANY, -EFAULT), "or waits");
    struct channel_in in = {.data = good_data, .capacity = LENGTH};
    TEST(channel_receive(channel.receive, &in, 0, 0) == 0 && in.flags == ANSER_INFO_EVENT,
         "for one who comes later");
    TEST(channel_receive(channel.receive, &in, 0, 0) == -EAGAIN, "once");
    handle_close(timer);
    drop_channel(channel);
}

/* A call keeps senders behind it from the room in the buffer; when it leaves, all of them go in. */
static void test_room(bool received)
{
    struct channel channel = make_channel(LENGTH, MANY);
    struct caller caller;
    struct task task;
    struct channel_in in = {.data = good_data, .capacity = LENGTH};
    anser_handle second = handle_duplicate(channel.send);
    start_caller(&task, &caller, second, 4);
    task_wait_state(&task, ANSER_STATE_CALLING);
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, 0);
    TEST(sys_chan_len(channel.send).status == 0, "%d senders behind a call", MANY);
    if (received) {
        receive_call(channel.receive, 0);
        reply_word(0, 9);
    }
    handle_close(second);
    TEST(all_end(0, MANY, 0), "%s: all elements go into the buffer",
         received ? "it is received" : "its handle is closed");
    TEST(task_result(&task) == (received ? 9 : -EBADF), "and the call ends");
    TEST(sys_chan_len(channel.receive).status == MANY, "what is there is there");
    bool good = true;
    for (unsigned i = 0; i < MANY; i++)
        good &= channel_receive(channel.receive, &in, 0, 0) == 0 && in.length == LENGTH;
    TEST(good && channel_receive(channel.receive, &in, 0, 0) == -EAGAIN, "and comes out, no more");
    drop_channel(channel);
}

/* ---- One thing leads to another. ----------------------------------------------------------------
 */

#define CHAIN 60

struct link {
    struct channel channel;
    anser_handle second; /* of its send end: what the call waits on */
    struct caller caller;
    struct task call, send;
    anser_handle carried; /* the next link's second */
};

static struct link chain[CHAIN];

static int64_t send_next(void *argument)
{
    struct link *link = argument;
    struct channel_out out = {.handle_count = link->carried != 0, .handles = {link->carried}};
    return channel_send(link->channel.send, &out, CLOCK_NEVER);
}

/* In each channel a call waits on a handle, and behind it a send that carries the handle on which
 * the call of the next channel waits: it goes into the buffer as soon as the call leaves. */
static void test_chain(void)
{
    bool good = true;
    for (unsigned i = 0; i < CHAIN; i++) {
        chain[i].channel = make_channel(8, 1);
        chain[i].second = handle_duplicate(chain[i].channel.send);
        if (i > 0)
            chain[i - 1].carried = chain[i].second;
    }
    chain[CHAIN - 1].carried = 0;
    for (unsigned i = 0; i < CHAIN; i++) {
        start_caller(&chain[i].call, &chain[i].caller, chain[i].second, i);
        good &= task_wait_state(&chain[i].call, ANSER_STATE_CALLING);
        task_start(&chain[i].send, send_next, &chain[i]);
        good &= task_wait_state(&chain[i].send, ANSER_STATE_SENDING);
    }
    TEST(good, "%d channels, each with a call, and behind it a send of what the next call waits on",
         CHAIN);
    handle_close(chain[0].second);
    for (unsigned i = 0; i < CHAIN; i++) {
        good &= task_result(&chain[i].call) == -EBADF && task_result(&chain[i].send) == 0;
        good &= sys_chan_len(chain[i].channel.send).status == 1;
        drop_channel(chain[i].channel);
    }
    TEST(good, "the first handle is closed: all calls leave, all sends go through");
}

/* ---- A handle that many wait on. ----------------------------------------------------------------
 */

static int64_t select_on(void *argument)
{
    struct anser_case cases[2] = {{0, 0, 0}, {0, 0, 0}};
    struct anser_message message = {.recv_capacity = 0};
    cases[1].handle = ((struct peer *)argument)->handle;
    cases[1].message = (uint64_t)&message;
    struct sys_result result = sys_chan_select(cases, 2, 0, 0);
    return result.value == 1 ? result.status : 1;
}

static void test_lost_handle(void)
{
    struct channel channel = make_channel(LENGTH, 0);
    anser_handle second = handle_duplicate(channel.receive), third = handle_duplicate(second);
    struct peer other = {.handle = third, .data = good_data};
    task_start(&other.task, do_receive, &other);
    task_wait_state(&other.task, ANSER_STATE_RECEIVING);
    queue_up(second, do_receive, ANSER_STATE_RECEIVING, 0);
    handle_close(second);
    TEST(all_end(0, MANY, -EBADF), "the handle is closed: each receive ends with EBADF");
    second = handle_duplicate(third);
    queue_up(second, select_on, ANSER_STATE_SELECTING, 0);
    handle_close(second);
    TEST(all_end(0, MANY, -EBADF), "each select, too, its case to blame");
    TEST(!task_done(&other.task), "who waits on another handle waits on");
    struct channel_out out = {.data = good_data, .length = LENGTH};
    TEST(channel_send(channel.send, &out, 0) == 0 && task_result(&other.task) == 0,
         "and gets what is sent");
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, 0);
    handle_close(channel.send);
    TEST(all_end(0, MANY, -EBADF), "the last send handle: EBADF, not EPIPE");
    handle_close(third);
    handle_close(channel.receive);
}

static struct channel watched;

/* Among the first to be told, and of higher priority than who closes: sends at once. */
static int64_t receive_then_send(void *argument)
{
    int64_t status = do_receive(argument);
    struct channel_out out = {.data = good_data, .length = LENGTH};
    return status == -EBADF ? channel_send(watched.send, &out, 0) : status;
}

static int64_t do_wait(void *argument)
{
    uint64_t word;
    return channel_wait(((struct peer *)argument)->handle, &word, CLOCK_NEVER);
}

static int64_t wait_then_signal(void *argument)
{
    uint64_t word = 0;
    int64_t status = do_wait(argument);
    if (status != -EBADF)
        return status;
    sys_signal(watched.send, 7);
    status = channel_wait(watched.receive, &word, 0);
    return status == 0 ? (int64_t)word : status;
}

/* Between two pieces nobody gets anything by a handle that has gone. */
static void test_not_told_yet(bool signal)
{
    struct peer first = {.data = good_data};
    if (signal)
        channel_create_signal(&watched);
    else
        watched = make_channel(LENGTH, 0);
    anser_handle second = handle_duplicate(watched.receive);
    uint64_t state = signal ? ANSER_STATE_SIGNAL : ANSER_STATE_RECEIVING;
    first.handle = second;
    task_start_at(&first.task, child_priority_max(), signal ? wait_then_signal : receive_then_send,
                  &first);
    task_wait_state(&first.task, state);
    queue_up(second, signal ? do_wait : do_receive, state, 0);
    sys_thread_priority(0, child_priority_max() - 1); /* who is told runs at once */
    handle_close(second);
    sys_thread_priority(0, child_priority_max());
    TEST(task_result(&first.task) == (signal ? 7 : -EAGAIN) && all_end(0, MANY, -EBADF),
         "%s: whoever is not told yet gets nothing", signal ? "a signal" : "a channel");
    drop_channel(watched);
}

/* ---- Closing. ----------------------------------------------------------------------------------
 */

static uint32_t ready;

/* Receives without waiting until it learns that the channel is closed; how many elements came. */
static int64_t drain(void *argument)
{
    uint8_t data[LENGTH];
    struct channel_in in = {.data = data, .capacity = LENGTH};
    int64_t came = 0;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    for (;;) {
        int status = channel_receive(*(anser_handle *)argument, &in, 0, 0);
        if (status == 0 && in.flags == ANSER_INFO_CLOSED)
            return came;
        came += status == 0;
    }
}

/* Close fails all senders that wait at that moment: whose element was received came before all that
 * have failed. */
static void test_close(void)
{
    struct channel channel = make_channel(LENGTH, 0);
    struct task receiver;
    bool prefix = true;
    int64_t sent = 0;
    queue_up(channel.send, do_send, ANSER_STATE_SENDING, 0);
    ready = 0;
    task_start(&receiver, drain, &channel.receive);
    while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        sys_thread_yield();
    sys_chan_close(channel.send);
    for (unsigned i = 0; i < MANY; i++) {
        int64_t status = task_result(&peers[i].task);
        prefix &= status == -EPIPE || (status == 0 && sent == i);
        sent += status == 0;
    }
    TEST(prefix && task_result(&receiver) == sent,
         "closed while somebody receives: from one sender on all of them fail");
    drop_channel(channel);
}

int main(void)
{
    struct balance before = {0};
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            before = balance_now();
        test_senders();
        test_reply_recv(true);
        test_reply_recv(false);
        test_receivers();
        test_room(true);
        test_room(false);
        test_chain();
        test_lost_handle();
        test_not_told_yet(false);
        test_not_told_yet(true);
        for (int i = 0; i < 5; i++)
            test_close();
    }
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return tap_done();
}
