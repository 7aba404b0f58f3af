/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio device behind memory-mapped registers: VIRTIO 1.2, section 4.2, and its legacy interface
 * (4.2.4). What a driver does with it, in order (3.1.1): virtio_open, virtio_negotiate, a
 * virtq_begin and virtio_queue_start for each queue, virtio_ready. lib/virtq.h has the queues.
 */
#ifndef ANSER_LIB_VIRTIO_H
#define ANSER_LIB_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include "virtq.h"

/* Device types (5). */
#define VIRTIO_NETWORK 1
#define VIRTIO_BLOCK   2
#define VIRTIO_ENTROPY 4

/* Features of any device (6), as masks. */
#define VIRTIO_FEATURE(bit)  (UINT64_C(1) << (bit))
#define VIRTIO_ANY_LAYOUT    VIRTIO_FEATURE(27) /* legacy only; modern devices all have it */
#define VIRTIO_INDIRECT_DESC VIRTIO_FEATURE(VIRTQ_INDIRECT_DESC)
#define VIRTIO_EVENT_IDX     VIRTIO_FEATURE(VIRTQ_EVENT_IDX)
#define VIRTIO_VERSION_1     VIRTIO_FEATURE(32)

/* What virtio_interrupts returns. */
#define VIRTIO_INTERRUPT_USED          1u /* a queue has used buffers */
#define VIRTIO_INTERRUPT_CONFIGURATION 2u /* configuration or status changed */

struct virtio {
    volatile uint32_t *registers;
    anser_handle memory; /* NAME.mmio; DMA memory is bound to it */
    bool legacy;         /* no VERSION_1; VIRTIO_ANY_LAYOUT must be looked at (2.7.4.3) */
    uint32_t type;       /* VIRTIO_NETWORK, ... */
    uint64_t offered;    /* features of the device */
    uint64_t features;   /* those negotiated */
};

/*
 * Takes over the device that the manifest calls `name`: start handle NAME.mmio, NAME.offset and
 * NAME.length in the environment; then as virtio_begin. Returns 0; -ENOENT: no such start handle;
 * -EINVAL: the words in the environment are none; an error of mapping; or those of virtio_begin.
 */
int virtio_open(struct virtio *device, const char *name, uint32_t type);

/*
 * The same for registers that are mapped already (device->registers is set). Checks magic value,
 * version (1 or 2) and type, resets the device and tells it that it has a driver. device->offered
 * is valid then. Returns 0; -ENODEV: no virtio device of this type; -EIO: it does not reset.
 */
int virtio_begin(struct virtio *device, uint32_t type);

/*
 * Settles the features: those of `wanted` that are offered, and VERSION_1 where the device is
 * modern (6.1). They are in device->features. Returns 0; -EOPNOTSUPP: modern, but without
 * VERSION_1, or the device does not take them. The device is marked as failed then.
 */
int virtio_negotiate(struct virtio *device, uint64_t wanted);

/*
 * Reads `length` bytes of the configuration space from `offset` on, so that all are of one moment
 * (4.2.2.2, and 2.5.4 for legacy devices). A field of 1, 2, 4 or 8 bytes is read by itself, with
 * that width; other lengths are read as single bytes. Returns 0; -EPROTO: it changes without end.
 */
int virtio_config_read(struct virtio *device, unsigned offset, void *to, unsigned length);

/* Entries that queue `index` can have at most; 0: there is no such queue. */
uint32_t virtio_queue_max(struct virtio *device, unsigned index);

/*
 * Tells the device where the queue lies. Between virtio_negotiate and virtio_ready. Returns 0;
 * -EINVAL: no such queue, smaller than that, or out of its reach (legacy: the page number has 32
 * bits); -EBUSY: in use already. The queue is the device's until virtio_reset.
 */
int virtio_queue_start(struct virtio *device, unsigned index, const struct virtq *queue);

/* The driver is ready: from now on the device uses the queues (DRIVER_OK). */
void virtio_ready(struct virtio *device);

/* Stops the device: it touches no memory any more when this returns 0. -EIO: it does not stop.
 * virtio_begin makes it usable again. */
int virtio_reset(struct virtio *device);

/* The driver gives up (FAILED). */
void virtio_fail(struct virtio *device);

/* Whether the device says that it cannot go on without a reset (DEVICE_NEEDS_RESET, 2.1.2). */
bool virtio_needs_reset(struct virtio *device);

/* Tells the device that queue `index` has something new, when virtq_publish said so. */
void virtio_notify(struct virtio *device, unsigned index);

/* Why it interrupted, acknowledged: VIRTIO_INTERRUPT_*. What the device did before is visible. */
uint32_t virtio_interrupts(struct virtio *device);

/* ---- Access to registers, byte offsets; `width` 1, 2 or 4. In order with each other and with
 * memory. lib/virtio_mmio.c has those of a device, tests put a model in their place. */
uint32_t virtio_register(struct virtio *device, unsigned offset, unsigned width);
void virtio_set_register(struct virtio *device, unsigned offset, uint32_t value);

#endif
