/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071) by words of 64 bits, and copying with it. Any alignment; what is
 * summed may stand in memory that somebody else writes to. */
#ifndef ANSER_SERVERS_TCPIP_SUM_H
#define ANSER_SERVERS_TCPIP_SUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of the 16-bit words as they lie in memory, folded, not complemented; an odd last byte
 * counts as if a zero followed. */
uint16_t sum_bytes(const void *data, int length);

/* Copies, and returns the same sum of what was copied. */
uint16_t sum_copy(void *to, const void *from, size_t length);

/* Adds two sums; the second one is of bytes that begin at an odd place if `odd`. */
static inline uint16_t sum_join(uint16_t a, uint16_t b, size_t odd)
{
    uint32_t sum = (uint32_t)a + (odd & 1 ? (uint32_t)(uint16_t)(b << 8 | b >> 8) : b);
    return (uint16_t)(sum + (sum >> 16));
}

#endif
