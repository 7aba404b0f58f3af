/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ethernet frames: to whom they are, what they carry, and the Internet checksum (RFC 1071) where
 * one is missing. Pure. The bytes may lie in shared memory: each is read once, and nothing that is
 * read is an index.
 */
#ifndef ANSER_SERVERS_VIRTIO_NET_FRAME_H
#define ANSER_SERVERS_VIRTIO_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_HEADER 14 /* bytes: destination, source, EtherType */

#define FRAME_GROUP 1u /* in the first byte of the destination: multicast or broadcast */

/* Addresses as numbers: 6 bytes in the order in which they lie. */
static inline uint64_t frame_address(const uint8_t *bytes)
{
    uint32_t low;
    uint16_t high;
    memcpy(&low, bytes, sizeof(low));
    memcpy(&high, bytes + sizeof(low), sizeof(high));
    return low | (uint64_t)high << 32;
}

static inline uint16_t frame_ethertype(const uint8_t *frame)
{
    return (uint16_t)(frame[12] << 8 | frame[13]);
}

/* Whether one who has this address is meant; groups are for everybody. */
static inline bool frame_is_for(uint64_t destination, uint64_t address)
{
    return (destination & FRAME_GROUP) || destination == address;
}

/*
 * Completes a checksum over the bytes from `start` to the end: the two bytes at start + offset hold
 * the sum of the pseudo header. Returns false, with nothing written, if they do not lie in the
 * frame.
 */
bool frame_sum(uint8_t *frame, size_t length, size_t start, size_t offset);

#endif
