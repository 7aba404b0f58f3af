/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio-mmio device that does what VIRTIO 1.2 says, for drivers under test: registers (4.2) and
 * the device's side of split virtqueues (2.7), modern or legacy. It takes the place of
 * lib/virtio_mmio.c. What a driver must not do ends the test program with a line that says so.
 */
#ifndef ANSER_TESTS_VIRTIO_MODEL_H
#define ANSER_TESTS_VIRTIO_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/virtio.h"

#define MODEL_QUEUES   3
#define MODEL_REGIONS  160
#define MODEL_SEGMENTS 64
#define MODEL_CONFIG   256

struct model_segment {
    uint8_t *bytes;
    uint32_t length;
    bool writes;
};

struct model_request {
    uint16_t head;
    unsigned count;
    uint64_t room; /* bytes to write */
    struct model_segment segments[MODEL_SEGMENTS];
};

struct model_queue {
    uint32_t size, max;
    bool ready;
    uint64_t descriptors, available, used; /* physical */
    uint16_t popped, pushed;               /* requests, modulo 2^16 */
};

struct virtio_model {
    /* What kind of device it is; set before it is used. */
    uint32_t version;
    uint32_t type;
    uint64_t offered;
    uint8_t config[MODEL_CONFIG];
    bool refuses_features;
    bool never_resets;
    unsigned config_changes; /* it changes at each of the next reads of its first byte */

    /* The memory that it reaches. */
    struct {
        uint64_t physical;
        uint8_t *bytes;
        size_t size;
    } regions[MODEL_REGIONS];
    unsigned region_count;

    /* Its state. */
    uint64_t accepted;
    uint32_t offered_half, accepted_half, selected, status, interrupts, generation;
    struct model_queue queues[MODEL_QUEUES];
    unsigned notified[MODEL_QUEUES]; /* how often */
    unsigned resets;                 /* likewise; what was popped before is forgotten */
};

/* The driver's view of it: what virtio_open makes of a device. */
struct virtio model_device(struct virtio_model *model);

/* Memory that the device reaches at `physical`; it stays the caller's. */
void model_memory(struct virtio_model *model, uint64_t physical, void *bytes, size_t size);

/* From now on it does not reach the memory that begins at `physical`. */
void model_forget(struct virtio_model *model, uint64_t physical);

/* `length` bytes at `physical`: they must lie in one piece of that memory. */
void *model_at(struct virtio_model *model, uint64_t physical, uint64_t length);

/* Takes the next request that the driver made available. False: there is none. */
bool model_pop(struct virtio_model *model, unsigned index, struct model_request *request);

/* Says that the request that begins at `head` is done, `written` bytes. True, with the reason in
 * model->interrupts: the driver wants an interrupt now. */
bool model_push(struct virtio_model *model, unsigned index, uint16_t head, uint32_t written);

/* From here on the driver need not notify (true), or must with the next request (false). Without
 * event index for good, else for a long time. */
void model_hush(struct virtio_model *model, unsigned index, bool quiet);

/* The configuration has changed, or the status. */
void model_configuration_changed(struct virtio_model *model);
void model_needs_reset(struct virtio_model *model);

#endif
