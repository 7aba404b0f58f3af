/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive queue: buffers to the device, frames to clients. */
#ifndef ANSER_SERVERS_VIRTIO_NET_RECEIVE_H
#define ANSER_SERVERS_VIRTIO_NET_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>
#include "client.h"

/* Bytes of a buffer to receive into; `large`: frames may take several. */
uint32_t receive_buffer_size(bool large);

/* The queue is empty: begins with the buffers of the default client, or with the server's own. */
void receive_start(void);

/* Whether the device receives into buffers of this client, who may have left. */
bool receive_uses(const struct client *client);

/* Takes what the device has received. Clients are told by client_say. */
void receive_take(void);

/* Gives the device all buffers that it can have, unless it has most of them. */
void receive_refill(void);

/* Nobody waits: no interrupt for frames until receive_wait. */
void receive_quiet(void);

/* Asks to be told of the next frame, and of lent buffers if the device has few. False: there are
 * some now. */
bool receive_wait(void);

#endif
