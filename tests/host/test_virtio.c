/* SPDX-License-Identifier: BSD-2-Clause */
/* The transport of virtio-mmio against the model of a device, modern and legacy. */
/* sources: lib/virtio.c lib/virtq.c tests/host/virtio_model.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/virtio.h"
#include "tap.h"
#include "virtio_model.h"

#define PHYSICAL 0x80123000
#define SIZE     8

static struct virtio_model model;
static struct virtio device;
static void *memory;

static void make(uint32_t version, uint64_t offered)
{
    free(memory);
    memory = aligned_alloc(VIRTQ_ALIGNMENT, (virtq_bytes(SIZE) + 4095) / 4096 * 4096);
    model = (struct virtio_model){.version = version, .type = VIRTIO_BLOCK, .offered = offered};
    model.queues[0].max = 256;
    model_memory(&model, PHYSICAL, memory, virtq_bytes(SIZE));
    device = model_device(&model);
}

static void test_begin(uint32_t version)
{
    make(version, VIRTIO_VERSION_1 | 0x21);
    model.status = 0x4f; /* a predecessor's, and broken */
    TEST(virtio_begin(&device, VIRTIO_BLOCK) == 0, "version %u: the device is taken", version);
    TEST(model.status == 3, "version %u: it is reset, and knows of its driver", version);
    TEST(device.legacy == (version == 1), "version %u: is told apart", version);
    TEST(device.offered == (version == 1 ? 0x21 : (VIRTIO_VERSION_1 | 0x21)),
         "version %u: what it offers, in 32 or 64 bits", version);
}

static void test_not_begun(void)
{
    make(2, VIRTIO_VERSION_1);
    TEST(virtio_begin(&device, VIRTIO_NETWORK) == -ENODEV, "a disk is no network");
    make(3, VIRTIO_VERSION_1);
    TEST(virtio_begin(&device, VIRTIO_BLOCK) == -ENODEV, "version 3 is not known");
    make(0, VIRTIO_VERSION_1);
    TEST(virtio_begin(&device, VIRTIO_BLOCK) == -ENODEV, "version 0 is not known");
    make(2, VIRTIO_VERSION_1);
    model.never_resets = true;
    TEST(virtio_begin(&device, VIRTIO_BLOCK) == -EIO, "a device that does not reset is refused");
}

static void test_features(void)
{
    make(2, VIRTIO_VERSION_1 | VIRTIO_EVENT_IDX | 6);
    virtio_begin(&device, VIRTIO_BLOCK);
    TEST(virtio_negotiate(&device, VIRTIO_EVENT_IDX | VIRTIO_INDIRECT_DESC | 3) == 0,
         "features are settled");
    uint64_t both = VIRTIO_VERSION_1 | VIRTIO_EVENT_IDX | 2;
    TEST(device.features == both && model.accepted == both, "those of both sides, and version 1");
    TEST(model.status == 11, "and so it is said");

    make(1, VIRTIO_ANY_LAYOUT | 6);
    virtio_begin(&device, VIRTIO_BLOCK);
    TEST(virtio_negotiate(&device, VIRTIO_ANY_LAYOUT | 3) == 0 &&
             model.accepted == (VIRTIO_ANY_LAYOUT | 2) && model.status == 3,
         "legacy: they are settled, and nothing is said");
}

static void test_refused(void)
{
    make(2, 7);
    virtio_begin(&device, VIRTIO_BLOCK);
    TEST(virtio_negotiate(&device, 7) == -EOPNOTSUPP, "modern without version 1 is refused");
    TEST(model.status & 128, "and told that its driver failed");
    make(2, VIRTIO_VERSION_1 | 7);
    model.refuses_features = true;
    virtio_begin(&device, VIRTIO_BLOCK);
    TEST(virtio_negotiate(&device, 7) == -EOPNOTSUPP && (model.status & 128),
         "a device that does not take the features is refused");
}

static void test_queue(uint32_t version)
{
    struct virtq queue;
    uint64_t size = SIZE;
    make(version, VIRTIO_VERSION_1);
    virtio_begin(&device, VIRTIO_BLOCK);
    virtio_negotiate(&device, 0);
    TEST(virtio_queue_max(&device, 0) == 256, "version %u: how large a queue can be", version);
    TEST(virtio_queue_max(&device, 1) == 0, "version %u: which queue is none", version);
    virtq_begin(&queue, memory, PHYSICAL, SIZE, device.features);
    TEST(virtio_queue_start(&device, 1, &queue) == -EINVAL, "version %u: no queue", version);
    model.queues[0].max = SIZE / 2;
    TEST(virtio_queue_start(&device, 0, &queue) == -EINVAL, "version %u: too large", version);
    model.queues[0].max = 256;
    TEST(virtio_queue_start(&device, 0, &queue) == 0, "version %u: a queue starts", version);
    TEST(virtio_queue_start(&device, 0, &queue) == -EBUSY, "version %u: but once", version);
    const struct model_queue *seen = &model.queues[0];
    TEST(seen->descriptors == PHYSICAL && seen->available == PHYSICAL + 16 * size &&
             seen->used == PHYSICAL + 4096,
         "version %u: the device knows where its parts lie", version);
    virtio_ready(&device);
    virtio_notify(&device, 0);
    TEST(model.notified[0] == 1, "version %u: it is notified", version);
    TEST(virtio_reset(&device) == 0 && !seen->ready, "version %u: a reset ends it", version);
    virtq_end(&queue);
}

static void test_far_queue(void)
{
    struct virtq queue;
    make(1, 0);
    virtio_begin(&device, VIRTIO_BLOCK);
    virtio_negotiate(&device, 0);
    virtq_begin(&queue, memory, UINT64_C(1) << 44, SIZE, 0);
    TEST(virtio_queue_start(&device, 0, &queue) == -EINVAL, "legacy: page numbers have 32 bits");
    virtq_end(&queue);
}

static void test_config(uint32_t version)
{
    uint8_t bytes[6];
    uint64_t word;
    uint16_t half;
    make(version, VIRTIO_VERSION_1);
    virtio_begin(&device, VIRTIO_BLOCK);
    for (unsigned i = 0; i < MODEL_CONFIG; i++)
        model.config[i] = (uint8_t)(7 * i);
    TEST(virtio_config_read(&device, 8, &word, 8) == 0 && !memcmp(&word, model.config + 8, 8),
         "version %u: a field of 8 bytes", version);
    TEST(virtio_config_read(&device, 6, &half, 2) == 0 && !memcmp(&half, model.config + 6, 2),
         "version %u: a field of 2 bytes", version);
    TEST(virtio_config_read(&device, 5, bytes, 6) == 0 && !memcmp(bytes, model.config + 5, 6),
         "version %u: six single bytes", version);
    model.config_changes = 3;
    TEST(virtio_config_read(&device, 0, &word, 8) == 0 && model.config_changes == 0 &&
             !memcmp(&word, model.config, 8),
         "version %u: a field that changes meanwhile is read again, as a whole", version);
    model.config_changes = 1000000;
    TEST(virtio_config_read(&device, 0, &word, 8) == -EPROTO,
         "version %u: one that changes without end is given up", version);
}

static void test_interrupts(void)
{
    make(2, VIRTIO_VERSION_1);
    virtio_begin(&device, VIRTIO_BLOCK);
    TEST(virtio_interrupts(&device) == 0, "no interrupt, no reason");
    TEST(!virtio_needs_reset(&device), "nor a reset that is needed");
    model_needs_reset(&model);
    TEST(virtio_interrupts(&device) == VIRTIO_INTERRUPT_CONFIGURATION, "a change is told");
    TEST(model.interrupts == 0, "and acknowledged");
    TEST(virtio_needs_reset(&device), "a reset is needed");
}

int main(void)
{
    test_not_begun();
    test_features();
    test_refused();
    for (uint32_t version = 1; version <= 2; version++) {
        test_begin(version);
        test_queue(version);
        test_config(version);
    }
    test_far_queue();
    test_interrupts();
    free(memory);
    return tap_done();
}
