/* SPDX-License-Identifier: BSD-2-Clause */
/* Events: messages whose sender is the kernel. */
#include "kern/event.h"
#include "ipc/message.h"
#include "ipc/channel.h"
#include "ipc/signal.h"

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

/* Hands the event to whoever waits; false if nobody does. */
static bool deliver(struct event *event)
{
    struct object *target = event->target.object;
    struct thread *receiver;
    if (target->type == ANSER_TYPE_SIGNAL) {
        signal_post((struct signal *)target, event->badge ? event->badge : 1);
        return true;
    }
    struct message message = message_of_event(event);
    if (message_offer((struct channel *)target, &message, &receiver) <= 0)
        return false;
    thread_wake(receiver, (status_t)receiver->x[REG_A0]);
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
    if (deliver(event)) {
        event->words[1] = event_counts(kind) ? 0 : event->words[1];
        return;
    }
    struct channel *channel = (struct channel *)target;
    if (channel->receive_ends == 0)
        return;
    event->pending = true;
    event->after = channel->put_total;
    if (event->owner)
        object_reference(event->owner);
    list_append(event->info == ANSER_INFO_GONE ? &channel->gone : &channel->events, &event->link);
    channel_update_pending(channel);
}

bool event_ready(const struct channel *channel)
{
    struct list *gone = list_first(&channel->gone);
    return !list_empty(&channel->events) ||
           (gone && deliverable(channel, container_of(gone, struct event, link)));
}

static status_t receive_from(struct channel *channel, struct list *list, struct thread *self)
{
    struct list *first = list_first(list);
    struct event *event = first ? container_of(first, struct event, link) : NULL;
    enum blame blame;
    if (!event || !deliverable(channel, event))
        return 0;
    struct message message = message_of_event(event);
    status_t status = message_deliver(&message, self, &blame);
    if (status < 0)
        return status;
    event_settle(event);
    channel_update_pending(channel);
    return 1;
}

status_t event_receive(struct channel *channel, struct thread *self)
{
    status_t status = receive_from(channel, &channel->events, self);
    return status == 0 ? receive_from(channel, &channel->gone, self) : status;
}
