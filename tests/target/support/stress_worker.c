/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker: a process whose threads send, receive, call, answer, signal and interrupt each other at
 * random, until the channels are closed or it is killed. What they find they report.
 */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "stress_thread.h"
#include "syscall.h"

#define SHORT_TICKS 3000  /* 0.3 ms, the longest deadline */
#define PERIOD      20000 /* of the timer, 2 ms */

struct stress_plan stress_plan;

/* Of the process. */
static anser_handle handles[STRESS_FIRST_CHANNEL + 2 * STRESS_CHANNELS];
static anser_handle siblings[STRESS_THREADS];
static anser_handle timer; /* of the first thread, or 0 */
static uint32_t senders;   /* threads that may still send */

/* Rights to answer that wait for some thread. Only the place's owner puts one there. */
static struct {
    anser_handle reply; /* 0: none; TAKEN: the stamp is being read */
    uint64_t stamp;
} saved[STRESS_THREADS];
#define TAKEN (-1)

anser_handle stress_send_end(unsigned channel)
{
    return handles[STRESS_FIRST_CHANNEL + 2 * channel];
}

anser_handle stress_receive_end(unsigned channel)
{
    return handles[STRESS_FIRST_CHANNEL + 2 * channel + 1];
}

anser_handle stress_signal_end(void)
{
    return handles[STRESS_SIGNAL_RECEIVE];
}

/* ---- Messages. */

unsigned stress_length(uint64_t stamp, unsigned element_size)
{
    static const unsigned usual[] = {8, 8, 64, 8, 16, 65, 64};
    unsigned choice = (unsigned)(stress_mix(stamp) % 10);
    unsigned length = choice < 7 ? usual[choice] : 8 + (unsigned)(stress_mix(~stamp) % 4089);
    return length < element_size ? length : element_size;
}

void stress_fill(void *data, uint64_t stamp, unsigned length)
{
    uint64_t word = stamp;
    for (unsigned at = 0; at < length; at += 8) {
        memcpy((char *)data + at, &word, length - at < 8 ? length - at : 8);
        word = word * 0x9e3779b97f4a7c15 + 1;
    }
}

bool stress_same(const void *data, uint64_t stamp, unsigned length)
{
    uint64_t word = stamp;
    for (unsigned at = 0; at < length; at += 8) {
        if (memcmp((const char *)data + at, &word, length - at < 8 ? length - at : 8) != 0)
            return false;
        word = word * 0x9e3779b97f4a7c15 + 1;
    }
    return true;
}

/* ---- Reports. */

static void flush(struct stress_thread *self)
{
    struct channel_out out = {.data = self->records, .length = self->record_count * 8};
    if (self->record_count == 0)
        return;
    while (channel_send(handles[STRESS_REPORTS], &out, CLOCK_NEVER) == -EINTR)
        continue;
    self->record_count = 0;
}

void stress_report(struct stress_thread *self, enum stress_kind kind, unsigned channel, unsigned id,
                   uint64_t value)
{
    self->records[self->record_count++] = stress_record(kind, channel, id, value);
    if (self->record_count >= stress_plan.batch)
        flush(self);
}

void stress_wrong(struct stress_thread *self, enum stress_wrong wrong, unsigned channel,
                  uint64_t more)
{
    stress_report(self, STRESS_WRONG, channel, self->id, wrong | more << 8);
}

/* ---- Answers. A right to answer may be saved, and used or dropped by any thread. */

static void answer(struct stress_thread *self, anser_handle reply, uint64_t stamp)
{
    uint64_t word = stress_mix(stamp);
    struct channel_out out = {.data = &word, .length = sizeof(word)};
    int status = channel_reply(reply, &out);
    /* The caller may have given up meanwhile. */
    if (status < 0 && status != -EPIPE && status != -EBADF)
        stress_wrong(self, STRESS_BAD_STATUS, 0, (uint64_t)-status);
    if (reply > 0 && status < 0)
        handle_close(reply);
}

/* What is saved there, for whoever takes it first; 0: nothing. */
static anser_handle take_saved(unsigned place, uint64_t *stamp)
{
    anser_handle reply = __atomic_load_n(&saved[place].reply, __ATOMIC_SEQ_CST);
    if (reply <= 0 || !__atomic_compare_exchange_n(&saved[place].reply, &reply, TAKEN, false,
                                                   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return 0;
    *stamp = saved[place].stamp;
    __atomic_store_n(&saved[place].reply, 0, __ATOMIC_SEQ_CST);
    return reply;
}

static void use_saved(struct stress_thread *self)
{
    uint64_t stamp;
    anser_handle reply = take_saved(stress_below(&self->random, STRESS_THREADS), &stamp);
    if (reply != 0 && stress_one_in(&self->random, 4))
        handle_close(reply);
    else if (reply != 0)
        answer(self, reply, stamp);
}

/* Else a caller, perhaps of the same process, would wait for as long as the thread lives. */
static void answer_all(struct stress_thread *self)
{
    uint64_t stamp;
    handle_close(take_saved(self->number, &stamp));
    answer(self, 0, self->implicit);
}

void stress_take_call(struct stress_thread *self, anser_handle reply, uint64_t stamp)
{
    if (reply == 0) {
        self->implicit = stamp;
        if (self->serves)
            self->owed = stamp;                    /* answered as the next message is received */
        else if (!stress_one_in(&self->random, 8)) /* else the caller is told that nobody will */
            answer(self, 0, stamp);
        return;
    }
    if (__atomic_load_n(&saved[self->number].reply, __ATOMIC_SEQ_CST) != 0) {
        answer(self, reply, stamp);
        return;
    }
    saved[self->number].stamp = stamp;
    __atomic_store_n(&saved[self->number].reply, reply, __ATOMIC_SEQ_CST);
}

/* ---- What else a thread does. */

static void signal_somebody(struct stress_thread *self)
{
    uint64_t word;
    if (stress_one_in(&self->random, 2)) {
        if (sys_signal(handles[STRESS_SIGNAL_SEND], 1ul << stress_plan.worker) == 0)
            stress_report(self, STRESS_SIGNALLED, 0, stress_plan.worker, 0);
        return;
    }
    int status = channel_wait(handles[STRESS_SIGNAL_RECEIVE], &word,
                              clock_now() + stress_below(&self->random, SHORT_TICKS));
    if (status == 0)
        stress_report(self, STRESS_BITS, 0, stress_plan.worker, word);
    else if (status != -ETIMEDOUT && status != -EINTR)
        stress_wrong(self, STRESS_BAD_STATUS, 0, (uint64_t)-status);
}

static void interrupt_somebody(struct stress_thread *self)
{
    unsigned other = stress_below(&self->random, stress_plan.threads);
    anser_handle thread = __atomic_load_n(&siblings[other], __ATOMIC_SEQ_CST);
    if (thread > 0)
        sys_thread_interrupt(thread);
}

static void change_priority(struct stress_thread *self)
{
    sys_thread_priority(0, stress_below(&self->random, stress_plan.priority + 1));
}

/* As rare as it must be for others to get something done before. */
static void close_something(struct stress_thread *self)
{
    if (stress_plan.closers && stress_one_in(&self->random, 20))
        sys_chan_close(stress_send_end(stress_below(&self->random, stress_plan.channels)));
}

static void something_else(struct stress_thread *self)
{
    switch (stress_below(&self->random, 6)) {
    case 0:
        interrupt_somebody(self);
        break;
    case 1:
        change_priority(self);
        break;
    case 2:
        sys_thread_yield();
        break;
    case 3:
        close_something(self);
        break;
    default:
        signal_somebody(self);
    }
}

/* ---- A thread's life. */

bool stress_may_send(const struct stress_thread *self)
{
    for (unsigned channel = 0; channel < stress_plan.channels; channel++)
        if (self->sends && !self->send_over[channel])
            return true;
    return false;
}

bool stress_may_receive(const struct stress_thread *self)
{
    for (unsigned channel = 0; channel < stress_plan.channels; channel++)
        if (self->receives && !self->receive_over[channel])
            return true;
    return false;
}

static void stop_sending(struct stress_thread *self)
{
    if (!self->sends)
        return;
    self->sends = false;
    for (unsigned channel = 0; channel < stress_plan.channels; channel++)
        stress_report(self, STRESS_ACKNOWLEDGED, channel, self->id, self->sent[channel]);
    if (__atomic_sub_fetch(&senders, 1, __ATOMIC_SEQ_CST) > 0)
        return;
    handle_close(timer);
    for (unsigned channel = 0; channel < stress_plan.channels; channel++)
        handle_close(stress_send_end(channel));
}

static void step(struct stress_thread *self)
{
    if (stress_one_in(&self->random, 10))
        something_else(self);
    if (stress_one_in(&self->random, 3))
        use_saved(self); /* else callers would do nothing but wait */
    bool send =
        stress_may_send(self) && (!stress_may_receive(self) || stress_one_in(&self->random, 2));
    if (self->selects)
        stress_select(self);
    else if (send)
        stress_send(self);
    else
        stress_receive(self);
}

static void live(struct stress_thread *self)
{
    while (stress_may_send(self) || stress_may_receive(self)) {
        step(self);
        if (self->sends && (clock_now() > stress_plan.until || !stress_may_send(self)))
            stop_sending(self);
    }
    answer_all(self);
    flush(self);
}

/* What a thread is, by its number: each worker has one that sends and one that receives at least,
 * if it has two. */
static void begin(struct stress_thread *self, unsigned number)
{
    *self = (struct stress_thread){.number = number,
                                   .id = stress_plan.worker * STRESS_THREADS + number};
    self->random = stress_mix(stress_plan.seed + self->id + 1) | 1;
    self->sends = number % 2 == 0 || stress_one_in(&self->random, 4);
    self->receives = number % 2 == 1 || stress_one_in(&self->random, 4);
    self->selects = stress_one_in(&self->random, 3);
    self->calls = stress_one_in(&self->random, 2);
    self->serves = stress_one_in(&self->random, 2);
}

static struct stress_thread selves[STRESS_THREADS];

static void thread_main(void *argument)
{
    struct stress_thread *self = &selves[(uintptr_t)argument];
    begin(self, (unsigned)(uintptr_t)argument);
    siblings[self->number] = thread_handle();
    live(self);
}

unsigned stress_receivers(void)
{
    static struct stress_thread thread;
    unsigned count = 0;
    for (unsigned number = 0; number < stress_plan.threads; number++) {
        begin(&thread, number);
        count += thread.receives;
    }
    return count;
}

/* Threads that send are counted before the first can be through. */
static void count_senders(void)
{
    static struct stress_thread thread;
    for (unsigned number = 0; number < stress_plan.threads; number++) {
        begin(&thread, number);
        senders += thread.sends;
    }
}

static void start_timer(struct stress_thread *self)
{
    if (senders > 0 && stress_one_in(&self->random, 3))
        timer = sys_timer_create(stress_send_end(0));
    if (timer > 0)
        sys_timer_set(timer, clock_now() + PERIOD, PERIOD);
}

int64_t stress_work(uint64_t unused)
{
    (void)unused;
    struct stress_thread *self = &selves[0];
    struct thread *threads[STRESS_THREADS];
    memcpy(handles, child_handles, sizeof(handles));
    count_senders();
    begin(self, 0);
    start_timer(self);
    for (unsigned i = 1; i < stress_plan.threads; i++) {
        struct thread_options options = {.own_priority = true};
        options.priority = stress_below(&self->random, stress_plan.priority + 1);
        if (thread_create(&threads[i], thread_main, (void *)(uintptr_t)i, &options) < 0)
            return 1;
    }
    live(self);
    for (unsigned i = 1; i < stress_plan.threads; i++)
        thread_join(threads[i]);
    stress_report(self, STRESS_FINISHED, 0, stress_plan.worker, 0);
    flush(self);
    return 0;
}
