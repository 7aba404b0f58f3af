/* SPDX-License-Identifier: BSD-2-Clause */
/* One queue, one request at a time: a buffer that the device fills. */
#include "device.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "dma.h"
#include "start.h"
#include "syscall.h"
#include "virtio.h"

#define NAME       "virtio" /* in the manifest */
#define QUEUE      0u       /* section 5.4.2 */
#define QUEUE_SIZE 8u

static struct virtio virtio;
static struct virtq queue;
static struct dma memory; /* of the queue, and behind it the buffer */
static uint8_t *buffer;
static uint8_t last[DEVICE_SEED];
static bool open, asked;

/* ---- Begin. ---------------------------------------------------------------------------------- */

static int start_queue(void)
{
    uint32_t most = virtio_queue_max(&virtio, QUEUE);
    unsigned size = most < QUEUE_SIZE ? most : QUEUE_SIZE;
    size_t bytes = virtq_bytes(size);
    if (size == 0)
        return -EPROTO;
    int error = dma_create(&memory, virtio.memory, bytes + DEVICE_SEED, false);
    if (error < 0)
        return error;
    buffer = memory.memory + bytes;
    error = virtq_begin(&queue, memory.memory, memory.physical, size, virtio.features);
    return error < 0 ? error : virtio_queue_start(&virtio, QUEUE, &queue);
}

int device_open(void)
{
    if (start_handle(NAME ".mmio") == 0)
        return -ENOENT;
    int error = virtio_open(&virtio, NAME, VIRTIO_ENTROPY);
    if (error == 0)
        error = virtio_negotiate(&virtio, VIRTIO_EVENT_IDX);
    if (error == 0)
        error = start_queue();
    if (error < 0)
        return error;
    virtio_ready(&virtio);
    sys_irq_ack(start_handle(NAME ".irq"));
    open = true;
    return 0;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

/* It is not asked any more; init resets it when this process ends. */
static int break_device(void)
{
    fprintf(stderr, "entropy: device broken: %s\n",
            queue.fault ? queue.fault : "it asks for a reset");
    open = false;
    virtio_reset(&virtio);
    return -EPROTO;
}

int device_ask(void)
{
    struct virtq_segment segment = {
        .physical = dma_physical(&memory, buffer), .length = DEVICE_SEED, .device_writes = true};
    if (!open)
        return -ENODEV;
    if (asked)
        return 0;
    memset(buffer, 0, DEVICE_SEED);
    int error = virtq_add(&queue, &segment, 1, 0);
    if (error < 0)
        return error == -EPROTO ? break_device() : error;
    asked = true;
    bool notify = virtq_publish(&queue);
    bool done = !virtq_wait(&queue);
    if (notify)
        virtio_notify(&virtio, QUEUE);
    return done;
}

/* A source that gives the same again, or one byte only, is none. The true one does that once in
 * 2^248 times. */
static bool is_plausible(const uint8_t *seed)
{
    bool differs = false;
    for (unsigned i = 1; i < DEVICE_SEED; i++)
        differs = differs || seed[i] != seed[0];
    return differs && memcmp(seed, last, DEVICE_SEED) != 0;
}

int device_take(uint8_t seed[DEVICE_SEED])
{
    uint16_t token;
    uint32_t written;
    if (!open)
        return -ENODEV;
    uint32_t why = virtio_interrupts(&virtio);
    sys_irq_ack(start_handle(NAME ".irq"));
    if ((why & VIRTIO_INTERRUPT_CONFIGURATION) && virtio_needs_reset(&virtio))
        return break_device();
    int taken = virtq_take(&queue, &token, &written);
    if (taken <= 0)
        return taken < 0 ? break_device() : 0;
    asked = false;
    memcpy(seed, buffer, DEVICE_SEED);
    memset(buffer, 0, DEVICE_SEED);
    if (written < DEVICE_SEED || !is_plausible(seed))
        return -EIO;
    memcpy(last, seed, DEVICE_SEED);
    return DEVICE_SEED;
}
