/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread of a worker of the stress test: what it has sent and seen, and its operations. */
#ifndef ANSER_TESTS_STRESS_THREAD_H
#define ANSER_TESTS_STRESS_THREAD_H

#include "channel.h"
#include "child.h"
#include "stress.h"
#include "thread.h"

#define STRESS_CASES   4  /* of a select, on channels */
#define STRESS_RECORDS 60 /* of a report, at most */

struct stress_thread {
    uint64_t random;
    unsigned number; /* in its worker */
    unsigned id;     /* in the episode */
    bool sends;
    bool receives;
    bool selects;      /* does both with select */
    bool calls;        /* some of its messages are calls */
    bool serves;       /* answers with reply_recv */
    uint64_t owed;     /* the stamp of the call that the next reply_recv answers, or 0 */
    uint64_t implicit; /* of the last call that came without a handle to answer it */
    bool send_over[STRESS_CHANNELS]; /* closed, or all numbers used */
    bool receive_over[STRESS_CHANNELS];
    uint32_t sent[STRESS_CHANNELS];
    uint32_t seen[STRESS_CHANNELS][STRESS_IDS]; /* the last number of each sender */
    bool gone[STRESS_CHANNELS][STRESS_WORKERS]; /* whose notice came here */
    unsigned place;                             /* of the next pages object */
    unsigned record_count;
    uint64_t records[STRESS_RECORDS];
    uint64_t out[ANSER_ELEMENT_MAX / 8];
    uint64_t in[ANSER_ELEMENT_MAX / 8];
    uint64_t select_out[STRESS_CASES][ANSER_ELEMENT_MAX / 8];
    uint64_t select_in[STRESS_CASES][ANSER_ELEMENT_MAX / 8];
};

anser_handle stress_send_end(unsigned channel);
anser_handle stress_receive_end(unsigned channel);
anser_handle stress_signal_end(void); /* to wait for */

void stress_report(struct stress_thread *self, enum stress_kind kind, unsigned channel, unsigned id,
                   uint64_t value);
void stress_wrong(struct stress_thread *self, enum stress_wrong wrong, unsigned channel,
                  uint64_t more);
/* A call was received: it is answered, now or later by anybody, or dropped. */
void stress_take_call(struct stress_thread *self, anser_handle reply, uint64_t stamp);

/* Is there a channel left that it may send to, or receive from? */
bool stress_may_send(const struct stress_thread *self);
bool stress_may_receive(const struct stress_thread *self);

/* A channel that is not over, if there is one. */
unsigned stress_choose(struct stress_thread *self, const bool *over);
/* Not at all, for a short time, or until it is done. */
uint64_t stress_deadline(struct stress_thread *self);
/* Does the error mean that it may go better later? ENOMEM: what came was more than is left of the
 * worker's budget, and stays with its sender. */
bool stress_waits(int status);
/* Whoever polls lets those of lower priority go on. */
void stress_pause(struct stress_thread *self);

/* The next message for the channel, in out->data; false: there is no memory for it now. */
bool stress_make(struct stress_thread *self, unsigned channel, struct channel_out *out);
/* It was sent. */
void stress_sent(struct stress_thread *self, unsigned channel);
/* It was not: what the error means. */
void stress_not_sent(struct stress_thread *self, unsigned channel, int status);
/* Closes what would have travelled with it. */
void stress_drop(const anser_handle *cargo, unsigned count);
/* Something has come, in self->in: a message, a call, a notice, or the end. */
void stress_received(struct stress_thread *self, unsigned channel, struct channel_in *in);

/* One operation each, on a channel and in a way chosen at random. */
void stress_send(struct stress_thread *self);
void stress_receive(struct stress_thread *self);
void stress_select(struct stress_thread *self);

#endif
