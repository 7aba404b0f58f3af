/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory form's fast path: send to who waits, and recv that waits, without handles, flags or
 * deadlines, where every buffer lies in one page that the kernel has a view of. Called by
 * ipc/fastpath.S with all registers saved; NULL, and nothing has happened: the complete calls are
 * to do it.
 */
#include "ipc/waiter.h"
#include "kern/process.h"
#include "kern/sched.h"

struct thread *block_send(struct thread *self, const struct handle_slot *slot);
struct thread *block_recv(struct thread *self, const struct handle_slot *slot);

/* Other threads may write user memory at any time: each word is read once. */
#define READ_ONCE(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)

static struct anser_message *view_block(struct thread *thread, uint64_t address)
{
    if (address & 7)
        return NULL;
    return space_view(&thread->process->space, user(address), sizeof(struct anser_message),
                      ACCESS_WRITE);
}

/* Who waits longest, if it waits as this path leaves one, and is to be woken as this path can. */
static struct thread *find_receiver(const struct thread *self, const struct channel *channel)
{
    if (channel->object.type != ANSER_TYPE_CHANNEL || channel->closed)
        return NULL;
    struct waiter *waiter = waiter_first(&channel->receivers);
    if (!waiter || waiter_selects(waiter) || waiter_lost(waiter) ||
        waiter->thread->info != ANSER_INFO_MEM || waiter->thread->process->handles.slow)
        return NULL;
    return sched_can_pass(self, waiter->thread) ? waiter->thread : NULL;
}

static void finish_receive(struct thread *to, struct anser_message *block, uint64_t length,
                           uint64_t badge)
{
    block->recv_length = length;
    for (unsigned i = 0; i < ANSER_MESSAGE_HANDLES; i++)
        block->handles[i] = 0;
    block->reply = 0;
    to->x[REG_A0] = 0;
    to->x[REG_A1] = badge;
    to->info = 0;
    to->wait_handle = 0;
}

struct thread *block_send(struct thread *self, const struct handle_slot *slot)
{
    struct channel *channel = slot->call;
    struct thread *to = find_receiver(self, channel);
    const struct anser_message *out = to ? view_block(self, self->x[REG_A2]) : NULL;
    if (!out)
        return NULL;
    uint64_t length = READ_ONCE(out->send_length);
    if (length > channel->element_size || length > to->receive_capacity)
        return NULL;
    struct space *space = &to->process->space;
    const void *source =
        space_view(&self->process->space, user(READ_ONCE(out->send_data)), length, ACCESS_READ);
    void *target = space_view(space, to->receive_data, length, ACCESS_WRITE);
    struct anser_message *in = view_block(to, to->block.value);
    if (!source || !target || !in)
        return NULL;
    memcpy(target, source, length);
    finish_receive(to, in, length, slot->badge);
    waiter_take(channel, &to->waiting);
    self->x[REG_A0] = 0;
    self->x[REG_A1] = 0;
    return sched_pass(self, to);
}

struct thread *block_recv(struct thread *self, const struct handle_slot *slot)
{
    struct channel *channel = slot->receive;
    bool nothing_there = channel->object.type == ANSER_TYPE_CHANNEL && !channel->receiver;
    if (!nothing_there || self->caller || self->odd_caller || !sched_has_aside(self))
        return NULL;
    const struct anser_message *in = view_block(self, self->x[REG_A2]);
    if (!in)
        return NULL;
    uint64_t capacity = min(READ_ONCE(in->recv_capacity), ANSER_ELEMENT_MAX);
    user_t data = user(READ_ONCE(in->recv_data));
    if (!space_view(&self->process->space, data, capacity, ACCESS_WRITE))
        return NULL;
    self->info = ANSER_INFO_MEM;
    self->block = user(self->x[REG_A2]);
    self->receive_data = data;
    self->receive_capacity = capacity;
    self->until = UINT64_MAX;
    thread_wait_on(self, &channel->object, ANSER_STATE_RECEIVING, UINT64_MAX);
    channel_add_receiver(channel, &self->waiting);
    return sched_take_aside(self);
}
