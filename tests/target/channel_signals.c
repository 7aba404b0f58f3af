/* SPDX-License-Identifier: BSD-2-Clause */
/* Every operation in every state of a signal: the second grid of docs/channels.md. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/cells.c tests/target/support/scene.c */
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/scene.h"
#include "support/words.h"
#include "select.h"
#include "syscall.h"
#include "tap.h"

/* ---- What is done. --------------------------------------------------------------------------- */

static void tell_status(struct actor *self, int64_t status)
{
    snprintf(self->text, sizeof(self->text), "%s", error_name(status));
}

static void wait_until(struct actor *self, uint64_t deadline)
{
    uint64_t word = 0;
    int status = channel_wait(self->channel->receive, &word, deadline);
    tell_status(self, status);
    if (status == 0)
        snprintf(self->text, sizeof(self->text), "gets %lu", word);
}

static void wait_now(struct actor *self)
{
    wait_until(self, 0);
}

static void wait_late(struct actor *self)
{
    wait_until(self, 1);
}

static void wait_long(struct actor *self)
{
    wait_until(self, CLOCK_NEVER);
}

static void select_until(struct actor *self, uint64_t deadline)
{
    struct select_case one = select_signal(self->channel->receive);
    int status = select_wait(&one, 1, deadline);
    tell_status(self, status);
    if (status == 0)
        snprintf(self->text, sizeof(self->text), "gets %lu", one.word);
}

static void select_now(struct actor *self)
{
    select_until(self, 0);
}

static void select_long(struct actor *self)
{
    select_until(self, CLOCK_NEVER);
}

static void post(struct actor *self)
{
    tell_status(self, sys_signal(self->channel->send, 4));
}

static void post_nothing(struct actor *self)
{
    tell_status(self, sys_signal(self->channel->send, 0));
}

static void drop_send_end(struct actor *self)
{
    tell_status(self, sys_handle_close(self->channel->send));
}

static void drop_receive_end(struct actor *self)
{
    tell_status(self, sys_handle_close(self->channel->receive));
}

static const struct operation operations[] = {
    {"G1", post, .needs_send_end = true},
    {"G2", post_nothing, .needs_send_end = true},
    {"G3", wait_now, .needs_receive_end = true},
    {"G4", wait_late, .needs_receive_end = true},
    {"G5", wait_long, .needs_receive_end = true},
    {"G6", drop_send_end, .needs_send_end = true},
    {"G7", drop_receive_end, .needs_receive_end = true},
    {"G8", select_now, .needs_receive_end = true},
    {"G9", select_long, .needs_receive_end = true},
};

/* ---- The states. ----------------------------------------------------------------------------- */

static const struct signal_state {
    char letter;
    uint64_t bits;
    unsigned waiters;
    unsigned selectors; /* the last ones of the waiters */
    bool no_send_end;
    bool no_receive_end;
} states[] = {
    {.letter = 'a'},
    {.letter = 'b', .bits = 3},
    {.letter = 'c', .waiters = 1},
    {.letter = 'd', .waiters = 2},
    {.letter = 'e', .waiters = 1, .selectors = 1},
    {.letter = 'f', .waiters = 2, .selectors = 1},
    {.letter = 'g', .no_send_end = true},
    {.letter = 'h', .bits = 3, .no_send_end = true},
    {.letter = 'i', .bits = 3, .no_receive_end = true},
};

#define WAITERS_MAX 2

struct signal_scene {
    struct channel signal;
    struct actor waiters[WAITERS_MAX];
};

static void begin(struct signal_scene *scene, const struct signal_state *state)
{
    channel_create_signal(&scene->signal);
    if (state->bits)
        sys_signal(scene->signal.send, state->bits);
    if (state->no_send_end)
        handle_close(scene->signal.send);
    if (state->no_receive_end)
        handle_close(scene->signal.receive);
    for (unsigned i = 0; i < state->waiters; i++)
        actor_start(&scene->waiters[i], &scene->signal,
                    i + state->selectors < state->waiters ? wait_long : select_long);
}

static void tell(const struct signal_scene *scene, const struct signal_state *state,
                 const struct actor *actor, char *text, size_t size)
{
    static const char *const names[WAITERS_MAX] = {"first", "second"};
    size_t used = (size_t)snprintf(text, size, "%s", actor->text);
    for (unsigned i = 0; i < state->waiters; i++) {
        actor_settle(&scene->waiters[i]);
        if (task_done(&scene->waiters[i].task))
            used += (size_t)snprintf(text + used, size - used, "; %s %s", names[i],
                                     scene->waiters[i].text);
    }
}

static void test_cell(const struct operation *operation, const struct signal_state *state)
{
    char id[8], seen[128];
    struct signal_scene scene;
    struct actor actor = {.carried = 0};
    if ((operation->needs_send_end && state->no_send_end) ||
        (operation->needs_receive_end && state->no_receive_end))
        return;
    begin(&scene, state);
    actor_start(&actor, &scene.signal, operation->act);
    tell(&scene, state, &actor, seen, sizeof(seen));
    snprintf(id, sizeof(id), "%s.%c", operation->id, state->letter);
    cell_check(id, "%s", seen);
    drop_channel(scene.signal);
    task_join(&actor.task);
    for (unsigned i = 0; i < state->waiters; i++)
        task_join(&scene.waiters[i].task);
}

static void test_grid(void)
{
    for (unsigned i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        for (unsigned j = 0; j < sizeof(states) / sizeof(states[0]); j++)
            test_cell(&operations[i], &states[j]);
}

int main(void)
{
    test_cell(&operations[0], &states[3]); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    test_grid();
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("G");
}
