/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network device: VIRTIO 1.2, section 5.1. Features, configuration and the two queues; what is
 * in the queues is the business of receive.c and send.c.
 */
#ifndef ANSER_SERVERS_VIRTIO_NET_DEVICE_H
#define ANSER_SERVERS_VIRTIO_NET_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "dma.h"
#include "virtio.h"
#include "virtq.h"

#define QUEUE_RECEIVE 0 /* 5.1.2 */
#define QUEUE_SEND    1
#define QUEUE_ENTRIES 256 /* at most */

/* 5.1.3, as masks. */
#define NET_CSUM       VIRTIO_FEATURE(0) /* the device completes checksums */
#define NET_GUEST_CSUM VIRTIO_FEATURE(1) /* the driver takes frames without one */
#define NET_MTU        VIRTIO_FEATURE(3)
#define NET_MAC        VIRTIO_FEATURE(5)
#define NET_GUEST_TSO4 VIRTIO_FEATURE(7) /* the driver takes large segments */
#define NET_GUEST_TSO6 VIRTIO_FEATURE(8)
#define NET_HOST_TSO4  VIRTIO_FEATURE(11) /* the device cuts large segments */
#define NET_HOST_TSO6  VIRTIO_FEATURE(12)
#define NET_MRG_RXBUF  VIRTIO_FEATURE(15) /* a frame may take several buffers */
#define NET_STATUS     VIRTIO_FEATURE(16)
#define NET_SPEED      VIRTIO_FEATURE(63)

/* 5.1.6: before each frame. */
struct net_header {
    uint8_t flags;
    uint8_t segment; /* gso_type */
    uint16_t header_size;
    uint16_t segment_size;
    uint16_t sum_start;
    uint16_t sum_offset;
    uint16_t buffers; /* only with MRG_RXBUF or VERSION_1 */
};

#define NET_HEADER_SUM_NEEDED 1
#define NET_HEADER_SUM_GOOD   2
#define NET_SEGMENT_ECN       0x80

struct device {
    const char *name; /* of the service, for messages */
    struct virtio virtio;
    struct virtq receive;
    struct virtq send;
    struct dma memory; /* the queues, then one struct net_header for each request of `send` */
    struct net_header *headers;
    uint64_t headers_physical;
    uint32_t header_length; /* 10 or 12 */
    bool header_apart;      /* it needs a descriptor of its own (2.7.4.3) */

    uint64_t address; /* MAC, as frame_address gives it */
    uint16_t mtu;
    bool link;
    uint32_t speed; /* Mbit/s, 0: unknown */
};

extern struct device device;

/* Takes the device over and reads what it is. Returns false, with a line on stdout: impossible. */
bool device_open(const char *name);

/*
 * Resets the device and begins with empty queues and the features that all clients have a use for,
 * and those of `taken` (GUEST_CSUM, GUEST_TSO4, ...), as far as they are offered. What was in the
 * queues is the caller's again. Ends the process if the device does not do it.
 */
void device_start(uint64_t taken);

/* Reads link state, MTU and speed. True: the link's state has changed. */
bool device_look(void);

/* Says what the device did wrong, and ends the process: init resets it and starts a successor. */
_Noreturn void device_broken(const char *what);

#endif
