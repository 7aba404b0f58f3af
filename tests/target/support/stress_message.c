/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending, calling and receiving of a worker's thread, and its judgement of what arrives. */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "memory.h"
#include "stress_thread.h"
#include "syscall.h"

#define PLACES      0x2000000000ul /* of pages objects that are to be sent */
#define PLACES_EACH 4              /* for each thread */
#define SHORT_TICKS 3000           /* 0.3 ms */
#define PAUSE_TICKS 300            /* after an operation that could not be done at once */

/* Not at all, for a short time, or until it is done. */
uint64_t stress_deadline(struct stress_thread *self)
{
    switch (stress_below(&self->random, 4)) {
    case 0:
        return 0;
    case 1:
        return clock_now() + stress_below(&self->random, SHORT_TICKS);
    default:
        return CLOCK_NEVER;
    }
}

/* Whoever polls lets those of lower priority go on. */
void stress_pause(struct stress_thread *self)
{
    clock_sleep_until(clock_now() + stress_below(&self->random, PAUSE_TICKS));
}

bool stress_waits(int status)
{
    return status == -EAGAIN || status == -ETIMEDOUT || status == -ENOMEM;
}

unsigned stress_choose(struct stress_thread *self, const bool *over)
{
    unsigned channel = stress_below(&self->random, stress_plan.channels);
    return over[channel] ? (channel + 1) % stress_plan.channels : channel;
}

/* ---- What travels with a message. */

/* Pages stay mapped: what sends them takes the mapping away. Those that were not sent are replaced
 * by later ones, so that only a few are left. */
static anser_handle make_pages(struct stress_thread *self, uint64_t stamp)
{
    uint64_t address = PLACES + (self->number * PLACES_EACH + self->place) * MEMORY_PAGE;
    anser_handle pages = sys_pages_create(1, 0, 0);
    if (pages < 0)
        return pages;
    self->place = (self->place + 1) % PLACES_EACH;
    struct sys_result map = sys_region_map(
        0, address, MEMORY_PAGE, ANSER_PROT_READ | ANSER_PROT_WRITE | ANSER_MAP_FIXED, pages, 0);
    if (map.status == 0) {
        *(volatile uint64_t *)address = ~stamp;
        return pages;
    }
    handle_close(pages);
    return map.status;
}

/* The send end of a channel that nobody receives from. */
static anser_handle make_end(void)
{
    struct channel channel;
    if (channel_create(&channel, 8, 1) < 0)
        return -ENOMEM;
    handle_close(channel.receive);
    return channel.send;
}

static bool add_cargo(struct stress_thread *self, struct channel_out *out, uint64_t stamp,
                      unsigned channel)
{
    enum stress_cargo cargo = stress_cargo_of(stamp);
    if (cargo == STRESS_PAGES || cargo == STRESS_TWO)
        out->handles[out->handle_count++] = make_pages(self, stamp);
    if (cargo == STRESS_END)
        out->handles[out->handle_count++] = make_end();
    if (cargo == STRESS_TWO) /* a send end of the channel itself */
        out->handles[out->handle_count++] = handle_duplicate(stress_send_end(channel));
    for (unsigned i = 0; i < out->handle_count; i++)
        if (out->handles[i] < 0)
            return false;
    return true;
}

void stress_drop(const anser_handle *cargo, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        handle_close(cargo[i]);
}

static bool pages_hold(anser_handle pages, uint64_t word)
{
    struct sys_result map = sys_region_map(0, 0, MEMORY_PAGE, ANSER_PROT_READ, pages, 0);
    if (map.status < 0)
        return false;
    bool good = *(volatile uint64_t *)map.value == word;
    sys_region_unmap(0, map.value, MEMORY_PAGE);
    return good;
}

static bool cargo_good(const struct channel_in *in, uint64_t stamp)
{
    static const unsigned counts[] = {0, 1, 1, 2};
    enum stress_cargo cargo = stress_cargo_of(stamp);
    if (in->handle_count != counts[cargo])
        return false;
    if (cargo == STRESS_END)
        return sys_handle_info(in->handles[0]).status == ANSER_TYPE_CHANNEL;
    if (cargo != STRESS_NO_CARGO && !pages_hold(in->handles[0], ~stamp))
        return false;
    return cargo != STRESS_TWO || sys_handle_info(in->handles[1]).status == ANSER_TYPE_CHANNEL;
}

/* ---- Judging. */

static void judge_event(struct stress_thread *self, unsigned channel, const struct channel_in *in)
{
    if (in->badge == STRESS_KEEPER)
        return;
    if (in->badge < 1 || in->badge > STRESS_WORKERS)
        stress_wrong(self, STRESS_BAD_BADGE, channel, in->badge);
    else if (in->flags & ANSER_INFO_EVENT)
        stress_report(self, STRESS_EXPIRED, channel, (unsigned)in->badge - 1, self->in[1]);
    else
        self->gone[channel][in->badge - 1] = true;
    if (in->flags & ANSER_INFO_GONE)
        stress_report(self, STRESS_GONE, channel, (unsigned)in->badge - 1, 0);
}

static void judge(struct stress_thread *self, unsigned channel, const struct channel_in *in)
{
    uint64_t stamp = self->in[0];
    unsigned id = stress_id_of(stamp);
    uint32_t sequence = stress_sequence_of(stamp);
    if (in->length < 8 || !stress_stamp_good(stress_plan.seed, stamp) ||
        stress_channel_of(stamp) != channel || id >= STRESS_IDS) {
        stress_wrong(self, STRESS_BAD_STAMP, channel, in->length);
        return;
    }
    if (in->length != stress_length(stamp, stress_plan.element_size[channel]))
        stress_wrong(self, STRESS_BAD_LENGTH, channel, in->length);
    else if (!stress_same(self->in, stamp, (unsigned)in->length))
        stress_wrong(self, STRESS_BAD_DATA, channel, sequence);
    if (in->badge != id / STRESS_THREADS + 1)
        stress_wrong(self, STRESS_BAD_BADGE, channel, in->badge);
    if (sequence <= self->seen[channel][id])
        stress_wrong(self, STRESS_BAD_ORDER, channel, sequence);
    if (self->gone[channel][id / STRESS_THREADS])
        stress_wrong(self, STRESS_BAD_AFTER_GONE, channel, sequence);
    if (!cargo_good(in, stamp))
        stress_wrong(self, STRESS_BAD_HANDLES, channel, in->handle_count);
    self->seen[channel][id] = sequence;
    stress_report(self, STRESS_RECEIVED, channel, id, sequence);
}

/* Something has come: a message, a call, a notice, or the end. */
void stress_received(struct stress_thread *self, unsigned channel, struct channel_in *in)
{
    if (in->flags & ANSER_INFO_CLOSED) {
        self->receive_over[channel] = true;
        return;
    }
    if (in->flags & (ANSER_INFO_EVENT | ANSER_INFO_GONE)) {
        judge_event(self, channel, in);
        return;
    }
    uint64_t stamp = self->in[0];
    judge(self, channel, in);
    stress_drop(in->handles, in->handle_count);
    if (in->flags & ANSER_INFO_CALL)
        stress_take_call(self, in->reply, stamp);
}

/* The call is answered in registers, and the next message received there. */
static int reply_receive(struct stress_thread *self, unsigned channel, struct channel_in *in)
{
    struct ipc_registers registers = {.info = 8, .words = {stress_mix(self->owed)}};
    self->owed = 0;
    int64_t status = ipc_exchange(ANSER_CALL_reply_recv, stress_receive_end(channel), &registers);
    if (status < 0)
        return (int)status;
    in->length = ipc_bytes(status);
    in->handle_count = ipc_handles(status);
    in->badge = registers.badge;
    in->reply = 0;
    in->flags = (uint64_t)status & ~(uint64_t)(ANSER_INFO_BYTES | ANSER_INFO_HANDLES);
    memcpy(in->handles, registers.handles, sizeof(in->handles));
    memcpy(self->in, registers.words, in->length);
    return 0;
}

void stress_receive(struct stress_thread *self)
{
    unsigned channel = stress_choose(self, self->receive_over);
    bool registers = stress_plan.element_size[channel] <= 64 && stress_one_in(&self->random, 2);
    struct channel_in in = {.data = self->in,
                            .capacity = registers ? 64 : stress_plan.element_size[channel]};
    if (in.capacity < 16)
        in.capacity = 16; /* an event has two words */
    int status = self->owed && stress_plan.element_size[channel] <= ANSER_REGISTER_BYTES
                     ? reply_receive(self, channel, &in)
                     : channel_receive(stress_receive_end(channel), &in,
                                       stress_one_in(&self->random, 2), stress_deadline(self));
    if (status == 0)
        stress_received(self, channel, &in);
    else if (stress_waits(status))
        stress_pause(self);
    else if (status != -EINTR)
        stress_wrong(self, STRESS_BAD_STATUS, channel, (uint64_t)-status);
}

/* ---- Sending. */

static enum stress_cargo choose_cargo(struct stress_thread *self)
{
    return stress_one_in(&self->random, 20)
               ? (enum stress_cargo)(1 + stress_below(&self->random, 3))
               : STRESS_NO_CARGO;
}

/* What the errors of a send mean. */
void stress_not_sent(struct stress_thread *self, unsigned channel, int status)
{
    if (status == -EPIPE)
        self->send_over[channel] = true;
    else if (stress_waits(status))
        stress_pause(self);
    else if (status != -EINTR)
        stress_wrong(self, STRESS_BAD_STATUS, channel, (uint64_t)-status);
}

void stress_sent(struct stress_thread *self, unsigned channel)
{
    if (++self->sent[channel] == STRESS_SEQUENCES)
        self->send_over[channel] = true;
    if (stress_plan.batch == 1 && self->sent[channel] % 4 == 0)
        stress_report(self, STRESS_ACKNOWLEDGED, channel, self->id, self->sent[channel]);
}

/* A call that fails may have been received all the same. Its end may be that of the channel, or of
 * the right to answer it: the next send tells. */
static int call(struct stress_thread *self, unsigned channel, const struct channel_out *out,
                uint64_t stamp)
{
    uint64_t answer = 0;
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int status =
        channel_call(stress_send_end(channel), out, &in,
                     stress_one_in(&self->random, 2) ? CLOCK_NEVER : stress_deadline(self));
    if (status < 0)
        stress_report(self, STRESS_PERHAPS, channel, self->id, self->sent[channel] + 1);
    stress_sent(self, channel);
    if (status == 0 && answer == stress_mix(stamp))
        stress_report(self, STRESS_ANSWERED, channel, self->id, 0);
    else if (status == 0)
        stress_wrong(self, STRESS_BAD_ANSWER, channel, stress_sequence_of(stamp));
    else if (status != -EPIPE && status != -ETIMEDOUT && status != -EINTR)
        stress_wrong(self, STRESS_BAD_STATUS, channel, (uint64_t)-status);
    return status;
}

bool stress_make(struct stress_thread *self, unsigned channel, struct channel_out *out)
{
    uint64_t stamp = stress_stamp(stress_plan.seed, choose_cargo(self), channel, self->id,
                                  self->sent[channel] + 1);
    out->length = stress_length(stamp, stress_plan.element_size[channel]);
    stress_fill((void *)out->data, stamp, (unsigned)out->length);
    if (add_cargo(self, out, stamp, channel))
        return true;
    stress_drop(out->handles, out->handle_count); /* no budget at present */
    stress_pause(self);
    return false;
}

void stress_send(struct stress_thread *self)
{
    unsigned channel = stress_choose(self, self->send_over);
    bool calls = self->calls && stress_one_in(&self->random, 2);
    struct channel_out out = {.data = self->out};
    if (!stress_make(self, channel, &out))
        return;
    int status = calls ? call(self, channel, &out, self->out[0])
                       : channel_send(stress_send_end(channel), &out, stress_deadline(self));
    if (status < 0)
        stress_drop(out.handles, out.handle_count);
    if (calls)
        return;
    if (status == 0)
        stress_sent(self, channel);
    else
        stress_not_sent(self, channel, status);
}
