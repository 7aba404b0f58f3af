/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, rights, events, and the order in which waiters and messages are served. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/cells.c tests/target/support/child.c */
#include <errno.h>
#include "clock.h"
#include "memory.h"
#include "select.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

/* ---- Limits and rights. ---------------------------------------------------------------------- */

#define SLOT 24 /* bytes of the kernel's in front of each element in a buffer */

static const char *made(uint64_t element_size, uint64_t capacity)
{
    struct sys_result result = sys_chan_create(element_size, capacity);
    if (result.status >= 0)
        drop_channel((struct channel){result.status, (anser_handle)result.value});
    return error_name(result.status);
}

static void test_limits(void)
{
    const uint64_t words = ANSER_CHAN_BUFFER_MAX / (SLOT + 8 + 7);
    cell_check("N1", "%s", made(ANSER_ELEMENT_MAX, 0));
    cell_check("N2", "%s", made(ANSER_ELEMENT_MAX + 1, 0));
    cell_check("N3", "%s", made(8, words));
    cell_check("N4", "%s", made(8, words + 1));
    cell_check("N5", "%s", made(0, UINT64_MAX));
    cell_check("N16", "%s", made(ANSER_ELEMENT_MAX, 254));
    cell_check("N17", "%s", made(0, ANSER_CHAN_BUFFER_MAX / (SLOT + 7)));
}

/* Twice around, so that the buffer's end is passed. */
static void test_largest_buffer(void)
{
    const uint64_t words = ANSER_CHAN_BUFFER_MAX / (SLOT + 8 + 7);
    struct channel channel = make_channel(8, words);
    uint64_t sent = 0, got = 0;
    bool in_order = true;
    for (unsigned round = 0; round < 2; round++) {
        while (send_word(channel.send, sent, 0) == 0)
            sent++;
        for (uint64_t i = 0; i < words / 2 + round * words; i++)
            if (got < sent)
                in_order &= receive_word(channel.receive, 0) == got++;
    }
    cell_check("N18", "%lu go in, %lu come out, %s", sent, got,
               in_order ? "in order" : "out of order");
    drop_channel(channel);
}

static void test_rights(void)
{
    struct channel channel = make_channel(8, 1);
    anser_handle fixed = sys_handle_dup(channel.send, ANSER_RIGHT_SEND);
    cell_check("N6", "%s", error_name(send_word(channel.receive, 1, 0)));
    cell_check("N7", "%s", error_name((int64_t)receive_word(channel.send, 0)));
    cell_check("N8", "%s", error_name((int64_t)call_word(channel.receive, 1, CLOCK_NEVER)));
    cell_check("N9", "%s", error_name(sys_chan_close(channel.receive)));
    cell_check("N10", "%s", error_name(channel_mint(channel.send, 1)));
    cell_check("N11", "%s", error_name(channel_mint(channel.receive, 0)));
    cell_check("N12", "%s", error_name(sys_handle_dup(fixed, ANSER_RIGHT_SEND)));
    handle_close(fixed);
    cell_check("N13", "%s", error_name(send_word(fixed, 1, 0)));
    drop_channel(channel);
}

static void test_other_type(void)
{
    struct channel channel = make_channel(8, 1), signal;
    uint64_t word;
    channel_create_signal(&signal);
    cell_check("N14", "%s", error_name(send_word(signal.send, 1, 0)));
    cell_check("N15", "%s", error_name(channel_wait(channel.receive, &word, 0)));
    drop_channel(channel);
    drop_channel(signal);
}

/* ---- Events. --------------------------------------------------------------------------------- */

struct event {
    int64_t status; /* flags, or -errno */
    uint64_t badge;
    size_t length;
    uint64_t words[8];
};

static struct event next_event(anser_handle receive, size_t capacity, uint64_t deadline)
{
    struct event event = {0};
    struct anser_message message = {
        .recv_data = (uint64_t)event.words, .recv_capacity = capacity, .deadline = deadline};
    uint64_t wait = deadline == 0 ? ANSER_INFO_NB : ANSER_INFO_DEADLINE;
    struct sys_result result = sys_recv(receive, ANSER_INFO_MEM | wait, &message);
    event.status = result.status;
    event.badge = result.value;
    event.length = message.recv_length;
    return event;
}

static const char *event_name(const struct event *event)
{
    return event->status < 0                   ? error_name(event->status)
           : event->status & ANSER_INFO_EVENT  ? "event"
           : event->status & ANSER_INFO_GONE   ? "gone"
           : event->status & ANSER_INFO_CLOSED ? "closed"
                                               : "element";
}

/* A process that ends tells of it as an event. */
static anser_handle process_that_ends(anser_handle send)
{
    struct anser_process_params params = {.name = "event", .budget_pages = 20, .exit = send};
    anser_handle process = sys_process_create(&params);
    sys_process_kill(process, 5);
    return process;
}

static void test_events(void)
{
    struct channel channel = make_channel(8, 1);
    send_word(channel.send, 1, 0);
    handle_close(process_that_ends(channel.send));
    handle_close(process_that_ends(channel.send));
    struct event first = next_event(channel.receive, 64, 0);
    struct event second = next_event(channel.receive, 8, 0);
    struct event third = next_event(channel.receive, 64, 0);
    cell_check("E1", "%s, %s, %s", event_name(&first), event_name(&second), event_name(&third));
    cell_check("E2", "%zu bytes, in a room of 8 %zu", first.length, second.length);
    drop_channel(channel);
}

/* Two expiries at least before anybody looks: one event, which counts. */
static void test_coalesced(void)
{
    struct channel channel = make_channel(16, 0);
    anser_handle timer = sys_timer_create(channel.send);
    struct event first = {0};
    /* The hart whose timer it is may have no time of its host for a while. */
    for (unsigned i = 0; i < 20 && first.words[1] < 2; i++) {
        sys_timer_set(timer, clock_after(1), clock_ticks(1000000));
        clock_sleep(10);
        sys_timer_set(timer, 0, 0);
        first = next_event(channel.receive, 64, 0);
    }
    struct event second = next_event(channel.receive, 64, 0);
    cell_check("E3", "%s with a count %s, then %s", event_name(&first),
               first.words[1] >= 2 ? "of all" : "of one", event_name(&second));
    sys_timer_set(timer, 1, 0);
    clock_sleep(2);
    handle_close(timer);
    first = next_event(channel.receive, 64, 0);
    cell_check("E4", "%s", event_name(&first));
    timer = sys_timer_create(channel.send);
    handle_close(channel.send);
    first = next_event(channel.receive, 64, 0);
    handle_close(timer);
    second = next_event(channel.receive, 64, 0);
    cell_check("E5", "%s; once the timer is closed %s", event_name(&first), event_name(&second));
    handle_close(channel.receive);
}

static void test_gone(void)
{
    struct channel channel = make_channel(8, 4);
    anser_handle badged = channel_mint(channel.receive, 7);
    send_word(badged, 1, 0);
    handle_close(badged);
    send_word(channel.send, 2, 0);
    struct event first = next_event(channel.receive, 8, 0);
    struct event second = next_event(channel.receive, 8, 0);
    struct event third = next_event(channel.receive, 8, 0);
    cell_check("E6", "%s %lu, %s of %lu, %s %lu", event_name(&first), first.words[0],
               event_name(&second), second.badge, event_name(&third), third.words[0]);
    anser_handle same[2] = {channel_mint(channel.receive, 7), channel_mint(channel.receive, 7)};
    handle_close(same[0]);
    handle_close(same[1]);
    first = next_event(channel.receive, 8, 0);
    second = next_event(channel.receive, 8, 0);
    third = next_event(channel.receive, 8, 0);
    cell_check("E7", "%s, %s, %s", event_name(&first), event_name(&second), event_name(&third));
    drop_channel(channel);
}

static void test_to_signal(void)
{
    struct channel signal;
    uint64_t word = 0, badge_word = 0;
    channel_create_signal(&signal);
    anser_handle badged = channel_mint(signal.receive, 48);
    handle_close(process_that_ends(signal.send));
    channel_wait(signal.receive, &word, 0);
    handle_close(process_that_ends(badged));
    channel_wait(signal.receive, &badge_word, 0);
    cell_check("E8", "word %lu; with a badge %lu", word, badge_word);
    handle_close(badged);
    drop_channel(signal);
}

/* ---- What comes to one who waits. ------------------------------------------------------------ */

struct waiter {
    anser_handle receive;
    size_t capacity;
    void *data;
    struct event event;
    struct task task;
};

static int64_t wait_for_event(void *argument)
{
    struct waiter *waiter = argument;
    struct anser_message message = {.recv_data = (uint64_t)waiter->data,
                                    .recv_capacity = waiter->capacity};
    struct sys_result result = sys_recv(waiter->receive, ANSER_INFO_MEM, &message);
    waiter->event = (struct event){.status = result.status, .badge = result.value};
    return 0;
}

static void start_waiter(struct waiter *waiter, anser_handle receive, void *data)
{
    *waiter = (struct waiter){.receive = receive, .capacity = 64, .data = data};
    task_start(&waiter->task, wait_for_event, waiter);
    task_wait_state(&waiter->task, ANSER_STATE_RECEIVING);
}

static const char *waiter_end(struct waiter *waiter)
{
    task_join(&waiter->task);
    return event_name(&waiter->event);
}

static void test_to_waiters(void)
{
    struct channel channel = make_channel(8, 0);
    struct waiter first, second;
    uint64_t words[2][8];
    anser_handle badged = channel_mint(channel.receive, 7);
    start_waiter(&first, channel.receive, words[0]);
    handle_close(badged);
    const char *gone = waiter_end(&first);
    cell_check("E9", "%s of %lu", gone, first.event.badge);
    void *unmapped = memory_map(MEMORY_PAGE);
    start_waiter(&first, channel.receive, unmapped);
    start_waiter(&second, channel.receive, words[1]);
    memory_unmap(unmapped, MEMORY_PAGE);
    handle_close(process_that_ends(channel.send));
    gone = waiter_end(&first);
    cell_check("E10", "first %s; second %s", gone, waiter_end(&second));
    drop_channel(channel);
}

static int64_t call_with_badge(void *argument)
{
    return (int64_t)call_word(*(anser_handle *)argument, 1, CLOCK_NEVER);
}

static void test_badges(void)
{
    struct channel channel = make_channel(8, 1);
    anser_handle badged = channel_mint(channel.receive, 5), copy = handle_duplicate(badged);
    struct channel_out out = {.length = 0};
    struct select_case one = select_send(copy, &out);
    struct event events[3];
    struct task task;
    send_word(badged, 1, 0);
    events[0] = next_event(channel.receive, 8, 0);
    select_try(&one, 1);
    events[1] = next_event(channel.receive, 8, 0);
    task_start(&task, call_with_badge, &badged);
    task_wait_state(&task, ANSER_STATE_CALLING);
    events[2] = next_event(channel.receive, 8, 0);
    reply_word(0, 1);
    task_join(&task);
    cell_check("E11", "%lu, %lu, %lu", events[0].badge, events[1].badge, events[2].badge);
    handle_close(badged);
    handle_close(copy);
    drop_channel(channel);
}

/* ---- Order. ---------------------------------------------------------------------------------- */

#define WAITERS 4

struct work {
    anser_handle handle;
    uint64_t word;
};

static int64_t do_send(void *argument)
{
    const struct work *work = argument;
    return send_word(work->handle, work->word, CLOCK_NEVER);
}

static int64_t do_call(void *argument)
{
    const struct work *work = argument;
    return (int64_t)call_word(work->handle, work->word, CLOCK_NEVER);
}

static int64_t do_receive(void *argument)
{
    const struct work *work = argument;
    return (int64_t)receive_word(work->handle, CLOCK_NEVER);
}

/* Priorities differ, the later the higher: only the order of arrival counts in a queue. */
static void queue_up(struct task *tasks, struct work *works, anser_handle handle,
                     int64_t (*const *functions)(void *), const uint64_t *states)
{
    for (unsigned i = 0; i < WAITERS; i++) {
        works[i] = (struct work){handle, 1 + i};
        task_start_at(&tasks[i], i, functions[i], &works[i]);
        task_wait_state(&tasks[i], states[i]);
    }
}

static void test_senders_order(void)
{
    static int64_t (*const functions[])(void *) = {do_send, do_call, do_send, do_call};
    static const uint64_t states[] = {ANSER_STATE_SENDING, ANSER_STATE_CALLING, ANSER_STATE_SENDING,
                                      ANSER_STATE_CALLING};
    struct channel channel = make_channel(8, 0);
    struct task tasks[WAITERS];
    struct work works[WAITERS];
    uint64_t got[WAITERS];
    queue_up(tasks, works, channel.send, functions, states);
    for (unsigned i = 0; i < WAITERS; i++) {
        got[i] = receive_word(channel.receive, 0);
        if (states[i] == ANSER_STATE_CALLING)
            reply_word(0, got[i]);
    }
    for (unsigned i = 0; i < WAITERS; i++)
        task_join(&tasks[i]);
    cell_check("T1", "%lu, %lu, %lu, %lu", got[0], got[1], got[2], got[3]);
    drop_channel(channel);
}

static void test_receivers_order(void)
{
    static int64_t (*const functions[])(void *) = {do_receive, do_receive, do_receive, do_receive};
    static const uint64_t states[] = {ANSER_STATE_RECEIVING, ANSER_STATE_RECEIVING,
                                      ANSER_STATE_RECEIVING, ANSER_STATE_RECEIVING};
    struct channel channel = make_channel(8, 0);
    struct task tasks[WAITERS];
    struct work works[WAITERS];
    int64_t got[WAITERS];
    queue_up(tasks, works, channel.receive, functions, states);
    for (unsigned i = 0; i < WAITERS; i++)
        send_word(channel.send, 1 + i, 0);
    for (unsigned i = 0; i < WAITERS; i++)
        got[i] = task_join(&tasks[i]);
    cell_check("T2", "%ld, %ld, %ld, %ld", (long)got[0], (long)got[1], (long)got[2], (long)got[3]);
    drop_channel(channel);
}

/* Each sender sends again as soon as it may: it is behind the others then. */
static int64_t send_for_ever(void *argument)
{
    while (do_send(argument) == 0)
        ;
    return 0;
}

static void test_nobody_starves(size_t capacity, const char *id)
{
    struct channel channel = make_channel(8, capacity);
    struct task tasks[WAITERS];
    struct work works[WAITERS];
    uint64_t seen[WAITERS] = {0};
    for (unsigned i = 0; i < WAITERS; i++) {
        works[i] = (struct work){channel.send, i};
        task_start(&tasks[i], send_for_ever, &works[i]);
        if (i >= capacity)
            task_wait_state(&tasks[i], ANSER_STATE_SENDING);
    }
    for (unsigned round = 0; round < 400; round++) {
        /* All wait again: who was served has come back to the end of the queue. */
        for (unsigned i = 0; i < WAITERS; i++)
            task_wait_state(&tasks[i], ANSER_STATE_SENDING);
        seen[receive_word(channel.receive, CLOCK_NEVER)]++;
    }
    handle_close(channel.receive);
    for (unsigned i = 0; i < WAITERS; i++)
        task_join(&tasks[i]);
    bool fair = true;
    for (unsigned i = 0; i < WAITERS; i++)
        fair &= seen[i] + 2 * (capacity + 1) >= 100 && seen[i] <= 100 + 2 * (capacity + 1);
    cell_check(id, "%s", fair ? "each a quarter" : "some more than others");
    handle_close(channel.send);
}

/* A call is not buffered; what is sent behind it does not overtake it. */
static void test_behind_a_call(void)
{
    struct channel channel = make_channel(8, 2);
    struct work call = {channel.send, 4}, send = {channel.send, 5};
    struct task calling, sending;
    task_start(&calling, do_call, &call);
    task_wait_state(&calling, ANSER_STATE_CALLING);
    task_start(&sending, do_send, &send);
    bool waits = task_wait_state(&sending, ANSER_STATE_SENDING);
    uint64_t first = receive_word(channel.receive, 0);
    int64_t length = sys_chan_len(channel.send).status;
    reply_word(0, 9);
    int64_t answer = task_join(&calling), sent = task_join(&sending);
    cell_check("T5", "sender %s; server gets %lu; then len %ld, sender %s; caller gets %ld",
               waits ? "waits" : "does not wait", first, (long)length, error_name(sent),
               (long)answer);
    drop_channel(channel);
}

static void test_deadlines(void)
{
    struct channel channel = make_channel(8, 0);
    uint64_t deadline = clock_after(20);
    int64_t status = send_word(channel.send, 1, deadline);
    cell_check("T6", "%s, %s", error_name(status),
               clock_now() >= deadline ? "not before" : "too early");
    cell_check("T7", "%s", error_name((int64_t)receive_word(channel.receive, 0)));
    drop_channel(channel);
}

static void test_all(void)
{
    test_limits();
    test_largest_buffer();
    test_rights();
    test_other_type();
    test_events();
    test_coalesced();
    test_gone();
    test_to_signal();
    test_to_waiters();
    test_badges();
    test_senders_order();
    test_receivers_order();
    test_nobody_starves(0, "T3");
    test_nobody_starves(2, "T4");
    test_behind_a_call();
    test_deadlines();
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("NET");
}
