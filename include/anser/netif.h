/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network interface protocol: Ethernet frames, by the services net0, net1, ...
 * (servers/virtio-net). The TCP/IP server is a client, `capture` another one.
 *
 * Frames lie in a region, memory that the server made for DMA and shares with one client. Buffers
 * of it are lent by descriptors in four rings (<anser/ring.h>): the device receives into a buffer
 * that the client lent and sends from one that the client filled. The default client's buffers are
 * those that the device receives into; frames for other clients are copied once into theirs, for
 * whose a frame is shows only when it is there. Who is the default client sees all frames for this
 * interface, so it needs a right (see NETIF_ATTACH).
 *
 * Restart: when the server has died, its clients' regions lead nowhere. The successor has news for
 * each client, and answers NETIF_KICK with -ESTALE until the client has
 * attached again. Frames that were in the rings are lost, as on a wire.
 */
#ifndef ANSER_NETIF_H
#define ANSER_NETIF_H

#include <stdint.h>
#include <anser/abi.h>
#include <anser/ring.h>

#define NETIF_ELEMENT 64

/*
 * NETIF_INFO -> struct netif_info. NETIF_STATISTICS index -> struct netif_statistics: 0: of the
 *   interface, 1: the asker's own.
 * NETIF_ATTACH: struct netif_attach, one handle, by which the client is told of frames and of room
 * (only while it waits for them: its word in the ring says so), and of news: the link has changed,
 * or it has to attach again. A signal's send handle gets NETIF_SIGNAL_* bits; a channel's a message
 * of one word, NETIF_NOTICE or NETIF_NEWS, without blocking: who has a full channel looks at its
 * rings before it waits, and news are sent again until they arrive. The answer is a struct
 * netif_attached and the region's handle. -EPERM: the handle's badge was not granted the mode;
 * -EBUSY: there is a default client already, or one of this EtherType; -ENOMEM, -EMFILE.
 * NETIF_KICK: looks at the client's rings. Returns at once. -ESTALE: not attached; -EPROTO: a ring
 * held what cannot be, and the client is attached no more. NETIF_DETACH: ends it, as does the end
 * of the client's last handle.
 */
#define NETIF_INFO       0x801
#define NETIF_STATISTICS 0x802
#define NETIF_ATTACH     0x803
#define NETIF_KICK       0x804
#define NETIF_DETACH     0x805

#define NETIF_NOTICE 0x880
#define NETIF_NEWS   0x881

#define NETIF_SIGNAL_NOTICE 1u
#define NETIF_SIGNAL_NEWS   2u

#define NETIF_FRAME_MAX                                                                            \
    1514                       /* without offloads: bytes, from the destination address on, no FCS \
                                */
#define NETIF_BUFFERS_MAX 1024 /* of each direction */
#define NETIF_CLIENTS_MAX 8
#define NETIF_REGION_MAX  (4u << 20) /* bytes, of buffers and rings */

/* netif_attach.mode */
#define NETIF_MODE_DEFAULT 1u /* everything for this interface that no other client takes */
#define NETIF_MODE_ETHERTYPE                                                                       \
    2u /* frames of one EtherType for this interface, and broadcasts of it */
#define NETIF_MODE_PROMISCUOUS 3u /* a copy of every frame, in and out; needs the right */

/* netif_info.flags */
#define NETIF_LINK_UP    1u
#define NETIF_CHECKSUM   2u /* the device sums what is sent with NETIF_SUM_NEEDED */
#define NETIF_SEGMENT_V4 4u /* it cuts large TCP segments over IPv4 */
#define NETIF_SEGMENT_V6 8u
#define NETIF_LARGE      16u /* it may deliver frames larger than NETIF_FRAME_MAX */

#ifndef __ASSEMBLER__
struct netif_info {
    int64_t status;
    uint8_t address[6]; /* MAC */
    uint16_t mtu;       /* bytes of an IP packet */
    uint32_t flags;
    uint32_t speed; /* Mbit/s, 0: unknown */
    uint32_t queue_size;
};

struct netif_statistics {
    int64_t status;
    uint64_t received; /* frames */
    uint64_t received_bytes;
    uint64_t sent;
    uint64_t sent_bytes;
    uint64_t dropped; /* received ones for which there was no buffer */
    uint64_t errors;
};

struct netif_attach {
    uint64_t type;
    uint32_t mode;
    uint32_t ethertype;   /* NETIF_MODE_ETHERTYPE */
    uint32_t receive;     /* buffers, a power of two, 1..NETIF_BUFFERS_MAX */
    uint32_t send;        /* likewise */
    uint32_t buffer_size; /* bytes of a buffer for sending: a power of two, 2048..65536 */
    uint32_t wants;       /* NETIF_CHECKSUM, NETIF_LARGE, ...: what the client can take, else 0 */
};

/*
 * Offsets in the region. Rings of struct netif_frame: `received` and `sent` are put in by the
 * server, `lend` and `send` by the client. In the beginning all buffers for receiving are lent
 * already, those for sending are the client's. Each ring has room for all buffers of its direction.
 * Buffer i of a direction lies at its base + i * its size.
 */
struct netif_attached {
    int64_t status;
    uint64_t size; /* of the region, bytes */
    uint32_t received;
    uint32_t lend;
    uint32_t send;
    uint32_t sent;
    uint32_t receive_buffers;
    uint32_t receive_buffer_size;
    uint32_t send_buffers;
    uint32_t flags; /* NETIF_*: what holds for this client */
};

/* netif_frame.flags */
#define NETIF_SUM_NEEDED                                                                           \
    1u                    /* the checksum at sum_start + sum_offset is that of the pseudo header */
#define NETIF_SUM_GOOD 2u /* received: the device has checked it */
#define NETIF_MORE     4u /* received: the frame goes on in the next entry */
#define NETIF_OUTGOING 8u /* NETIF_MODE_PROMISCUOUS: it was sent by this machine */

#define NETIF_SEGMENT_NONE 0
#define NETIF_SEGMENT_TCP4 1
#define NETIF_SEGMENT_TCP6 4

/* A frame in a buffer: `buffer` its index, the bytes from `offset` on. `lend` and `sent` use buffer
 * only. */
struct netif_frame {
    uint16_t buffer;
    uint16_t offset;
    uint32_t length;
    uint16_t flags;
    uint16_t sum_start;  /* from the frame's beginning */
    uint16_t sum_offset; /* from sum_start */
    uint16_t segment;    /* NETIF_SEGMENT_* */
    uint16_t segment_size;
    uint16_t header_size; /* of a frame that is to be cut: Ethernet, IP and TCP headers */
    uint32_t rest;        /* NETIF_MODE_PROMISCUOUS: bytes that had no room in the buffer; else 0 */
};
#endif

#endif
