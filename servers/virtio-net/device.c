/* SPDX-License-Identifier: BSD-2-Clause */
/* Features, configuration and queues; the numbers are sections of VIRTIO 1.2. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "clock.h"
#include "device.h"
#include "frame.h"

/* 5.1.4. */
#define CONFIG_MAC    0
#define CONFIG_STATUS 6
#define CONFIG_MTU    10
#define CONFIG_SPEED  12

#define STATUS_LINK_UP 1
#define MTU_USUAL      1500
#define MTU_MIN        68 /* of IPv4, RFC 791 */
#define MTU_MAX        65535

/* What is of use whoever the clients are. */
#define FEATURES_ALWAYS                                                                            \
    (VIRTIO_ANY_LAYOUT | VIRTIO_EVENT_IDX | NET_MAC | NET_STATUS | NET_MTU | NET_SPEED |           \
     NET_CSUM | NET_HOST_TSO4 | NET_HOST_TSO6)

struct device device;

void device_broken(const char *what)
{
    printf("%s: device broken: %s\n", device.name, what);
    exit(1);
}

/* ---- Configuration. -------------------------------------------------------------------------- */

/* The field, or `otherwise` if the device has not got it. */
static uint64_t config(uint64_t feature, unsigned offset, unsigned length, uint64_t otherwise)
{
    uint64_t value = 0;
    if (!(device.virtio.offered & feature))
        return otherwise;
    if (virtio_config_read(&device.virtio, offset, &value, length) < 0)
        device_broken("its configuration never stands still");
    return value;
}

/* One of those that everybody may make up (IEEE 802: locally administered, no group). */
static uint64_t made_up_address(void)
{
    return (clock_now() * 0x9e3779b97f4a7c15u & 0xffffffffff00u) | 0x02;
}

static uint64_t read_address(void)
{
    uint8_t bytes[6];
    if (!(device.virtio.offered & NET_MAC))
        return made_up_address();
    if (virtio_config_read(&device.virtio, CONFIG_MAC, bytes, sizeof(bytes)) < 0)
        device_broken("its configuration never stands still");
    return frame_address(bytes);
}

bool device_look(void)
{
    bool was = device.link;
    uint64_t mtu = config(NET_MTU, CONFIG_MTU, 2, MTU_USUAL);
    uint64_t speed = config(NET_SPEED, CONFIG_SPEED, 4, 0);
    device.link = config(NET_STATUS, CONFIG_STATUS, 2, STATUS_LINK_UP) & STATUS_LINK_UP;
    device.mtu = mtu >= MTU_MIN && mtu <= MTU_MAX ? (uint16_t)mtu : MTU_USUAL;
    device.speed = speed <= INT32_MAX ? (uint32_t)speed : 0; /* 5.1.4: all ones is unknown */
    return device.link != was;
}

/* ---- Queues. --------------------------------------------------------------------------------- */

static unsigned queue_entries(unsigned index)
{
    unsigned entries = QUEUE_ENTRIES, max = virtio_queue_max(&device.virtio, index);
    while (entries > max)
        entries /= 2;
    return entries;
}

/* Memory of one queue, in whole pages. */
static size_t queue_room(unsigned entries)
{
    return (virtq_bytes(entries) + VIRTQ_ALIGNMENT - 1) & ~(size_t)(VIRTQ_ALIGNMENT - 1);
}

static void start_queue(unsigned index, struct virtq *queue, size_t at)
{
    unsigned entries = queue_entries(index);
    virtq_end(queue);
    if (entries < 2)
        device_broken("it has no queues");
    if (virtq_begin(queue, device.memory.memory + at, device.memory.physical + at, entries,
                    device.virtio.features) < 0 ||
        virtio_queue_start(&device.virtio, index, queue) < 0)
        device_broken("a queue cannot be started");
}

static void negotiate(uint64_t taken)
{
    if (virtio_begin(&device.virtio, VIRTIO_NETWORK) < 0)
        device_broken("it does not reset");
    if (virtio_negotiate(&device.virtio, FEATURES_ALWAYS | taken) < 0)
        device_broken("it does not agree on features");
    bool modern = device.virtio.features & VIRTIO_VERSION_1;
    bool merges = device.virtio.features & NET_MRG_RXBUF;
    device.header_length = modern || merges ? 12 : 10;
    device.header_apart = !modern && !(device.virtio.features & VIRTIO_ANY_LAYOUT);
}

void device_start(uint64_t taken)
{
    size_t room = queue_room(QUEUE_ENTRIES);
    negotiate(taken);
    start_queue(QUEUE_RECEIVE, &device.receive, 0);
    start_queue(QUEUE_SEND, &device.send, room);
    device.headers = (struct net_header *)(device.memory.memory + 2 * room);
    device.headers_physical = device.memory.physical + 2 * room;
    memset(device.headers, 0, (QUEUE_ENTRIES + 1) * sizeof(*device.headers));
    virtio_ready(&device.virtio);
    device_look();
}

bool device_open(const char *name)
{
    device.name = name;
    int error = virtio_open(&device.virtio, "virtio", VIRTIO_NETWORK);
    if (error < 0) {
        printf("%s: no network device to drive: %s\n", name, strerror(-error));
        return false;
    }
    size_t bytes = 2 * queue_room(QUEUE_ENTRIES) + (QUEUE_ENTRIES + 1) * sizeof(struct net_header);
    error = dma_create(&device.memory, device.virtio.memory, bytes, false);
    if (error < 0) {
        printf("%s: no memory for its queues: %s\n", name, strerror(-error));
        return false;
    }
    device.address = read_address();
    return true;
}
