/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls on channels that move no message, and who counts the ends of what. */
#include "ipc/badge.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "kern/calls.h"
#include "kern/process.h"
#include "kern/thread.h"

void ends_changed(const struct capability *capability, int change)
{
    struct object *object = capability->object;
    if (object->type == ANSER_TYPE_CHANNEL)
        channel_end_changed((struct channel *)object, capability->rights, change);
    else
        signal_end_changed((struct signal *)object, capability->rights, change);
    if (capability->badge)
        badge_holders_changed(capability->badge, change);
}

status_t call_chan_create(struct thread *self)
{
    uint64_t element_size = self->x[REG_A0];
    uint64_t capacity = self->x[REG_A1];
    if (element_size > ANSER_ELEMENT_MAX || capacity > ANSER_CHAN_BUFFER_MAX ||
        capacity * (sizeof(struct slot) + element_size + 7) > ANSER_CHAN_BUFFER_MAX)
        return -ANSER_EINVAL;
    struct channel *channel = channel_make(self->process->account, element_size, capacity);
    return channel ? handle_publish_ends(self, &channel->object) : -ANSER_ENOMEM;
}

status_t call_chan_close(struct thread *self)
{
    struct capability capability;
    status_t status = handle_argument(self, ANSER_TYPE_CHANNEL, ANSER_RIGHT_SEND, &capability);
    if (status < 0)
        return status;
    struct channel *channel = (struct channel *)capability.object;
    if (channel->closed)
        return -ANSER_EPIPE; /* Go panics: close of closed channel */
    channel_shut_down(channel);
    return 0;
}

status_t call_chan_len(struct thread *self)
{
    struct capability capability;
    status_t status = handle_argument(self, ANSER_TYPE_CHANNEL, 0, &capability);
    if (status < 0)
        return status;
    const struct channel *channel = (const struct channel *)capability.object;
    self->x[REG_A1] = channel->capacity;
    return channel->count;
}

status_t call_chan_mint(struct thread *self)
{
    struct capability capability;
    uint64_t value = self->x[REG_A1];
    status_t status = handle_argument(self, 0, ANSER_RIGHT_RECV, &capability);
    if (status < 0)
        return status;
    if (value == 0)
        return -ANSER_EINVAL;
    struct badge *badge = badge_make(self->process->account, capability.object, value);
    if (!badge)
        return -ANSER_ENOMEM;
    struct capability minted = {capability.object, badge, SEND_RIGHTS};
    status = handle_insert(&self->process->handles, &minted);
    if (status >= 0)
        capability_reference(&minted);
    object_release(&badge->object); /* the holders keep it, if there are any */
    return status;
}
