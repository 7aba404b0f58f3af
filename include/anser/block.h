/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block protocol: disks, by the services disk0, disk1, ... (servers/virtio-blk).
 *
 * Small requests are calls, as with every server. Data goes through a region, memory that the
 * server made for DMA and shares with one client: the device reads and writes it in place. In the
 * same region lie two rings (<anser/ring.h>): requests, which the client puts in, and completions,
 * which the server puts in, in the order in which they end. Sectors are of BLOCK_SECTOR bytes.
 *
 * Restart: when the server has died, rings and region of its clients lead nowhere. The successor
 * wakes each client by its signal, and answers BLOCK_KICK with -ESTALE until the client has
 * attached again; a client whose call was being served gets -EPIPE, and attaches. If it asks for a
 * region of the same size, it gets the one that it had, and its data is still there. What was
 * completed stays so, and what was flushed is on the medium. What was not completed may have been
 * done or not: reads, writes, write-zeroes and discards can be made again, and the library does so.
 */
#ifndef ANSER_BLOCK_H
#define ANSER_BLOCK_H

#include <stdint.h>
#include <anser/abi.h>
#include <anser/ring.h>

#define BLOCK_ELEMENT 64 /* element size of its channel */
#define BLOCK_SECTOR  512

/*
 * BLOCK_INFO -> struct block_info. BLOCK_SERIAL -> the serial number, up to 48 bytes, no NUL.
 * BLOCK_STATISTICS -> struct block_statistics.
 * BLOCK_ATTACH: struct block_attach, one handle: a signal's send handle; bit 0 is sent when a
 *   completion was put in while the client waits, and when a successor wants it to attach again.
 * The answer is a struct block_attached and the region's handle (READ, WRITE, TRANSFER, DUP). A
 * client that attaches again loses the earlier region's rings: what was not completed there may
 * still touch that region, but is told nowhere. -EINVAL; -ENOMEM: smaller, please; -EMFILE: too
 * many clients. BLOCK_KICK: looks at the client's requests, when they were put in while the server
 * waits. Returns at once; also wakes nobody. -ESTALE: not attached; -EPROTO: a count in the ring
 * was not possible, and the client is attached no more.
 */
#define BLOCK_INFO       0x701
#define BLOCK_SERIAL     0x702
#define BLOCK_STATISTICS 0x703
#define BLOCK_ATTACH     0x704
#define BLOCK_KICK       0x705

#define BLOCK_REGION_MAX  0x3f0000 /* bytes of data a client; contiguous, with its rings */
#define BLOCK_ENTRIES_MAX 256      /* of each ring */
/* Bytes of one request; longer ones are cut by the library. */
#define BLOCK_REQUEST_MAX (1u << 20)

/* block_info.flags */
#define BLOCK_READ_ONLY    1u
#define BLOCK_CAN_FLUSH    2u
#define BLOCK_CAN_DISCARD  4u
#define BLOCK_CAN_ZERO     8u
#define BLOCK_HAS_GEOMETRY 16u

#ifndef __ASSEMBLER__
struct block_info {
    int64_t status;
    uint64_t sectors; /* capacity; may change at any time, nothing else here does */
    uint32_t flags;
    uint32_t request_max;       /* bytes of one read or write */
    uint32_t block_size;        /* bytes that the medium writes best; a multiple of BLOCK_SECTOR */
    uint32_t range_sectors_max; /* of one discard or write-zeroes; 0: it has neither */
    uint16_t cylinders;
    uint8_t heads;
    uint8_t sectors_per_track;
    uint32_t queue_size; /* requests in flight at a time, of all clients */
};

struct block_statistics {
    int64_t status;
    uint64_t reads; /* completed without an error, as all here but the last */
    uint64_t read_bytes;
    uint64_t writes;
    uint64_t written_bytes;
    uint64_t others; /* flushes, discards, write-zeroes */
    uint64_t errors;
};

struct block_attach {
    uint64_t type;
    uint64_t bytes;   /* of data, 1..BLOCK_REGION_MAX; rounded up to pages */
    uint64_t entries; /* of each ring, a power of two, 1..BLOCK_ENTRIES_MAX */
};

/* Offsets in the region. Each ring: struct ring_shared, its entries right behind it. */
struct block_attached {
    int64_t status;
    uint64_t size; /* of the region, bytes */
    uint32_t requests;
    uint32_t completions;
    uint32_t data;
    uint32_t data_size;
    uint32_t kept; /* 1: the same memory as before, with what is in the data area */
    uint32_t unused;
};

/* Operations. READ, WRITE: `bytes` (a multiple of BLOCK_SECTOR, up to request_max) at `offset` of
 * the data area, a multiple of 8. FLUSH: what was completed before it is put in is on the medium
 * when it is completed. DISCARD, ZERO: `bytes` as well, up to range_sectors_max sectors; no data.
 */
#define BLOCK_OP_READ    0
#define BLOCK_OP_WRITE   1
#define BLOCK_OP_FLUSH   2
#define BLOCK_OP_DISCARD 3
#define BLOCK_OP_ZERO    4

struct block_request {
    uint64_t sector;
    uint64_t cookie; /* comes back with the completion */
    uint32_t operation;
    uint32_t offset;
    uint64_t bytes;
};

/* status: 0 or -errno: -EIO (of the device), -EROFS, -EINVAL (the request is wrong; sectors beyond
 * the end included), -EOPNOTSUPP. */
struct block_completion {
    uint64_t cookie;
    int64_t status;
};
#endif

#endif
