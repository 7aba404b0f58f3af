/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing channels into states. */
#include <stdio.h>
#include <string.h>
#include "cells.h"
#include "clock.h"
#include "scene.h"
#include "select.h"
#include "syscall.h"
#include "words.h"

#define ANSWER 100 /* is added to a call's word */

/* Who has called with a deadline that is over: on another hart he could be answered before it
 * strikes, so he is answered when he is done. */
static struct actor *late_caller;

/* ---- What actors do. ------------------------------------------------------------------------- */

static void tell(struct actor *self, const char *text)
{
    snprintf(self->text, sizeof(self->text), "%s", text);
}

void actor_tell_received(struct actor *self, int64_t status, const struct channel_in *in)
{
    uint64_t word = 0;
    memcpy(&word, in->data, sizeof(word));
    const char *unanswered =
        status >= 0 && in->flags & ANSER_INFO_REPLY_FAILED ? ", unanswered" : "";
    const char *what = "gets";
    if (status < 0 || in->flags & (ANSER_INFO_CLOSED | ANSER_INFO_GONE | ANSER_INFO_EVENT)) {
        what = status < 0                      ? error_name(status)
               : in->flags & ANSER_INFO_CLOSED ? "closed"
               : in->flags & ANSER_INFO_GONE   ? "gone"
                                               : "event";
        snprintf(self->text, sizeof(self->text), "%s%s", what, unanswered);
        return;
    }
    for (unsigned i = 0; i < in->handle_count; i++)
        handle_close(in->handles[i]);
    if (in->flags & ANSER_INFO_CALL) {
        what = "call";
        const struct actor *late = __atomic_load_n(&late_caller, __ATOMIC_ACQUIRE);
        while (late && !task_done(&late->task))
            clock_sleep(1);
        reply_word(0, word + ANSWER);
    }
    snprintf(self->text, sizeof(self->text), "%s %lu%s", what, word, unanswered);
}

void act_receive(struct actor *self)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int status = channel_receive(self->channel->receive, &in, 0, CLOCK_NEVER);
    actor_tell_received(self, status, &in);
}

void actor_send_word(struct actor *self, uint64_t word, uint64_t deadline)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    if (self->carried) {
        out.handle_count = 1;
        out.handles[0] = self->carried;
    }
    tell(self, error_name(channel_send(self->channel->send, &out, deadline)));
}

void actor_call_word(struct actor *self, uint64_t word, uint64_t deadline)
{
    uint64_t answer = call_word(self->channel->send, word, deadline);
    tell(self, answer == word + ANSWER ? "answered" : error_name((int64_t)answer));
}

void actor_call_late(struct actor *self, uint64_t word, uint64_t deadline)
{
    __atomic_store_n(&late_caller, self, __ATOMIC_RELEASE);
    actor_call_word(self, word, deadline);
}

static void act_send(struct actor *self)
{
    actor_send_word(self, 3, CLOCK_NEVER);
}

static void act_call(struct actor *self)
{
    actor_call_word(self, 4, CLOCK_NEVER);
}

void actor_select_send(struct actor *self, uint64_t word, uint64_t deadline)
{
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    struct select_case one = select_send(self->channel->send, &out);
    tell(self, error_name(select_wait(&one, 1, deadline)));
}

void actor_select_receive(struct actor *self, uint64_t deadline)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    struct select_case one = select_receive(self->channel->receive, &in);
    actor_tell_received(self, select_wait(&one, 1, deadline), &in);
}

static void act_select_send(struct actor *self)
{
    actor_select_send(self, 5, CLOCK_NEVER);
}

static void act_select_receive(struct actor *self)
{
    actor_select_receive(self, CLOCK_NEVER);
}

/* ---- The states. ----------------------------------------------------------------------------- */

#define RECEIVER "receiver", act_receive, ANSER_STATE_RECEIVING
#define SENDER   "sender", act_send, ANSER_STATE_SENDING
#define CALLER   "caller", act_call, ANSER_STATE_CALLING
#define TAKER    "selector", act_select_receive, ANSER_STATE_SELECTING
#define GIVER    "selector", act_select_send, ANSER_STATE_SELECTING
#define NOBODY   NULL, NULL, 0

static const struct state channel_states[] = {
    {'a', NOBODY, .capacity = 0},
    {'b', RECEIVER, .capacity = 0},
    {'c', SENDER, .capacity = 0},
    {'d', CALLER, .capacity = 0},
    {'e', TAKER, .capacity = 0},
    {'f', GIVER, .capacity = 0},
    {'g', NOBODY, .capacity = 2},
    {'h', RECEIVER, .capacity = 2},
    {'i', NOBODY, .capacity = 2, .elements = 1},
    {'j', CALLER, .capacity = 2, .elements = 1},
    {'k', NOBODY, .capacity = 2, .elements = 2},
    {'l', SENDER, .capacity = 2, .elements = 2},
    {'m', GIVER, .capacity = 2, .elements = 2},
    {'n', NOBODY, .capacity = 2, .elements = 1, .closed = true},
    {'o', NOBODY, .capacity = 2, .closed = true},
    {'p', NOBODY, .capacity = 2, .elements = 1, .event = true},
    {'q', NOBODY, .capacity = 2, .elements = 1, .gone = true},
    {'r', NOBODY, .capacity = 2, .elements = 1, .no_send_end = true},
    {'s', NOBODY, .capacity = 2, .elements = 1, .no_receive_end = true},
};

#define STATES (sizeof(channel_states) / sizeof(channel_states[0]))

static int64_t run_actor(void *argument)
{
    struct actor *self = argument;
    self->act(self);
    return 0;
}

static bool blocked(uint64_t state)
{
    return state == ANSER_STATE_SENDING || state == ANSER_STATE_RECEIVING ||
           state == ANSER_STATE_CALLING || state == ANSER_STATE_SIGNAL ||
           state == ANSER_STATE_SELECTING;
}

void actor_settle(const struct actor *actor)
{
    struct anser_thread_info info = {0};
    while (!task_done(&actor->task) &&
           !(task_look_up(actor->task.id, &info) && blocked(info.state)))
        clock_sleep(1);
}

void actor_start(struct actor *actor, struct channel *channel, void (*act)(struct actor *self))
{
    actor->channel = channel;
    actor->act = act;
    tell(actor, "waits");
    task_start(&actor->task, run_actor, actor);
    actor_settle(actor);
}

/* A process that ends tells of it as an event. */
static void post_event(anser_handle send)
{
    struct anser_process_params params = {.name = "event", .budget_pages = 20, .exit = send};
    anser_handle process = sys_process_create(&params);
    sys_process_kill(process, 0);
    handle_close(process);
}

static int64_t length_of(const struct scene *scene)
{
    int64_t length = sys_chan_len(scene->channel.receive).status;
    return length >= 0 ? length : sys_chan_len(scene->channel.send).status;
}

void scene_begin(struct scene *scene, const struct state *state)
{
    *scene = (struct scene){.state = state, .channel = make_channel(8, state->capacity)};
    struct channel *channel = &scene->channel;
    for (unsigned i = 0; i < state->elements; i++)
        send_word(channel->send, 1 + i, 0);
    if (state->event)
        post_event(channel->send);
    if (state->gone)
        handle_close(channel_mint(channel->receive, 7));
    if (state->closed)
        sys_chan_close(channel->send);
    if (state->no_send_end)
        handle_close(channel->send);
    if (state->no_receive_end)
        handle_close(channel->receive);
    if (state->peer_act)
        actor_start(&scene->peer, channel, state->peer_act);
    scene->length = length_of(scene);
}

void scene_act(struct scene *scene, struct actor *actor, void (*act)(struct actor *self),
               anser_handle carried)
{
    *actor = (struct actor){.carried = carried};
    actor_start(actor, &scene->channel, act);
    if (scene->state->peer_act)
        actor_settle(&scene->peer);
}

void scene_tell(const struct scene *scene, const struct actor *actor, char *text, size_t size)
{
    int64_t length = length_of(scene);
    size_t used = (size_t)snprintf(text, size, "%s", actor->text);
    if (scene->state->peer_act && task_done(&scene->peer.task))
        used += (size_t)snprintf(text + used, size - used, "; %s %s", scene->state->peer,
                                 scene->peer.text);
    if (length >= 0 && length != scene->length)
        used += (size_t)snprintf(text + used, size - used, "; len %ld", (long)length);
    if (actor->carried && sys_handle_info(actor->carried).status < 0)
        snprintf(text + used, size - used, "; handle moves");
}

void scene_end(struct scene *scene, struct actor *actor)
{
    drop_channel(scene->channel);
    task_join(&actor->task);
    if (scene->state->peer_act)
        task_join(&scene->peer.task);
    late_caller = NULL;
    if (actor->carried)
        handle_close(actor->carried);
}

/* ---- The grid. ------------------------------------------------------------------------------- */

static void check_state(const struct operation *operation, const struct state *state)
{
    char id[8], seen[128];
    struct scene scene;
    struct actor actor;
    struct channel other = {0, 0};
    if ((operation->needs_send_end && state->no_send_end) ||
        (operation->needs_receive_end && state->no_receive_end))
        return;
    if (operation->carries)
        other = make_channel(8, 0);
    scene_begin(&scene, state);
    scene_act(&scene, &actor, operation->act, other.send);
    scene_tell(&scene, &actor, seen, sizeof(seen));
    snprintf(id, sizeof(id), "%s.%c", operation->id, state->letter);
    cell_check(id, "%s", seen);
    scene_end(&scene, &actor);
    handle_close(other.receive);
}

void scene_grid(const struct operation *operations, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < STATES; j++)
            check_state(&operations[i], &channel_states[j]);
}
