/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies of frames. */
#include <string.h>
#include "deliver.h"
#include "device.h"
#include "frame.h"

/* A buffer that the client lent, and its number. NULL: none, or the client broke the rules. */
static uint8_t *take_buffer(struct client *client, uint16_t *buffer)
{
    if (client->buffers.idle_count == 0 && !client_collect(client))
        client->broken = true;
    if (client->broken || client->buffers.idle_count == 0)
        return NULL;
    *buffer = buffers_take(&client->buffers, BUFFER_OUT);
    return buffers_at(&client->buffers, *buffer) + RECEIVE_OFFSET;
}

static void copy_bytes(const struct packet *packet, uint8_t *to, uint32_t length)
{
    for (unsigned i = 0; i < packet->count && length > 0; i++) {
        uint32_t part = packet->pieces[i].length < length ? packet->pieces[i].length : length;
        memcpy(to, packet->pieces[i].bytes, part);
        to += part;
        length -= part;
    }
}

/* Whoever did not ask for frames without a checksum gets it summed. */
static void complete(const struct client *client, struct netif_frame *frame, uint8_t *bytes)
{
    if ((frame->flags & NETIF_SUM_NEEDED) && !(client->wants & NETIF_CHECKSUM) &&
        frame->segment == NETIF_SEGMENT_NONE && frame->rest == 0 &&
        frame_sum(bytes, frame->length, frame->sum_start, frame->sum_offset))
        frame->flags &= (uint16_t)~NETIF_SUM_NEEDED;
}

static void copy(struct client *client, const struct packet *packet, unsigned flags)
{
    struct netif_frame frame = packet->about;
    uint32_t room = client->buffers.size - RECEIVE_OFFSET;
    uint8_t *bytes = NULL;
    if (frame.length <= room || client->mode == NETIF_MODE_PROMISCUOUS)
        bytes = take_buffer(client, &frame.buffer);
    if (!bytes) {
        client->counters.dropped++;
        return;
    }
    if (frame.length > room) {
        frame.rest = frame.length - room;
        frame.length = room;
    }
    frame.flags |= (uint16_t)flags;
    frame.offset = RECEIVE_OFFSET;
    copy_bytes(packet, bytes, frame.length);
    complete(client, &frame, bytes);
    client->counters.received++;
    client->counters.received_bytes += frame.length;
    if (!client_deliver(client, &frame))
        client->broken = true;
}

bool deliver_copies(const struct packet *packet, const struct client *from)
{
    const uint8_t *header = packet->pieces[0].bytes;
    uint32_t ethertype = frame_ethertype(header);
    bool for_us = frame_is_for(frame_address(header), device.address), taken = false;
    client_each (client) {
        if (client == from || client->leaving || client->broken)
            continue;
        if (client->mode == NETIF_MODE_PROMISCUOUS) {
            copy(client, packet, from ? NETIF_OUTGOING : 0);
        } else if (client->mode == NETIF_MODE_ETHERTYPE && for_us &&
                   client->ethertype == ethertype) {
            copy(client, packet, 0);
            taken = true;
        }
    }
    if (for_us && !taken && from && client_default && client_default != from) {
        copy(client_default, packet, 0);
        taken = true;
    }
    return taken;
}
