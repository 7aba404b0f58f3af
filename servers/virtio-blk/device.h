/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device of virtio: requests go in, and come out as they end, in any order. The sections
 * named are those of the virtio specification 1.2. What the device says is not believed:
 * lib/virtq.h checks what it returns, and what cannot be ends in -EPROTO.
 */
#ifndef ANSER_VIRTIO_BLK_DEVICE_H
#define ANSER_VIRTIO_BLK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/block.h>

#define DEVICE_OP_SERIAL 16 /* beside BLOCK_OP_*: device_serial has the answer then */
#define DEVICE_SERIAL    20 /* bytes of it, 5.2.6 */

/* One request. The device reads or writes `bytes` at `physical`, one piece of memory that stays
 * where it is until device_take has returned the request. */
struct device_request {
    uint32_t operation;
    uint64_t sector;
    uint64_t physical;
    uint64_t bytes;
    void *owner; /* this and the cookie are the caller's */
    uint64_t cookie;
};

/*
 * Takes the device that init handed over as NAME.mmio, resets it and negotiates. Returns 0 and, in
 * *memory, the handle that DMA memory is made with; or -errno. What it is like is in device_info
 * from then on, its serial number in device_serial once the request for it is done.
 */
int device_open(const char *name, anser_handle *memory);

extern struct block_info device_info;
extern char device_serial[DEVICE_SERIAL];
extern bool device_serial_known;

/* How many requests it takes now. */
unsigned device_room(void);

/* Puts a request in; there has to be room. It is the device's after device_start. */
void device_submit(const struct device_request *request);

/* Lets the device begin with all that was put in since the last time. */
void device_start(void);

/*
 * The next request that is done, valid until the next one is submitted, and what became of it: 0,
 * -EIO, -EOPNOTSUPP. Returns 1, 0 if there is none, or -EPROTO: the device did what cannot be, and
 * cannot be used any more.
 */
int device_take(const struct device_request **request, int *status);

/* Acknowledges an interrupt. If the configuration may have changed, the capacity is read again, the
 * only part that may. Returns 0, or -EPROTO: the device cannot be used any more. */
int device_interrupt(void);

/* After an -EPROTO of the device: a line that says what it did. */
void device_report(const char *name);

/* Asks for an interrupt when the next request is done; false: one is done already. */
bool device_wait(void);

#endif
