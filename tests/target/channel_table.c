/* SPDX-License-Identifier: BSD-2-Clause */
/* Every operation in every state of a channel: the grid of docs/channels.md. */
/* sources: tests/target/support/task.c tests/target/support/balance.c */
/* sources: tests/target/support/cells.c tests/target/support/scene.c */
/* timeout: 120 */
#include <stdio.h>
#include "clock.h"
#include "support/balance.h"
#include "support/cells.h"
#include "support/scene.h"
#include "support/words.h"
#include "syscall.h"
#include "tap.h"

#define OVER 1 /* a deadline that has passed */

/* ---- Sending. -------------------------------------------------------------------------------- */

static void send_now(struct actor *self)
{
    actor_send_word(self, 9, 0);
}

static void send_late(struct actor *self)
{
    actor_send_word(self, 9, OVER);
}

static void send_waiting(struct actor *self)
{
    actor_send_word(self, 9, CLOCK_NEVER);
}

static void send_too_long(struct actor *self)
{
    uint64_t words[2] = {9, 9};
    struct channel_out out = {.data = words, .length = 9};
    int status = channel_send(self->channel->send, &out, 0);
    snprintf(self->text, sizeof(self->text), "%s", error_name(status));
}

/* ---- Receiving. ------------------------------------------------------------------------------ */

static void receive_until(struct actor *self, uint64_t deadline)
{
    uint64_t words[8] = {0};
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    int status = channel_receive(self->channel->receive, &in, 0, deadline);
    actor_tell_received(self, status, &in);
}

static void receive_now(struct actor *self)
{
    receive_until(self, 0);
}

static void receive_late(struct actor *self)
{
    receive_until(self, OVER);
}

/* In memory form: with less room, and with an answer for nobody. */
static void receive_in_memory(struct actor *self, uint64_t capacity,
                              struct sys_result (*call)(anser_handle, uint64_t,
                                                        struct anser_message *))
{
    uint64_t words[8] = {0};
    struct anser_message message = {.recv_data = (uint64_t)words, .recv_capacity = capacity};
    struct sys_result result =
        call(self->channel->receive, ANSER_INFO_MEM | ANSER_INFO_NB, &message);
    struct channel_in in = {.data = words, .flags = (uint64_t)result.status};
    actor_tell_received(self, result.status, &in);
}

static void reply_to_nobody(struct actor *self)
{
    receive_in_memory(self, 64, sys_reply_recv);
}

static void receive_in_little_room(struct actor *self)
{
    receive_in_memory(self, 4, sys_recv);
}

/* ---- Calling. -------------------------------------------------------------------------------- */

static void call_now(struct actor *self)
{
    uint64_t word = 9, answer = 0;
    struct anser_message message = {.send_data = (uint64_t)&word,
                                    .send_length = sizeof(word),
                                    .recv_data = (uint64_t)&answer,
                                    .recv_capacity = sizeof(answer)};
    struct sys_result result =
        sys_call(self->channel->send, ANSER_INFO_MEM | ANSER_INFO_NB, &message);
    snprintf(self->text, sizeof(self->text), "%s",
             result.status >= 0 && answer == 109 ? "answered" : error_name(result.status));
}

static void call_late(struct actor *self)
{
    actor_call_late(self, 9, OVER);
}

static void call_waiting(struct actor *self)
{
    actor_call_word(self, 9, CLOCK_NEVER);
}

/* ---- Ends. ----------------------------------------------------------------------------------- */

static void tell_status(struct actor *self, int64_t status)
{
    snprintf(self->text, sizeof(self->text), "%s", error_name(status));
}

static void close_channel(struct actor *self)
{
    tell_status(self, sys_chan_close(self->channel->send));
}

static void drop_send_end(struct actor *self)
{
    tell_status(self, sys_handle_close(self->channel->send));
}

static void drop_receive_end(struct actor *self)
{
    tell_status(self, sys_handle_close(self->channel->receive));
}

static void drop_duplicate(struct actor *self)
{
    tell_status(self, sys_handle_close(handle_duplicate(self->channel->send)));
}

static void mint(struct actor *self)
{
    self->carried = channel_mint(self->channel->receive, 5);
    tell_status(self, self->carried);
}

static void tell_length(struct actor *self)
{
    struct sys_result size = sys_chan_len(self->channel->send);
    if (size.status < 0)
        size = sys_chan_len(self->channel->receive);
    snprintf(self->text, sizeof(self->text), "%ld of %lu", (long)size.status, size.value);
}

/* ---- The grid. ------------------------------------------------------------------------------- */

static const struct operation operations[] = {
    {"S1", send_now, .needs_send_end = true},
    {"S2", send_late, .needs_send_end = true},
    {"S3", send_waiting, .needs_send_end = true},
    {"S4", send_now, .needs_send_end = true, .carries = true},
    {"S5", send_too_long, .needs_send_end = true},
    {"R1", receive_now, .needs_receive_end = true},
    {"R2", receive_late, .needs_receive_end = true},
    {"R3", act_receive, .needs_receive_end = true},
    {"R4", reply_to_nobody, .needs_receive_end = true},
    {"R5", receive_in_little_room, .needs_receive_end = true},
    {"C1", call_now, .needs_send_end = true},
    {"C2", call_late, .needs_send_end = true},
    {"C3", call_waiting, .needs_send_end = true},
    {"X1", close_channel, .needs_send_end = true},
    {"X2", drop_send_end, .needs_send_end = true},
    {"X3", drop_receive_end, .needs_receive_end = true},
    {"X4", drop_duplicate, .needs_send_end = true},
    {"X5", mint, .needs_receive_end = true},
    {"X6", tell_length, .carries = false},
};

int main(void)
{
    scene_grid(operations, 1); /* stacks and tables are there from now on */
    struct balance before = balance_now();
    scene_grid(operations, sizeof(operations) / sizeof(operations[0]));
    TEST(balance_is(&before), "all memory, handles and objects are back");
    return cells_done("SRCX");
}
