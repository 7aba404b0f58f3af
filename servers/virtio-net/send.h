/* SPDX-License-Identifier: BSD-2-Clause */
/* The send queue: frames from clients' rings to the device, and their buffers back. */
#ifndef ANSER_SERVERS_VIRTIO_NET_SEND_H
#define ANSER_SERVERS_VIRTIO_NET_SEND_H

#include <stdbool.h>
#include "client.h"

/* The queue is empty: what was in it is given back, on the wire or not. Clients that have left end.
 */
void send_start(void);

/* Gives back what the device has sent. */
void send_reclaim(void);

/* Takes what clients want to send, as far as the queue has room, and shows it to the device. */
void send_take(void);

/* Asks to be told of new frames, and of sent ones if somebody may wait for them. False: there are
 * some now. */
bool send_wait(void);

#endif
