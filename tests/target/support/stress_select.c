/* SPDX-License-Identifier: BSD-2-Clause */
/* Select of a worker's thread: sends and receives on channels chosen at random, also on one several
 * times, a signal, nil. What did not fire must not have happened. */
#include <errno.h>
#include <string.h>
#include "clock.h"
#include "select.h"
#include "stress_thread.h"

#define CASES_MAX (STRESS_CASES + 2)

struct selecting {
    unsigned count;
    struct select_case cases[CASES_MAX];
    unsigned channels[CASES_MAX];
    struct channel_out outs[CASES_MAX];
    struct channel_in ins[CASES_MAX];
};

static void add_send(struct stress_thread *self, struct selecting *all)
{
    unsigned i = all->count, channel = stress_choose(self, self->send_over);
    struct channel_out *out = &all->outs[i];
    *out = (struct channel_out){.data = self->select_out[i]};
    if (!stress_make(self, channel, out))
        return;
    all->cases[i] = select_send(stress_send_end(channel), out);
    all->channels[i] = channel;
    all->count++;
}

static void add_receive(struct stress_thread *self, struct selecting *all)
{
    unsigned i = all->count, channel = stress_choose(self, self->receive_over);
    struct channel_in *in = &all->ins[i];
    *in = (struct channel_in){.data = self->select_in[i], .capacity = sizeof(self->select_in[i])};
    all->cases[i] = stress_one_in(&self->random, 2)
                        ? select_receive(stress_receive_end(channel), in)
                        : select_receive_call(stress_receive_end(channel), in);
    all->channels[i] = channel;
    all->count++;
}

static void add_some(struct stress_thread *self, struct selecting *all)
{
    for (unsigned i = 1 + stress_below(&self->random, CASES_MAX - 2); i > 0; i--) {
        if (stress_may_send(self) && (!stress_may_receive(self) || stress_one_in(&self->random, 2)))
            add_send(self, all);
        else
            add_receive(self, all);
    }
    if (stress_one_in(&self->random, 8))
        all->cases[all->count++] = (struct select_case){.handle = 0};
    if (stress_one_in(&self->random, 4)) {
        all->cases[all->count] = select_signal(stress_signal_end());
        all->channels[all->count++] = STRESS_CHANNELS;
    }
}

/* Without memory for a message there may be none to send, and what is left never ends. */
static bool on_channels(const struct selecting *all)
{
    for (unsigned i = 0; i < all->count; i++)
        if (all->cases[i].out != NULL || all->cases[i].in != NULL)
            return true;
    return false;
}

/* Of the case that fired. */
static void fired(struct stress_thread *self, struct selecting *all, unsigned index)
{
    struct select_case *one = &all->cases[index];
    unsigned channel = all->channels[index];
    if (one->out != NULL) {
        stress_sent(self, channel);
    } else if (one->in != NULL) {
        memcpy(self->in, one->in->data, one->in->length);
        one->in->data = self->in;
        stress_received(self, channel, one->in);
    } else {
        stress_report(self, STRESS_BITS, 0, stress_plan.worker, one->word);
    }
}

static void failed(struct stress_thread *self, struct selecting *all, int status)
{
    unsigned blamed = 0;
    while (blamed < all->count && all->cases[blamed].error == 0)
        blamed++;
    if (blamed < all->count && all->cases[blamed].out != NULL)
        stress_not_sent(self, all->channels[blamed], status);
    else if (stress_waits(status))
        stress_pause(self);
    else if (status != -EINTR)
        stress_wrong(self, STRESS_BAD_STATUS, 0, (uint64_t)-status);
}

void stress_select(struct stress_thread *self)
{
    struct selecting all = {.count = 0};
    add_some(self, &all);
    if (!on_channels(&all)) {
        stress_pause(self);
        return;
    }
    int status = select_wait(all.cases, all.count, stress_deadline(self));
    for (unsigned i = 0; i < all.count; i++)
        if (all.cases[i].out != NULL && status != (int)i)
            stress_drop(all.outs[i].handles, all.outs[i].handle_count);
    if (status >= 0)
        fired(self, &all, (unsigned)status);
    else
        failed(self, &all, status);
}
