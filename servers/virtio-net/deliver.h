/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that are copied into buffers of clients, and who is to get them. */
#ifndef ANSER_SERVERS_VIRTIO_NET_DELIVER_H
#define ANSER_SERVERS_VIRTIO_NET_DELIVER_H

#include <stdbool.h>
#include <stdint.h>
#include "client.h"

#define PIECES_MAX 64 /* of a received frame */

/* A frame that lies in one or more pieces; the first holds the Ethernet header. */
struct packet {
    struct netif_frame about; /* length, flags, checksum, segments; not where it lies */
    unsigned count;
    struct {
        const uint8_t *bytes;
        uint32_t length;
    } pieces[PIECES_MAX];
};

/*
 * Copies a frame to all who are to get it, but `from`, the client that sends it, or NULL: it was
 * received, and the default client is not served here. Promiscuous clients get every frame; one for
 * this interface, or for a group, goes to the client of its EtherType, or else to the default one.
 * Returns whether one of the last two got it.
 */
bool deliver_copies(const struct packet *packet, const struct client *from);

#endif
