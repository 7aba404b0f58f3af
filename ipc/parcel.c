/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles that wait in a buffer with their element. */
#include "ipc/message.h"

void parcel_drop(struct parcel *parcel)
{
    if (parcel)
        object_release(&parcel->object);
}

void parcel_spend(struct parcel *parcel)
{
    parcel->count = 0;
    object_release(&parcel->object);
}

bool parcel_reclaim(struct object *object)
{
    struct parcel *parcel = (struct parcel *)object;
    for (unsigned i = 0; i < parcel->count; i++)
        capability_release(&parcel->capabilities[i]);
    return true;
}
