/* SPDX-License-Identifier: BSD-2-Clause */
/* Badges on send handles. */
#include "ipc/badge.h"

struct badge *badge_make(struct account *payer, struct object *channel, uint64_t value)
{
    struct badge *badge = object_create(payer, TYPE_BADGE, sizeof(struct badge));
    if (!badge)
        return NULL;
    badge->value = value;
    badge->gone.info = ANSER_INFO_GONE;
    badge->gone.owner = &badge->object;
    /* No rights: it keeps the channel's memory, but is not one of its ends. */
    badge->gone.target.object = channel;
    badge->gone.badge = value;
    list_init(&badge->gone.link);
    object_reference(channel);
    return badge;
}

void badge_holders_changed(struct badge *badge, int change)
{
    if (change > 0 && badge->holders++ == 0)
        object_reference(&badge->object);
    if (change > 0 || --badge->holders > 0)
        return;
    if (badge->gone.target.object->type == ANSER_TYPE_CHANNEL)
        event_post(&badge->gone, 0, 0);
    object_release(&badge->object);
}

bool badge_reclaim(struct object *object)
{
    event_unbind(&((struct badge *)object)->gone);
    return true;
}
