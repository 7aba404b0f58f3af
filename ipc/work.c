/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one system call is too short for: a channel with many waiters or elements ends, much room
 * came up at once for many senders, or an event met many receivers at fault. A piece at a time, as
 * work of the thread that caused it.
 */
#include "ipc/exchange.h"
#include "ipc/waiter.h"

#define SHUTDOWN_PIECE                                                                             \
    32 /* waiters or elements; who selects stands for 1 more in each 4 places                      \
        */

static unsigned cost_of(const struct waiter *waiter)
{
    return waiter_selects(waiter) ? 1 + waiter->thread->selection->count / 4 : 1;
}

/* What it cost; 0: nobody waits. */
static unsigned wake_one(struct channel *channel)
{
    struct waiter *sender = waiter_first(&channel->senders);
    struct waiter *waiter = sender ? sender : channel_first_receiver(channel);
    unsigned cost = waiter ? cost_of(waiter) : 0;
    if (waiter)
        waiter_end(channel, waiter, sender ? -ANSER_EPIPE : ANSER_INFO_CLOSED);
    return cost;
}

/* With no receive end left, what is buffered or pending will never be received. */
static bool drop_one(struct channel *channel)
{
    if (channel->receive_ends > 0)
        return false;
    if (channel->count > 0) {
        struct parcel *parcel = channel_oldest(channel)->parcel;
        if (parcel)
            object_release(&parcel->object);
        channel_drop_oldest(channel);
        return true;
    }
    return event_discard_first(&channel->events) || event_discard_first(&channel->gone);
}

static bool shutdown_piece(struct channel *channel)
{
    for (unsigned n = 0; n < SHUTDOWN_PIECE;) {
        unsigned cost = wake_one(channel);
        if (cost == 0 && !drop_one(channel))
            return true;
        n += cost ? cost : 1;
    }
    return false;
}

bool channel_work_reclaim(struct object *object)
{
    struct channel *channel = container_of(object, struct channel, work);
    bool done = channel->closed ? shutdown_piece(channel)
                                : event_offer_pending(channel) && exchange_refill(channel);
    if (!done)
        return false;
    channel->working = false;
    channel_update_pending(channel);
    object_release(&channel->object);
    return true;
}
