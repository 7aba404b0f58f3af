/* SPDX-License-Identifier: BSD-2-Clause */
/* Events: messages whose sender is the kernel. */
#include "kern/event.h"
#include "ipc/message.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "ipc/waiter.h"
#include "kern/sched.h"

static uint64_t length_of(const struct event *event)
{
    if (event->info == ANSER_INFO_GONE)
        return 0;
    return event_counts(event->words[0]) ? 16 : EVENT_WORDS * 8;
}

static struct message message_of_event(const struct event *event)
{
    return (struct message){
        .length = length_of(event),
        .words = event->words,
        .badge = event->badge,
        .info = event->info ? event->info : ANSER_INFO_EVENT,
    };
}

static bool deliverable(const struct channel *channel, const struct event *event)
{
    return event->info != ANSER_INFO_GONE || (int64_t)(channel->taken_total - event->after) >= 0;
}

/* Offers the event to whoever waits on its channel: as message_offer. */
static status_t offer(const struct event *event)
{
    struct thread *receiver;
    struct message message = message_of_event(event);
    status_t status = message_offer((struct channel *)event->target.object, &message, &receiver);
    if (status > 0)
        thread_wake(receiver, (status_t)receiver->x[REG_A0]);
    return status;
}

/* To who waits alone, as the fast path leaves one: nothing else is there, and its room is 64 bytes.
 */
static bool deliver_at_once(const struct event *event, struct channel *channel)
{
    struct thread *to = channel->receiver;
    if (!to || to == &channel_busy)
        return false;
    uint64_t length = length_of(event);
    message_clear_registers(to);
    for (unsigned i = 0; i < length / 8; i++)
        to->x[message_registers[i]] = event->words[i];
    to->x[REG_A0] = length | (event->info ? event->info : ANSER_INFO_EVENT);
    to->x[REG_A1] = event->badge;
    channel->receiver = NULL;
    sched_ready(to);
    return true;
}

void event_post(struct event *event, uint64_t kind, uint64_t value)
{
    struct object *target = event->target.object;
    if (!target)
        return;
    event->words[0] = kind;
    if (event_counts(kind))
        event->words[1] += value;
    if (event->pending)
        return;
    struct channel *channel = (struct channel *)target;
    status_t status = 1;
    if (target->type == ANSER_TYPE_SIGNAL)
        signal_post((struct signal *)target, event->badge ? event->badge : 1);
    else if (!deliver_at_once(event, channel))
        status = offer(event);
    if (status > 0) {
        event->words[1] = event_counts(kind) ? 0 : event->words[1];
        return;
    }
    if (channel->receive_ends == 0)
        return;
    event->pending = true;
    event->after = channel->put_total;
    if (event->owner)
        object_reference(event->owner);
    list_append(event->info == ANSER_INFO_GONE ? &channel->gone : &channel->events, &event->link);
    channel_update_pending(channel);
    if (status == CALL_RESTART)
        channel_push_work(channel); /* receivers that are not at fault may still wait */
}

/* The event that would be received next, or NULL. */
static struct event *next_event(const struct channel *channel)
{
    struct list *first = list_first(&channel->events);
    if (first)
        return container_of(first, struct event, link);
    first = list_first(&channel->gone);
    struct event *gone = first ? container_of(first, struct event, link) : NULL;
    return gone && deliverable(channel, gone) ? gone : NULL;
}

bool event_offer_pending(struct channel *channel)
{
    struct event *event = next_event(channel);
    if (!event || !channel_first_receiver(channel))
        return true;
    if (offer(event) > 0)
        event_settle(event);
    channel_update_pending(channel);
    return false;
}

bool event_ready(const struct channel *channel)
{
    return next_event(channel) != NULL;
}

status_t event_receive(struct channel *channel, struct thread *self)
{
    struct event *event = next_event(channel);
    enum blame blame;
    if (!event)
        return 0;
    struct message message = message_of_event(event);
    status_t status = message_deliver(&message, self, &blame);
    if (status < 0)
        return status;
    event_settle(event);
    channel_update_pending(channel);
    return 1;
}
