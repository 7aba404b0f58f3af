/* SPDX-License-Identifier: BSD-2-Clause */
/* From the clients' rings to the device, and back. */
#ifndef ANSER_VIRTIO_BLK_REQUESTS_H
#define ANSER_VIRTIO_BLK_REQUESTS_H

#include <stdbool.h>
#include "clients.h"

extern struct block_statistics requests_statistics;

/* There may be something in the client's ring. Returns 0, or -EPROTO: a count there is impossible,
 * and it is no client any more. */
int requests_look(struct client *client);

/* Takes what the device is done with, tells the clients, and gives the device what waited for room.
 * -EPROTO: the device is broken. */
int requests_end(void);

/*
 * Gives the device what the clients want, one after the other. False: there is more that could be
 * done now, but somebody else may wait for the server by now; call it again.
 */
bool requests_pump(void);

#endif
