/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receiving. All buffers in the device's queue come from one stock, so that a request's token is
 * the number of its buffer. The device's header lies right before the frame, in the same buffer: it
 * tells the default client nothing that it may not know, and nothing here relies on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "client.h"
#include "deliver.h"
#include "device.h"
#include "frame.h"
#include "receive.h"

#define OWN_COUNT 64         /* buffers of the server, while there is no default client */
#define OWN_BYTES (2u << 20) /* of them, at most */

/* One buffer in so many is kept back for frames of other clients. */
#define KEPT_BACK 8

/* The default client is asked to tell when the device has fewer than one buffer in so many. */
#define FEW 4

/* While less than one entry in so many of the device's queue is free, it is left alone: to look
 * what was lent costs as much as some buffers. */
#define ENOUGH 4

static struct buffers own;
static struct dma own_memory;
static struct buffers *stock; /* that the device receives into */

uint32_t receive_buffer_size(bool large)
{
    uint32_t needed = RECEIVE_OFFSET + FRAME_HEADER + 4 + device.mtu, size = large ? 4096 : 2048;
    while (!large && size < needed)
        size *= 2;
    return size;
}

/* ---- Buffers to the device. ------------------------------------------------------------------ */

static void make_own(void)
{
    uint32_t size = receive_buffer_size(false), count = OWN_COUNT;
    if (own.count > 0)
        return;
    while (count * size > OWN_BYTES)
        count /= 2;
    if (dma_create(&own_memory, device.virtio.memory, (size_t)count * size, false) < 0) {
        printf("%s: no memory for frames\n", device.name);
        exit(1);
    }
    buffers_begin(&own, own_memory.memory, own_memory.physical, size, count);
}

void receive_start(void)
{
    if (stock)
        buffers_recall(stock);
    if (client_default) {
        stock = &client_default->buffers;
    } else {
        make_own();
        stock = &own;
    }
    receive_refill();
    virtq_wait(&device.receive);
}

bool receive_uses(const struct client *client)
{
    return stock == &client->buffers;
}

static int post(uint16_t buffer)
{
    uint64_t frame = stock->physical + (uint64_t)buffer * stock->size + RECEIVE_OFFSET;
    struct virtq_segment whole = {
        .physical = frame - device.header_length,
        .length = stock->size - RECEIVE_OFFSET + device.header_length,
        .device_writes = true,
    };
    if (!device.header_apart)
        return virtq_add(&device.receive, &whole, 1, buffer);
    struct virtq_segment parts[2] = {
        {.physical = whole.physical, .length = device.header_length, .device_writes = true},
        {.physical = frame, .length = stock->size - RECEIVE_OFFSET, .device_writes = true},
    };
    return virtq_add(&device.receive, parts, 2, buffer);
}

void receive_refill(void)
{
    if (virtq_free(&device.receive) * ENOUGH < device.receive.size)
        return;
    unsigned room = virtq_free(&device.receive) / (device.header_apart ? 2 : 1);
    if (client_default && !client_default->broken && !client_collect(client_default))
        client_default->broken = true;
    uint32_t keep = stock == &own ? 0 : stock->count / KEPT_BACK;
    for (; room > 0 && stock->idle_count > keep; room--)
        if (post(buffers_take(stock, BUFFER_POSTED)) < 0)
            device_broken("its receive queue takes no buffers");
    if (virtq_publish(&device.receive))
        virtio_notify(&device.virtio, QUEUE_RECEIVE);
}

void receive_quiet(void)
{
    virtq_quiet(&device.receive);
}

static bool wait_lent(void)
{
    if (!client_default || client_default->broken ||
        stock->posted * FEW >= stock->count - stock->count / KEPT_BACK)
        return true;
    return ring_sleep(&client_default->lend, 1);
}

bool receive_wait(void)
{
    bool may = virtq_wait(&device.receive);
    return wait_lent() && may;
}

/* ---- Frames from the device. ----------------------------------------------------------------- */

/* Buffers that hold one frame. */
struct received {
    struct net_header header;
    unsigned count;
    struct {
        uint16_t buffer;
        uint32_t offset;
        uint32_t length;
    } parts[PIECES_MAX];
};

/* What the header says that a client wants to know. */
static void describe(const struct net_header *header, struct netif_frame *frame)
{
    frame->flags = (uint16_t)((header->flags & NET_HEADER_SUM_NEEDED ? NETIF_SUM_NEEDED : 0) |
                              (header->flags & NET_HEADER_SUM_GOOD ? NETIF_SUM_GOOD : 0));
    if (!(frame->flags | header->segment))
        return;
    frame->sum_start = header->sum_start;
    frame->sum_offset = header->sum_offset;
    frame->segment = header->segment & (uint8_t)~NET_SEGMENT_ECN;
    frame->segment_size = header->segment_size;
    frame->header_size = header->header_size;
}

/* The buffers go on to the default client. */
static void pass_on(const struct received *received)
{
    struct client *client = client_default;
    struct netif_frame frame = {0};
    describe(&received->header, &frame);
    for (unsigned i = 0; i < received->count; i++) {
        bool more = i + 1 < received->count;
        frame.buffer = received->parts[i].buffer;
        frame.offset = (uint16_t)received->parts[i].offset;
        frame.length = received->parts[i].length;
        frame.flags = (uint16_t)((frame.flags & ~NETIF_MORE) | (more ? NETIF_MORE : 0));
        client->counters.received_bytes += frame.length;
        if (!client_deliver(client, &frame))
            client->broken = true;
    }
    client->counters.received++;
}

static bool copy_on(const struct received *received)
{
    struct packet packet = {.count = received->count};
    describe(&received->header, &packet.about);
    for (unsigned i = 0; i < received->count; i++) {
        packet.pieces[i].bytes =
            buffers_at(stock, received->parts[i].buffer) + received->parts[i].offset;
        packet.pieces[i].length = received->parts[i].length;
        packet.about.length += received->parts[i].length;
    }
    return deliver_copies(&packet, NULL);
}

static void take_part(struct received *received, uint16_t buffer, uint32_t written, uint32_t skip)
{
    buffers_filled(stock, buffer);
    received->parts[received->count].buffer = buffer;
    received->parts[received->count].offset = RECEIVE_OFFSET - device.header_length + skip;
    received->parts[received->count++].length = written - skip;
}

/* The rest of a frame of several buffers: the device has made all of them used at once (5.1.6.4).
 */
static void take_rest(struct received *received)
{
    uint16_t buffer;
    uint32_t written;
    unsigned wanted = received->header.buffers;
    while (received->count < wanted && received->count < PIECES_MAX) {
        if (virtq_take(&device.receive, &buffer, &written) <= 0)
            return;
        take_part(received, buffer, written, 0);
    }
}

static void put_back(const struct received *received)
{
    for (unsigned i = 0; i < received->count; i++)
        buffers_return(stock, received->parts[i].buffer);
}

/* Whether the frame is for this interface. RECEIVE_OFFSET and the size of a buffer are even. */
static bool is_for_us(const uint8_t *frame)
{
    const uint16_t *words = (const uint16_t *)frame;
    uint64_t destination = words[0] | (uint64_t)words[1] << 16 | (uint64_t)words[2] << 32;
    return frame_is_for(destination, device.address);
}

/* One frame, whose first buffer the device has filled with `written` bytes. */
static void take_frame(uint16_t buffer, uint32_t written)
{
    struct received received;
    const uint8_t *frame = buffers_at(stock, buffer) + RECEIVE_OFFSET;
    memcpy(&received.header, frame - device.header_length, sizeof(received.header));
    received.count = 0;
    take_part(&received, buffer, written, device.header_length);
    if (device.virtio.features & NET_MRG_RXBUF)
        take_rest(&received);
    bool taken = (client_count > 1 || !client_default) && copy_on(&received);
    if (!taken && client_default && !client_default->broken && is_for_us(frame))
        pass_on(&received);
    else
        put_back(&received);
}

/* The same, if the default client is the only one and the frame lies in one buffer. */
static void take_quickly(struct client *client, uint16_t buffer, uint32_t written)
{
    struct netif_frame entry = {.buffer = buffer, .offset = RECEIVE_OFFSET};
    const uint8_t *frame = buffers_at(stock, buffer) + RECEIVE_OFFSET;
    const struct net_header *header = (const void *)(frame - device.header_length);
    buffers_filled(stock, buffer);
    if (!is_for_us(frame) || client->broken) {
        buffers_return(stock, buffer);
        return;
    }
    entry.length = written - device.header_length;
    if (header->flags | header->segment)
        describe(header, &entry);
    client->counters.received++;
    client->counters.received_bytes += entry.length;
    if (!client_deliver(client, &entry))
        client->broken = true;
}

/* Nobody else would take a part of it. */
static bool can_take_quickly(void)
{
    return client_count == 1 && client_default && stock == &client_default->buffers &&
           !(device.virtio.features & NET_MRG_RXBUF);
}

static void count(uint32_t written)
{
    interface_counters.received++;
    interface_counters.received_bytes += written - device.header_length;
}

void receive_take(void)
{
    uint16_t buffer;
    uint32_t written;
    int taken;
    bool quickly = can_take_quickly();
    while ((taken = virtq_take(&device.receive, &buffer, &written)) > 0) {
        if (written < device.header_length + FRAME_HEADER) {
            buffers_filled(stock, buffer);
            buffers_return(stock, buffer);
            interface_counters.errors++;
            continue;
        }
        count(written);
        if (quickly)
            take_quickly(client_default, buffer, written);
        else
            take_frame(buffer, written);
    }
    if (taken < 0)
        device_broken(device.receive.fault);
}
