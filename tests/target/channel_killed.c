/* SPDX-License-Identifier: BSD-2-Clause */
/* The process of the one who waits is killed, in every state of a channel where somebody waits. */
/* sources: tests/target/support/task.c tests/target/support/child.c */
/* sources: tests/target/support/balance.c tests/target/support/cells.c */
#include <errno.h>
#include <stdio.h>
#include "select.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/child.h"
#include "support/task.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

/* ---- Those who wait, each in a process of its own. ------------------------------------------- */

static int64_t receive(uint64_t unused)
{
    (void)unused;
    return (int64_t)receive_word(child_handles[0], CLOCK_NEVER);
}

static int64_t send(uint64_t word)
{
    return send_word(child_handles[0], word, CLOCK_NEVER);
}

static int64_t call(uint64_t word)
{
    return (int64_t)call_word(child_handles[0], word, CLOCK_NEVER);
}

static int64_t select_receiving(uint64_t word)
{
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    struct select_case one = select_receive(child_handles[0], &in);
    return select_wait(&one, 1, CLOCK_NEVER);
}

static int64_t select_sending(uint64_t word)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    struct select_case one = select_send(child_handles[0], &out);
    return select_wait(&one, 1, CLOCK_NEVER);
}

static const struct state {
    char letter;
    unsigned capacity;
    unsigned elements;
    int64_t (*wait)(uint64_t word);
    uint64_t word;
    uint64_t state;
    bool receives;
} states[] = {
    {'b', 0, 0, receive, 0, ANSER_STATE_RECEIVING, true},
    {'c', 0, 0, send, 3, ANSER_STATE_SENDING, false},
    {'d', 0, 0, call, 4, ANSER_STATE_CALLING, false},
    {'e', 0, 0, select_receiving, 0, ANSER_STATE_SELECTING, true},
    {'f', 0, 0, select_sending, 5, ANSER_STATE_SELECTING, false},
    {'h', 2, 0, receive, 0, ANSER_STATE_RECEIVING, true},
    {'j', 2, 1, call, 4, ANSER_STATE_CALLING, false},
    {'l', 2, 2, send, 3, ANSER_STATE_SENDING, false},
    {'m', 2, 2, select_sending, 5, ANSER_STATE_SELECTING, false},
};

/* A channel in that state, whose waiter has been killed. last: it held the only handle of its end,
 * which is 0 in the channel that comes back. */
static struct channel with_waiter_killed(const struct state *state, bool last)
{
    struct channel channel = make_channel(8, state->capacity);
    anser_handle *end = state->receives ? &channel.receive : &channel.send;
    struct child child;
    for (unsigned i = 0; i < state->elements; i++)
        send_word(channel.send, 1 + i, 0);
    struct child_options options = {.handle_count = 1, .handles = {handle_duplicate(*end)}};
    if (last) {
        handle_close(*end);
        *end = 0;
    }
    TEST(child_start(&child, state->wait, state->word, &options) == 0, "a child");
    struct task task = {.id = object_id(child.thread)};
    TEST(task_wait_state(&task, state->state), "waits");
    sys_process_kill(child.process, 0);
    child_wait(&child);
    return channel;
}

/* ---- What others find then. ------------------------------------------------------------------ */

static void tell(const char *column, const struct state *state, struct channel channel,
                 const char *what)
{
    char id[8];
    struct sys_result size = sys_chan_len(channel.send ? channel.send : channel.receive);
    snprintf(id, sizeof(id), "%s.%c", column, state->letter);
    cell_check(id, "%s; len %ld", what, (long)size.status);
    drop_channel(channel);
}

static void test_send(const char *column, const struct state *state, bool last)
{
    struct channel channel = with_waiter_killed(state, last);
    tell(column, state, channel, error_name(send_word(channel.send, 9, 0)));
}

static void test_receive(const char *column, const struct state *state, bool last)
{
    struct channel channel = with_waiter_killed(state, last);
    char what[32];
    uint64_t word = receive_word(channel.receive, 0);
    snprintf(what, sizeof(what), "gets %lu", word);
    tell(column, state, channel,
         word == NOTHING     ? "closed"
         : (int64_t)word < 0 ? error_name((int64_t)word)
                             : what);
}

static void test_all(void)
{
    for (const struct state *state = states; state < states + sizeof(states) / sizeof(*states);
         state++) {
        test_send("P1", state, false);
        test_receive("P2", state, false);
        (state->receives ? test_send : test_receive)("P3", state, true);
    }
}

int main(void)
{
    test_all(); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_all();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("P");
}
