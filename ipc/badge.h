/* SPDX-License-Identifier: BSD-2-Clause */
/* Badges: who sends, as the server that minted the handle chose; and the notice of their end. */
#ifndef IPC_BADGE_H
#define IPC_BADGE_H

#include "kern/object.h"

struct badge;

/* A badge for send handles of a channel or signal, one reference, no holder yet; NULL: no budget.
 */
struct badge *badge_make(struct account *payer, struct object *channel, uint64_t value);
struct object *badge_object(struct badge *badge);
uint64_t badge_value(const struct badge *badge);
/* A capability with it appeared or disappeared; after the last one the channel says GONE. */
void badge_holders_changed(struct badge *badge, int change);

#endif
