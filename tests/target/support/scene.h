/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of docs/channels.md: a channel is brought into one, and somebody does something. */
#ifndef ANSER_TESTS_SCENE_H
#define ANSER_TESTS_SCENE_H

#include "channel.h"
#include "task.h"

/* Somebody who does one thing with a channel, in a thread of his own. */
struct actor {
    struct channel *channel;
    anser_handle carried; /* a handle to send, or 0 */
    void (*act)(struct actor *self);
    char text[48]; /* what came of it */
    struct task task;
};

struct state {
    char letter;
    const char *peer;                     /* who waits, and */
    void (*peer_act)(struct actor *self); /* with what, or NULL */
    uint64_t peer_state;
    unsigned capacity;
    unsigned elements;
    bool closed;
    bool event;
    bool gone;
    bool no_send_end;
    bool no_receive_end;
};

struct scene {
    const struct state *state;
    struct channel channel;
    struct actor peer;
    int64_t length; /* elements in the buffer */
};

/* Makes a channel in that state. The elements in its buffer are the words 1 and 2; a sender, a
 * caller, a selector that sends wait with 3, 4, 5; other words are the caller's. */
void scene_begin(struct scene *scene, const struct state *state);
/* Starts somebody, and waits until he is done or blocked. */
void scene_act(struct scene *scene, struct actor *actor, void (*act)(struct actor *self),
               anser_handle carried);
/* What happened: what the actor got; what the peer got, if it waits no more; the number of elements
 * and the carried handle, if they are other than before. */
void scene_tell(const struct scene *scene, const struct actor *actor, char *text, size_t size);
/* Closes everything, and waits for the threads. */
void scene_end(struct scene *scene, struct actor *actor);

/* Starts act in a thread of its own, and settles. */
void actor_start(struct actor *actor, struct channel *channel, void (*act)(struct actor *self));
/* Waits until he is done, or blocked: nothing more will come of itself. */
void actor_settle(const struct actor *actor);

/* A column of the grid. */
struct operation {
    const char *id;
    void (*act)(struct actor *self);
    bool needs_send_end;
    bool needs_receive_end;
    bool carries; /* a send handle of another channel */
};

/* Checks the cells of these operations in every state where they have the end that they need. */
void scene_grid(const struct operation *operations, unsigned count);

/* ---- What actors do. */

/* Says what a receive gave, and answers a call with its word and 100. */
void actor_tell_received(struct actor *self, int64_t status, const struct channel_in *in);
void act_receive(struct actor *self);
/* The word is the letter's of the peer. */
void actor_send_word(struct actor *self, uint64_t word, uint64_t deadline);
void actor_call_word(struct actor *self, uint64_t word, uint64_t deadline);
/* The same, with a deadline that is over: the peer answers when it has struck. */
void actor_call_late(struct actor *self, uint64_t word, uint64_t deadline);
/* A select with this one case. */
void actor_select_send(struct actor *self, uint64_t word, uint64_t deadline);
void actor_select_receive(struct actor *self, uint64_t deadline);

#endif
