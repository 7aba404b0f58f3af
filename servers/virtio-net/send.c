/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sending. A frame is two segments: the device's header, in memory of the server, and the bytes in
 * the client's buffer. Buffers that are sent are given back when there is another reason to look:
 * interrupts for them are asked for only while many are under way.
 */
#include <string.h>
#include "deliver.h"
#include "device.h"
#include "frame.h"
#include "send.h"

#define SEGMENTS     2
#define LENGTH_CUT   (65535 + FRAME_HEADER) /* bytes of a frame that the device cuts */
#define HEADER_PLAIN 0                      /* all zero, of every frame that wants nothing */

static uint16_t free_headers[QUEUE_ENTRIES];
static unsigned free_header_count;
static bool blocked;       /* a client has frames for which the queue has no room */
static unsigned next_turn; /* the client that is looked at first */

/* ---- Back from the device. ------------------------------------------------------------------- */

static void landed(struct client *client, uint16_t buffer)
{
    client->flying[buffer] = false;
    client->in_flight--;
    if (client->header[buffer] != HEADER_PLAIN)
        free_headers[free_header_count++] = client->header[buffer];
    client_give_back(client, buffer);
}

void send_reclaim(void)
{
    uint16_t token;
    uint32_t written;
    int taken;
    while ((taken = virtq_take(&device.send, &token, &written)) > 0) {
        struct client *client = &clients[token / NETIF_BUFFERS_MAX];
        landed(client, token % NETIF_BUFFERS_MAX);
    }
    if (taken < 0)
        device_broken(device.send.fault);
}

static void land_all(struct client *client)
{
    for (unsigned buffer = 0; buffer < client->send_count; buffer++)
        if (client->flying[buffer])
            landed(client, (uint16_t)buffer);
    if (client->leaving)
        client_end(client);
}

void send_start(void)
{
    client_each (client)
        land_all(client);
    free_header_count = 0;
    for (uint16_t header = QUEUE_ENTRIES; header > HEADER_PLAIN; header--)
        free_headers[free_header_count++] = header;
    blocked = false;
}

/* ---- To the device. -------------------------------------------------------------------------- */

static uint32_t flag_of_segment(unsigned segment)
{
    switch (segment) {
    case NETIF_SEGMENT_TCP4:
        return NETIF_SEGMENT_V4;
    case NETIF_SEGMENT_TCP6:
        return NETIF_SEGMENT_V6;
    }
    return 0;
}

/* Whether what the frame wants of the device holds for this client, and makes sense. */
static bool judge_wishes(const struct client *client, const struct netif_frame *frame)
{
    bool sum = frame->flags & NETIF_SUM_NEEDED;
    if (sum && (!(client->flags & NETIF_CHECKSUM) ||
                frame->sum_start + frame->sum_offset + 2u > frame->length))
        return false;
    if (frame->segment == NETIF_SEGMENT_NONE)
        return true;
    return sum && (client->flags & flag_of_segment(frame->segment)) && frame->segment_size > 0 &&
           frame->header_size > frame->sum_start && frame->header_size < frame->length;
}

static bool judge(const struct client *client, const struct netif_frame *frame)
{
    uint32_t most =
        frame->segment == NETIF_SEGMENT_NONE ? device.mtu + FRAME_HEADER + 4u : LENGTH_CUT;
    return frame->length >= FRAME_HEADER && frame->length <= most &&
           frame->offset + frame->length <= client->send_size &&
           (!(frame->flags | frame->segment) || judge_wishes(client, frame));
}

/* Other clients that the frame is for have it. True: it does not go to the device. */
static bool stays_here(const struct client *client, const struct netif_frame *frame,
                       const uint8_t *bytes)
{
    struct packet packet = {.about = *frame, .count = 1};
    packet.about.flags &= NETIF_SUM_NEEDED;
    packet.about.rest = 0;
    packet.pieces[0].bytes = bytes;
    packet.pieces[0].length = frame->length;
    return deliver_copies(&packet, client) && frame_address(bytes) == device.address;
}

static uint16_t fill_header(const struct netif_frame *frame)
{
    if (!(frame->flags | frame->segment))
        return HEADER_PLAIN;
    uint16_t number = free_headers[--free_header_count];
    device.headers[number] = (struct net_header){
        .flags = frame->flags & NETIF_SUM_NEEDED ? NET_HEADER_SUM_NEEDED : 0,
        .segment = (uint8_t)frame->segment,
        .header_size = frame->header_size,
        .segment_size = frame->segment_size,
        .sum_start = frame->sum_start,
        .sum_offset = frame->sum_offset,
    };
    return number;
}

static void queue_frame(struct client *client, const struct netif_frame *frame, uint64_t place)
{
    uint16_t header = fill_header(frame);
    struct virtq_segment segments[SEGMENTS] = {
        {.physical = device.headers_physical + header * sizeof(struct net_header),
         .length = device.header_length},
        {.physical = client->send_physical + place, .length = frame->length},
    };
    uint16_t token = (uint16_t)((unsigned)(client - clients) * NETIF_BUFFERS_MAX + frame->buffer);
    if (virtq_add(&device.send, segments, SEGMENTS, token) < 0)
        device_broken("its send queue takes no frames");
    client->flying[frame->buffer] = true;
    client->header[frame->buffer] = header;
    client->in_flight++;
}

/* One entry of the ring, copied. False: the client broke the rules. */
static bool send_one(struct client *client, const struct netif_frame *frame)
{
    if (frame->buffer >= client->send_count || client->flying[frame->buffer])
        return false;
    if (!judge(client, frame)) {
        client->counters.errors++;
        client_give_back(client, frame->buffer);
        return true;
    }
    uint64_t place = (uint64_t)frame->buffer * client->send_size + frame->offset;
    client->counters.sent++;
    client->counters.sent_bytes += frame->length;
    if (client_count > 1 && stays_here(client, frame, client->send_memory + place)) {
        client_give_back(client, frame->buffer);
        return true;
    }
    interface_counters.sent++;
    interface_counters.sent_bytes += frame->length;
    queue_frame(client, frame, place);
    return true;
}

static void take_from(struct client *client)
{
    int64_t ready = ring_ready(&client->send), done = 0;
    while (done < ready && virtq_free(&device.send) >= SEGMENTS && !client->broken) {
        struct netif_frame frame;
        frame = *(const volatile struct netif_frame *)ring_entry(&client->send, (uint32_t)done++);
        if (!send_one(client, &frame))
            client->broken = true;
    }
    if (ready < 0)
        client->broken = true;
    if (done > 0 && ring_advance(&client->send, (uint32_t)done))
        client->due = true;
    blocked |= done < ready;
}

void send_take(void)
{
    blocked = false;
    for (unsigned i = 0; i < client_count; i++) {
        struct client *client = client_list[(next_turn + i) % client_count];
        if (!client->leaving && !client->broken)
            take_from(client);
    }
    next_turn += blocked;
    if (virtq_publish(&device.send))
        virtio_notify(&device.virtio, QUEUE_SEND);
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

/* How many sent frames somebody would wait for; 0: nobody does. */
static unsigned awaited(void)
{
    unsigned in_flight = virtq_in_flight(&device.send);
    if (in_flight == 0)
        return 0;
    if (blocked)
        return in_flight / 2 + 1;
    client_each (client)
        if (client->leaving || client->in_flight * 2 >= client->send_count)
            return client->leaving ? in_flight : client->in_flight / 2 + 1;
    return 0;
}

bool send_wait(void)
{
    bool may = true;
    unsigned count = awaited();
    if (count > 0)
        may = virtq_wait_for(&device.send, count);
    client_each (client)
        if (!client->leaving && !client->broken && !(blocked && ring_ready(&client->send) > 0))
            may = ring_sleep(&client->send, 1) && may;
    return may;
}
