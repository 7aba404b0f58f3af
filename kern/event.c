/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding events to where they go; ipc/event.c delivers them. */
#include "kern/event.h"
#include "ipc/badge.h"

status_t event_bind(struct event *event, struct process *process, anser_handle send)
{
    struct capability capability;
    status_t status = handle_lookup(process, send, 0, ANSER_RIGHT_SEND, &capability);
    if (status < 0)
        return status;
    capability_reference(&capability);
    event->target = capability;
    event->badge = badge_value(capability.badge);
    return 0;
}

void event_settle(struct event *event)
{
    list_remove(&event->link);
    event->pending = false;
    if (event_counts(event->words[0]))
        event->words[1] = 0;
    if (event->owner)
        object_release(event->owner);
}

void event_unbind(struct event *event)
{
    if (!event->target.object)
        return;
    /* The channel may now look busy without reason; the next receive finds out. */
    if (event->pending)
        event_settle(event);
    capability_release(&event->target);
}

bool event_discard_first(struct list *events)
{
    struct list *first = list_first(events);
    if (first)
        event_settle(container_of(first, struct event, link));
    return first != NULL;
}
