/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport of virtio-mmio; the numbers are sections of VIRTIO 1.2. */
#include <errno.h>
#include <string.h>
#include "virtio.h"

/* 4.2.2, table 4.1; the legacy interface's own: 4.2.4, table 4.2. */
#define MAGIC_VALUE           0x000
#define VERSION               0x004
#define DEVICE_ID             0x008
#define DEVICE_FEATURES       0x010
#define DEVICE_FEATURES_SEL   0x014
#define DRIVER_FEATURES       0x020
#define DRIVER_FEATURES_SEL   0x024
#define LEGACY_PAGE_SIZE      0x028
#define QUEUE_SEL             0x030
#define QUEUE_NUM_MAX         0x034
#define QUEUE_NUM             0x038
#define LEGACY_QUEUE_ALIGN    0x03c
#define LEGACY_QUEUE_PFN      0x040
#define QUEUE_READY           0x044
#define QUEUE_NOTIFY          0x050
#define INTERRUPT_STATUS      0x060
#define INTERRUPT_ACKNOWLEDGE 0x064
#define STATUS                0x070
#define QUEUE_DESCRIPTORS     0x080
#define QUEUE_AVAILABLE       0x090
#define QUEUE_USED            0x0a0
#define CONFIG_GENERATION     0x0fc
#define CONFIG                0x100

#define MAGIC 0x74726976 /* "virt" */

/* 2.1. */
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER      2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED      128

/* A device that is not there to be waited for is given up: reads of a register. */
#define RESET_TRIES  1000000
#define CONFIG_TRIES 64

static uint32_t get(struct virtio *device, unsigned offset)
{
    return virtio_register(device, offset, 4);
}

static void set(struct virtio *device, unsigned offset, uint32_t value)
{
    virtio_set_register(device, offset, value);
}

static void add_status(struct virtio *device, uint32_t bits)
{
    set(device, STATUS, get(device, STATUS) | bits);
}

/* ---- Begin and end. -------------------------------------------------------------------------- */

/* 4.2.3.1; 2.4: the device is reset when the status reads 0. */
int virtio_reset(struct virtio *device)
{
    set(device, STATUS, 0);
    for (unsigned i = 0; i < RESET_TRIES; i++)
        if (get(device, STATUS) == 0)
            return 0;
    return -EIO;
}

void virtio_fail(struct virtio *device)
{
    add_status(device, STATUS_FAILED);
}

static uint64_t offered_features(struct virtio *device)
{
    set(device, DEVICE_FEATURES_SEL, 0);
    uint64_t features = get(device, DEVICE_FEATURES);
    if (device->legacy)
        return features; /* 6.3: it has 32 */
    set(device, DEVICE_FEATURES_SEL, 1);
    return features | (uint64_t)get(device, DEVICE_FEATURES) << 32;
}

/* 3.1.1, steps 1 to 3. */
int virtio_begin(struct virtio *device, uint32_t type)
{
    uint32_t version = get(device, VERSION);
    if (get(device, MAGIC_VALUE) != MAGIC || version < 1 || version > 2 ||
        get(device, DEVICE_ID) != type)
        return -ENODEV;
    device->type = type;
    device->legacy = version == 1;
    device->features = 0;
    int error = virtio_reset(device);
    if (error < 0)
        return error;
    add_status(device, STATUS_ACKNOWLEDGE);
    add_status(device, STATUS_DRIVER);
    device->offered = offered_features(device);
    if (device->legacy)
        set(device, LEGACY_PAGE_SIZE, VIRTQ_ALIGNMENT);
    return 0;
}

/* 3.1.1, steps 4 to 6; legacy devices have no step 5 (3.1.2). */
int virtio_negotiate(struct virtio *device, uint64_t wanted)
{
    device->features = device->offered & (wanted | VIRTIO_VERSION_1);
    set(device, DRIVER_FEATURES_SEL, 0);
    set(device, DRIVER_FEATURES, (uint32_t)device->features);
    if (device->legacy)
        return 0;
    set(device, DRIVER_FEATURES_SEL, 1);
    set(device, DRIVER_FEATURES, (uint32_t)(device->features >> 32));
    if (device->features & VIRTIO_VERSION_1) {
        add_status(device, STATUS_FEATURES_OK);
        if (get(device, STATUS) & STATUS_FEATURES_OK)
            return 0;
    }
    virtio_fail(device);
    return -EOPNOTSUPP;
}

void virtio_ready(struct virtio *device)
{
    add_status(device, STATUS_DRIVER_OK);
}

bool virtio_needs_reset(struct virtio *device)
{
    return get(device, STATUS) & STATUS_NEEDS_RESET;
}

/* ---- Configuration. -------------------------------------------------------------------------- */

/* 4.2.2.2: fields are read with their width, those of 8 bytes as two halves. */
static unsigned access_width(unsigned offset, unsigned length)
{
    unsigned width = length == 8 ? 4 : length;
    return (width == 2 || width == 4) && offset % width == 0 ? width : 1;
}

static void read_once(struct virtio *device, unsigned offset, uint8_t *to, unsigned length)
{
    unsigned width = access_width(offset, length);
    for (unsigned i = 0; i < length; i += width) {
        uint32_t value = virtio_register(device, CONFIG + offset + i, width);
        memcpy(to + i, &value, width);
    }
}

/* Whether nothing changed since the reading: the generation is the same (4.2.2.1), or, as legacy
 * devices have none, it reads the same once more. */
static bool is_same(struct virtio *device, unsigned offset, const uint8_t *was, unsigned length,
                    uint32_t generation)
{
    if (!device->legacy)
        return get(device, CONFIG_GENERATION) == generation;
    unsigned width = access_width(offset, length);
    for (unsigned i = 0; i < length; i += width) {
        uint32_t value = virtio_register(device, CONFIG + offset + i, width);
        if (memcmp(was + i, &value, width) != 0)
            return false;
    }
    return true;
}

int virtio_config_read(struct virtio *device, unsigned offset, void *to, unsigned length)
{
    for (unsigned i = 0; i < CONFIG_TRIES; i++) {
        uint32_t generation = device->legacy ? 0 : get(device, CONFIG_GENERATION);
        read_once(device, offset, to, length);
        if (is_same(device, offset, to, length, generation))
            return 0;
    }
    return -EPROTO;
}

/* ---- Queues. --------------------------------------------------------------------------------- */

uint32_t virtio_queue_max(struct virtio *device, unsigned index)
{
    set(device, QUEUE_SEL, index);
    return get(device, QUEUE_NUM_MAX);
}

static void set_address(struct virtio *device, unsigned offset, uint64_t physical)
{
    set(device, offset, (uint32_t)physical);
    set(device, offset + 4, (uint32_t)(physical >> 32));
}

/* 4.2.3.2; legacy: 4.2.4.1. */
int virtio_queue_start(struct virtio *device, unsigned index, const struct virtq *queue)
{
    uint64_t page = queue->physical / VIRTQ_ALIGNMENT;
    if (queue->size > virtio_queue_max(device, index) || (device->legacy && page > UINT32_MAX))
        return -EINVAL;
    if (get(device, device->legacy ? LEGACY_QUEUE_PFN : QUEUE_READY) != 0)
        return -EBUSY;
    set(device, QUEUE_NUM, queue->size);
    if (device->legacy) {
        set(device, LEGACY_QUEUE_ALIGN, VIRTQ_ALIGNMENT);
        set(device, LEGACY_QUEUE_PFN, (uint32_t)page);
        return 0;
    }
    struct virtq_layout layout = virtq_layout(queue->size);
    set_address(device, QUEUE_DESCRIPTORS, queue->physical);
    set_address(device, QUEUE_AVAILABLE, queue->physical + layout.available);
    set_address(device, QUEUE_USED, queue->physical + layout.used);
    set(device, QUEUE_READY, 1);
    return 0;
}

/* 4.2.3.3. */
void virtio_notify(struct virtio *device, unsigned index)
{
    set(device, QUEUE_NOTIFY, index);
}

/* 4.2.3.4. */
uint32_t virtio_interrupts(struct virtio *device)
{
    uint32_t reasons = get(device, INTERRUPT_STATUS);
    set(device, INTERRUPT_ACKNOWLEDGE, reasons);
    return reasons;
}
