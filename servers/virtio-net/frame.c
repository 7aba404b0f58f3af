/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum of a frame, RFC 1071. */
#include "frame.h"

/* In any order of bytes, as long as it is one (section 2 (B)). */
static uint16_t sum_bytes(const uint8_t *bytes, size_t length)
{
    uint64_t sum = 0;
    for (; length >= 2; bytes += 2, length -= 2) {
        uint16_t word;
        memcpy(&word, bytes, sizeof(word));
        sum += word;
    }
    if (length)
        sum += *bytes; /* little-endian: the byte that follows would be the upper one */
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

bool frame_sum(uint8_t *frame, size_t length, size_t start, size_t offset)
{
    if (start > length || offset + 2 > length - start)
        return false;
    uint16_t sum = sum_bytes(frame + start, length - start);
    /* 0 says "none" in UDP; the other zero is as good for all (RFC 768). */
    if (sum == 0)
        sum = 0xffff;
    memcpy(frame + start + offset, &sum, sizeof(sum));
    return true;
}
