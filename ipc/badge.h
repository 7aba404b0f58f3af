/* SPDX-License-Identifier: BSD-2-Clause */
/* Badges: who sends, as the server that minted the handle chose; and the notice of their end. */
#pragma once

#include "kern/event.h"

struct badge {
    struct object object;
    uint64_t value;
    uint64_t holders;  /* capabilities; they hold one reference together */
    struct event gone; /* room for the notice, reserved at minting */
};

/* A badge for send handles of a channel or signal, one reference, no holder yet; NULL: no budget.
 */
struct badge *badge_make(struct account *payer, struct object *channel, uint64_t value);
static inline uint64_t badge_value(const struct badge *badge)
{
    return badge ? badge->value : 0;
}
/* A capability with it appeared or disappeared; after the last one the channel says GONE. */
void badge_holders_changed(struct badge *badge, int change);
