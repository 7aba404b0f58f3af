/* SPDX-License-Identifier: BSD-2-Clause */
/* The block device of virtio. Sections of the virtio specification 1.2. */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dma.h"
#include <errno.h>
#include "memory.h"
#include "virtio.h"

#define QUEUE_REQUESTS 0u
#define QUEUE_SIZE     256

#define REQUEST_SEGMENTS 3 /* header, data, status */

/* Section 5.2.3, bits. */
#define FEATURE_SIZE_MAX     VIRTIO_FEATURE(1)
#define FEATURE_GEOMETRY     VIRTIO_FEATURE(4)
#define FEATURE_READ_ONLY    VIRTIO_FEATURE(5)
#define FEATURE_BLOCK_SIZE   VIRTIO_FEATURE(6)
#define FEATURE_FLUSH        VIRTIO_FEATURE(9)
#define FEATURE_DISCARD      VIRTIO_FEATURE(13)
#define FEATURE_WRITE_ZEROES VIRTIO_FEATURE(14)

#define FEATURES                                                                                   \
    (FEATURE_SIZE_MAX | FEATURE_GEOMETRY | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE |                \
     FEATURE_FLUSH | FEATURE_DISCARD | FEATURE_WRITE_ZEROES | VIRTIO_INDIRECT_DESC |               \
     VIRTIO_EVENT_IDX)

/* Section 5.2.4: where the fields of the configuration lie. */
#define CONFIG_CAPACITY         0
#define CONFIG_SIZE_MAX         8
#define CONFIG_GEOMETRY         16
#define CONFIG_BLOCK_SIZE       20
#define CONFIG_DISCARD_SECTORS  36
#define CONFIG_ZEROES_SECTORS   48
#define CONFIG_ZEROES_MAY_UNMAP 56

/* Section 5.2.6: types and results. */
#define TYPE_READ          0
#define TYPE_WRITE         1
#define TYPE_FLUSH         4
#define TYPE_GET_ID        8
#define TYPE_DISCARD       11
#define TYPE_WRITE_ZEROES  13
#define STATUS_OK          0
#define STATUS_UNSUPPORTED 2

#define ZEROES_UNMAP 1u

/* What the device reads and writes besides the data, one for each request in flight: in memory that
 * no client reaches. */
struct frame {
    struct {
        uint32_t type;
        uint32_t reserved;
        uint64_t sector;
    } header;
    struct {
        uint64_t sector;
        uint32_t sectors;
        uint32_t flags;
    } range;
    uint8_t serial[DEVICE_SERIAL];
    uint8_t status;
    uint8_t rest[11];
};
_Static_assert(sizeof(struct frame) == 64, "no frame lies across a page");

struct block_info device_info;
char device_serial[DEVICE_SERIAL];
bool device_serial_known;

static struct virtio virtio;
static struct virtq queue;
static bool zeroes_may_unmap;
static const char *fault; /* besides those of the queue */

static struct frame *frames;
static uint64_t frames_physical;
static struct device_request flights[QUEUE_SIZE]; /* by token */
static uint16_t free_tokens[QUEUE_SIZE];
static unsigned free_count;

/* ---- Begin. ---------------------------------------------------------------------------------- */

static uint32_t config_word(unsigned offset)
{
    uint32_t value;
    virtio_config_read(&virtio, offset, &value, sizeof(value));
    return value;
}

static uint32_t range_sectors_max(void)
{
    uint32_t most = UINT32_MAX;
    if (virtio.features & FEATURE_DISCARD && config_word(CONFIG_DISCARD_SECTORS) < most)
        most = config_word(CONFIG_DISCARD_SECTORS);
    if (virtio.features & FEATURE_WRITE_ZEROES && config_word(CONFIG_ZEROES_SECTORS) < most)
        most = config_word(CONFIG_ZEROES_SECTORS);
    return device_info.flags & (BLOCK_CAN_DISCARD | BLOCK_CAN_ZERO) ? most : 0;
}

static void read_geometry(void)
{
    struct {
        uint16_t cylinders;
        uint8_t heads, sectors;
    } geometry;
    virtio_config_read(&virtio, CONFIG_GEOMETRY, &geometry, sizeof(geometry));
    device_info.cylinders = geometry.cylinders;
    device_info.heads = geometry.heads;
    device_info.sectors_per_track = geometry.sectors;
}

static void read_flags(void)
{
    static const struct {
        uint64_t feature;
        uint32_t flag;
    } flags[] = {
        {FEATURE_READ_ONLY, BLOCK_READ_ONLY},   {FEATURE_FLUSH, BLOCK_CAN_FLUSH},
        {FEATURE_DISCARD, BLOCK_CAN_DISCARD},   {FEATURE_WRITE_ZEROES, BLOCK_CAN_ZERO},
        {FEATURE_GEOMETRY, BLOCK_HAS_GEOMETRY},
    };
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (virtio.features & flags[i].feature)
            device_info.flags |= flags[i].flag;
}

/* What is no whole block at the end is left out, and what could not be counted in bytes: the device
 * may say anything. */
static int read_capacity(void)
{
    const uint64_t countable = INT64_MAX / BLOCK_SECTOR;
    uint64_t sectors = 0;
    int status = virtio_config_read(&virtio, CONFIG_CAPACITY, &sectors, sizeof(sectors));
    if (status < 0)
        return status;
    if (sectors > countable)
        sectors = countable;
    device_info.sectors = sectors & ~(uint64_t)(device_info.block_size / BLOCK_SECTOR - 1);
    return 0;
}

/* -EPROTO: blocks that are no power of two of sectors, or no room for one of them in a request. */
static int read_configuration(void)
{
    read_flags();
    device_info.block_size = BLOCK_SECTOR;
    if (virtio.features & FEATURE_BLOCK_SIZE)
        device_info.block_size = config_word(CONFIG_BLOCK_SIZE);
    uint32_t block = device_info.block_size;
    if (block < BLOCK_SECTOR || block > BLOCK_REQUEST_MAX || (block & (block - 1)) != 0)
        return -EPROTO;
    int status = read_capacity();
    if (status < 0)
        return status;
    device_info.request_max = BLOCK_REQUEST_MAX;
    if (virtio.features & FEATURE_SIZE_MAX && config_word(CONFIG_SIZE_MAX) < BLOCK_REQUEST_MAX)
        device_info.request_max = config_word(CONFIG_SIZE_MAX) & ~(block - 1);
    if (device_info.request_max == 0)
        return -EPROTO;
    device_info.range_sectors_max = range_sectors_max();
    if (device_info.flags & BLOCK_HAS_GEOMETRY)
        read_geometry();
    uint8_t may_unmap = 0;
    if (device_info.flags & BLOCK_CAN_ZERO)
        virtio_config_read(&virtio, CONFIG_ZEROES_MAY_UNMAP, &may_unmap, sizeof(may_unmap));
    zeroes_may_unmap = may_unmap != 0;
    return 0;
}

/* The queue's memory and the frames, in pages that only device and server know. */
static int make_queue(void)
{
    uint32_t size = virtio_queue_max(&virtio, QUEUE_REQUESTS);
    if (size > QUEUE_SIZE)
        size = QUEUE_SIZE;
    if (size < REQUEST_SEGMENTS)
        return -EPROTO;
    struct dma memory;
    size_t queue_bytes = memory_round_up(virtq_bytes(size));
    int status =
        dma_create(&memory, virtio.memory, queue_bytes + size * sizeof(struct frame), false);
    if (status == 0)
        status = virtq_begin(&queue, memory.memory, memory.physical, size, virtio.features);
    if (status < 0)
        return status;
    frames = (struct frame *)(memory.memory + queue_bytes);
    frames_physical = memory.physical + queue_bytes;
    for (free_count = 0; free_count < size; free_count++)
        free_tokens[free_count] = (uint16_t)(size - 1 - free_count);
    return virtio_queue_start(&virtio, QUEUE_REQUESTS, &queue);
}

int device_open(const char *name, anser_handle *memory)
{
    int status = virtio_open(&virtio, name, VIRTIO_BLOCK);
    if (status == 0)
        status = virtio_negotiate(&virtio, FEATURES);
    if (status == 0)
        status = read_configuration();
    if (status == 0)
        status = make_queue();
    if (status < 0)
        return status;
    *memory = virtio.memory;
    device_info.queue_size = device_room();
    virtio_ready(&virtio);
    virtq_wait(&queue);
    device_submit(&(struct device_request){.operation = DEVICE_OP_SERIAL});
    device_start();
    return 0;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

unsigned device_room(void)
{
    unsigned room = virtq_free(&queue);
    if (!(virtio.features & VIRTIO_INDIRECT_DESC))
        room /= REQUEST_SEGMENTS;
    return room < free_count ? room : free_count;
}

static uint32_t type_of(uint32_t operation)
{
    static const uint32_t types[] = {
        [BLOCK_OP_READ] = TYPE_READ,         [BLOCK_OP_WRITE] = TYPE_WRITE,
        [BLOCK_OP_FLUSH] = TYPE_FLUSH,       [BLOCK_OP_DISCARD] = TYPE_DISCARD,
        [BLOCK_OP_ZERO] = TYPE_WRITE_ZEROES,
    };
    return operation == DEVICE_OP_SERIAL ? TYPE_GET_ID : types[operation];
}

#define FRAME_PHYSICAL(token, field)                                                               \
    (frames_physical + (token) * sizeof(struct frame) + offsetof(struct frame, field))

/* The piece between header and status: 0 or 1 of them. */
static unsigned data_segment(const struct device_request *request, uint16_t token,
                             struct virtq_segment *segment)
{
    switch (request->operation) {
    case BLOCK_OP_FLUSH:
        return 0;
    case DEVICE_OP_SERIAL:
        *segment = (struct virtq_segment){FRAME_PHYSICAL(token, serial), DEVICE_SERIAL, true};
        return 1;
    case BLOCK_OP_READ:
    case BLOCK_OP_WRITE:
        *segment = (struct virtq_segment){request->physical, (uint32_t)request->bytes,
                                          request->operation == BLOCK_OP_READ};
        return 1;
    }
    struct frame *frame = &frames[token];
    frame->range.sector = request->sector;
    frame->range.sectors = (uint32_t)(request->bytes / BLOCK_SECTOR);
    frame->range.flags = request->operation == BLOCK_OP_ZERO && zeroes_may_unmap ? ZEROES_UNMAP : 0;
    *segment = (struct virtq_segment){FRAME_PHYSICAL(token, range), sizeof(frame->range), false};
    return 1;
}

void device_submit(const struct device_request *request)
{
    uint16_t token = free_tokens[free_count - 1];
    struct frame *frame = &frames[token];
    struct virtq_segment segments[REQUEST_SEGMENTS] = {
        {FRAME_PHYSICAL(token, header), sizeof(frame->header), false}};
    bool transfers = request->operation == BLOCK_OP_READ || request->operation == BLOCK_OP_WRITE;
    frame->header.type = type_of(request->operation);
    frame->header.reserved = 0;
    frame->header.sector = transfers ? request->sector : 0;
    frame->status = UINT8_MAX; /* what the device does not write, is an error */
    unsigned count = 1 + data_segment(request, token, &segments[1]);
    segments[count++] = (struct virtq_segment){FRAME_PHYSICAL(token, status), 1, true};
    if (virtq_add(&queue, segments, count, token) < 0)
        abort(); /* device_room said that there is room */
    flights[token] = *request;
    free_count--;
}

void device_start(void)
{
    if (virtq_publish(&queue))
        virtio_notify(&virtio, QUEUE_REQUESTS);
}

/* 2.7.8.2: a device that has written less than it says it read has failed as well. */
static int result_of(const struct frame *frame, const struct device_request *request,
                     uint32_t written)
{
    if (frame->status == STATUS_UNSUPPORTED)
        return -EOPNOTSUPP;
    bool is_short = request->operation == BLOCK_OP_READ && written <= request->bytes;
    return frame->status == STATUS_OK && !is_short ? 0 : -EIO;
}

int device_take(const struct device_request **request, int *status)
{
    uint16_t token;
    uint32_t written;
    int taken = virtq_take(&queue, &token, &written);
    if (taken <= 0)
        return taken;
    *request = &flights[token];
    *status = result_of(&frames[token], *request, written);
    if ((*request)->operation == DEVICE_OP_SERIAL) {
        device_serial_known = true;
        if (*status == 0)
            memcpy(device_serial, frames[token].serial, DEVICE_SERIAL);
    }
    free_tokens[free_count++] = token;
    return 1;
}

int device_interrupt(void)
{
    if (!(virtio_interrupts(&virtio) & VIRTIO_INTERRUPT_CONFIGURATION))
        return 0;
    if (virtio_needs_reset(&virtio))
        fault = "it asks for a reset";
    else if (read_capacity() < 0)
        fault = "its configuration changes without end";
    return fault ? -EPROTO : 0;
}

void device_report(const char *name)
{
    if (queue.fault)
        fprintf(stderr, "%s: device broken: queue %u: %s\n", name, QUEUE_REQUESTS, queue.fault);
    else if (fault)
        fprintf(stderr, "%s: device broken: %s\n", name, fault);
}

bool device_wait(void)
{
    return virtq_wait(&queue);
}
