/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call chan_select. All cases are looked up and checked before any has an effect. Then
 * one of the ready ones is chosen at random; if its peer turns out to be at fault, one of the rest.
 * With none ready, the thread queues for each case, and whoever comes along loads that case's
 * message then (ipc/waiter.c).
 */
#include "ipc/select.h"
#include "ipc/exchange.h"
#include "ipc/signal.h"
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/slab.h"

#define CAPACITY_FIRST 4u
#define INFO_IN        (ANSER_INFO_NB | ANSER_INFO_DEADLINE | ANSER_INFO_NOINTR)
/* Cases that one piece looks at closely: each may populate three pages. */
#define CLOSELY_PIECE 8

/* ---- Chance. */

static uint64_t random_state = 1;

void select_seed(uint64_t seed)
{
    /* Neighbouring seeds begin far apart; xorshift must not begin with 0. */
    random_state = (seed + 1) * 0x9e3779b97f4a7c15ul | 1;
}

/* Uniform in 0..count-1 but for a bias of count / 2^32: xorshift64*, by Marsaglia and Vigna. */
static uint32_t random_below(uint32_t count)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(((random_state * 0x2545f4914f6cdd1dul) >> 32) * count >> 32);
}

/* A random one of the bits that are set. */
static uint32_t random_bit(uint64_t bits)
{
    for (uint32_t skip = random_below((uint32_t)__builtin_popcountl(bits)); skip > 0; skip--)
        bits &= bits - 1;
    return (uint32_t)__builtin_ctzl(bits);
}

/* ---- How far a call that is restarted has come: cases looked at, and the one chosen, plus 1. */

static uint64_t progress(uint32_t looked, uint32_t chosen)
{
    return (uint64_t)looked << 8 | chosen;
}

static uint32_t progress_looked(const struct thread *self)
{
    return (uint32_t)(self->progress_count >> 8);
}

/* A case whose large pages are just being taken apart, and which is ready still, is not chosen
 * anew. */
static uint32_t choose(const struct thread *self, uint64_t ready)
{
    uint32_t chosen = self->progress_count & 0xff;
    return chosen && ready >> (chosen - 1) & 1 ? chosen - 1 : random_bit(ready);
}

/* ---- The thread's cases. */

static size_t size_for(uint32_t capacity)
{
    return sizeof(struct selection) + capacity * sizeof(struct select_case);
}

_Static_assert(sizeof(struct selection) + ANSER_SELECT_MAX * sizeof(struct select_case) <=
                   SLAB_SIZE_MAX,
               "all cases fit into one slot");

void select_release(struct thread *thread)
{
    struct selection *selection = thread->selection;
    if (selection)
        slab_free(thread->process->account, selection, size_for(selection->capacity));
    thread->selection = NULL;
}

static status_t reserve(struct thread *self, uint32_t count)
{
    uint32_t capacity = CAPACITY_FIRST;
    if (self->selection && self->selection->capacity >= count)
        return 0;
    while (capacity < count)
        capacity *= 2;
    struct selection *selection = slab_alloc(self->process->account, size_for(capacity));
    if (!selection)
        return -ANSER_ENOMEM;
    select_release(self);
    selection->capacity = capacity;
    self->selection = selection;
    return 0;
}

/* What it is on; nothing has happened yet. */
static status_t look_up(struct thread *self, const struct anser_case *from, struct select_case *to)
{
    bool send = from->info & ANSER_CASE_SEND;
    uint64_t allowed = send ? ANSER_CASE_SEND | ANSER_INFO_HANDLES : ANSER_INFO_WANT_REPLY;
    list_init(&to->waiter.link);
    to->waiter.thread = self;
    to->object = NULL;
    to->handle = from->handle;
    to->message = user(from->message);
    to->info = (uint32_t)from->info;
    if (from->info & ~allowed ||
        (from->info & ANSER_INFO_HANDLES) > ANSER_MESSAGE_HANDLES << ANSER_INFO_HANDLES_SHIFT)
        return -ANSER_EINVAL;
    if (from->handle == 0)
        return 0;
    const struct handle_record *record = handle_find(&self->process->handles, from->handle);
    if (!record)
        return -ANSER_EBADF;
    to->object = record->object;
    if (to->object->type != ANSER_TYPE_CHANNEL && (to->object->type != ANSER_TYPE_SIGNAL || send))
        return -ANSER_EBADF;
    return record->rights & (send ? ANSER_RIGHT_SEND : ANSER_RIGHT_RECV) ? 0 : -ANSER_EPERM;
}

static bool in_view(const struct thread *self, uint64_t address, uint64_t size,
                    enum space_access access)
{
    return size == 0 || space_view(&self->process->space, user(address), size, access);
}

/* Is its message good at first sight: without handles, and in pages that the kernel has a view of?
 */
static bool looks_good(const struct thread *self, const struct select_case *place)
{
    if (!place->object || place->object->type == ANSER_TYPE_SIGNAL)
        return true;
    const struct anser_message *block =
        space_view(&self->process->space, place->message, sizeof(*block), ACCESS_WRITE);
    if (!block || place->message.value & 7 || place->info & ANSER_INFO_HANDLES)
        return false;
    if (!(place->info & ANSER_CASE_SEND))
        return in_view(self, block->recv_data, min(block->recv_capacity, ANSER_ELEMENT_MAX),
                       ACCESS_WRITE);
    return block->send_length <= ((const struct channel *)place->object)->element_size &&
           in_view(self, block->send_data, block->send_length, ACCESS_READ);
}

/*
 * Looks at all cases, a few at a time if they need a closer look, which also populates their pages:
 * those that were looked at before the call was restarted need it no more.
 */
static status_t load_cases(struct thread *self)
{
    struct anser_case cases[ANSER_SELECT_MAX];
    struct selection *selection = self->selection;
    uint32_t count = (uint32_t)self->x[REG_A1];
    uint64_t closely = 0;
    status_t status = copy_from_user(&self->process->space, cases, user(self->x[REG_A0]),
                                     count * sizeof(cases[0]));
    for (uint32_t i = 0; i < count && status == 0; i++) {
        selection->index = (int32_t)i;
        status = look_up(self, &cases[i], &selection->cases[i]);
        if (status < 0 || i < progress_looked(self) || looks_good(self, &selection->cases[i]))
            continue;
        if (closely++ == CLOSELY_PIECE) {
            self->progress_count = progress(i, 0);
            return CALL_RESTART;
        }
        status = select_case_load(&selection->cases[i]);
    }
    return status;
}

/* ---- Firing. */

static bool can_fire(const struct select_case *place)
{
    if (!place->object)
        return false;
    if (place->object->type == ANSER_TYPE_SIGNAL) {
        const struct signal *signal = (const struct signal *)place->object;
        return signal->bits || signal->closed;
    }
    const struct channel *channel = (const struct channel *)place->object;
    return place->info & ANSER_CASE_SEND ? exchange_can_send(channel)
                                         : exchange_can_receive(channel);
}

/* 1: it has fired, and a0 and a1 are set; 0: its peer was at fault; -errno: the case has failed. */
static status_t fire_send(struct thread *self, struct select_case *place)
{
    status_t status = message_detach_begin(self);
    if (status == 0)
        status = exchange_send((struct channel *)place->object, self);
    if (status > 0)
        message_return(self, 0);
    return status;
}

static status_t fire_receive(struct thread *self, struct select_case *place)
{
    struct channel *channel = (struct channel *)place->object;
    status_t status = exchange_receive(channel, self);
    channel_update_pending(channel);
    if (status != 0 || !channel->closed)
        return status;
    message_return(self, ANSER_INFO_CLOSED);
    return 1;
}

static status_t fire_wait(struct thread *self, struct select_case *place)
{
    struct signal *signal = (struct signal *)place->object;
    if (!signal->bits)
        return -ANSER_EPIPE;
    self->x[REG_A0] = 0;
    self->x[REG_A1] = signal_take(signal);
    return 1;
}

static status_t fire(struct thread *self, struct select_case *place)
{
    if (place->object->type == ANSER_TYPE_SIGNAL)
        return fire_wait(self, place);
    status_t status = select_case_load(place);
    if (status < 0)
        return status;
    return place->info & ANSER_CASE_SEND ? fire_send(self, place) : fire_receive(self, place);
}

static uint64_t ready_cases(const struct selection *selection, uint32_t count)
{
    uint64_t ready = 0;
    for (uint32_t i = 0; i < count; i++)
        if (can_fire(&selection->cases[i]))
            ready |= 1ul << i;
    return ready;
}

/* One of the ready cases: as fire. A peer at fault has left its queue, so that other cases may be
 * ready then, and that one is not. */
static status_t fire_one(struct thread *self, uint32_t count)
{
    struct selection *selection = self->selection;
    uint64_t ready;
    while ((ready = ready_cases(selection, count))) {
        uint32_t i = choose(self, ready);
        selection->index = (int32_t)i;
        status_t status = fire(self, &selection->cases[i]);
        if (status == CALL_RESTART)
            self->progress_count = progress(count, i + 1);
        if (status != 0)
            return status;
    }
    return 0;
}

/* ---- Waiting. */

static void enqueue(struct select_case *place)
{
    struct channel *channel = (struct channel *)place->object;
    if (!channel)
        return;
    if (channel->object.type == ANSER_TYPE_SIGNAL)
        signal_add_waiter((struct signal *)place->object, &place->waiter, false);
    else if (place->info & ANSER_CASE_SEND)
        channel_add_sender(channel, &place->waiter);
    else
        channel_add_receiver(channel, &place->waiter);
}

/* In all queues, if it may wait. */
static status_t wait_for_all(struct thread *self, uint32_t count, uint64_t info, uint64_t until)
{
    struct selection *selection = self->selection;
    selection->index = -1;
    status_t status = thread_may_block(self, info, until);
    if (status < 0)
        return status;
    memcpy(selection->again, &self->x[REG_A0], sizeof(selection->again));
    self->info |= ANSER_INFO_MEM; /* all cases are */
    selection->count = count;
    for (uint32_t i = 0; i < count; i++)
        enqueue(&selection->cases[i]);
    thread_block(self, ANSER_STATE_SELECTING, until);
    return 0;
}

/* ---- The system call. */

static status_t prepare(struct thread *self)
{
    uint64_t count = self->x[REG_A1];
    if (self->selection)
        self->selection->index = -1;
    if (count > ANSER_SELECT_MAX || self->x[REG_A0] & 7 || self->x[REG_A2] & ~(uint64_t)INFO_IN)
        return -ANSER_EINVAL;
    status_t status = reserve(self, (uint32_t)count);
    if (status < 0)
        return status;
    self->selection->index = -1;
    self->info = self->x[REG_A2] & ANSER_INFO_NOINTR;
    return load_cases(self);
}

status_t call_chan_select(struct thread *self)
{
    uint32_t count = (uint32_t)self->x[REG_A1];
    uint64_t info = self->x[REG_A2];
    uint64_t until = info & ANSER_INFO_DEADLINE ? self->x[REG_A3] : UINT64_MAX;
    uint64_t index = UINT64_MAX;
    status_t status = prepare(self);
    if (status == 0)
        status = fire_one(self, count);
    if (status == 0) {
        self->info = info & ANSER_INFO_NOINTR;
        status = wait_for_all(self, count, info, until);
    }
    if (status != CALL_RESTART)
        self->progress_count = 0;
    if (status == 0)
        return 0; /* it waits */
    self->info = 0;
    if (self->selection)
        index = (uint64_t)(int64_t)self->selection->index;
    if (status > 0)
        return (status_t)(self->x[REG_A0] | index << ANSER_SELECT_INDEX_SHIFT);
    if (status != CALL_RESTART)
        self->x[REG_A1] = index;
    return status;
}
