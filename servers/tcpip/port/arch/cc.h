/* SPDX-License-Identifier: BSD-2-Clause */
/* lwIP's view of the compiler and the machine. */
#ifndef ANSER_TCPIP_PORT_ARCH_CC_H
#define ANSER_TCPIP_PORT_ARCH_CC_H

#include <stdint.h>

#define BYTE_ORDER LITTLE_ENDIAN

/* The C library's ssize_t is a type, which lwIP, looking for SSIZE_MAX, would define again. */
#include <sys/types.h>
#define SSIZE_MAX INT64_MAX

/* From seeds of the entropy service (seed.c). */
uint32_t seed_random(void);
#define LWIP_RAND() seed_random()

/* Inline: lwIP's are functions, and libgcc's are, too. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
static inline uint16_t cc_swap_16(uint16_t x)
{
    return (uint16_t)(x << 8 | x >> 8);
}
static inline uint32_t cc_swap_32(uint32_t x)
{
    return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}
#define lwip_htons(x) cc_swap_16(x)
#define lwip_htonl(x) cc_swap_32(x)

/*
 * What lwIP says (never in a server that works), and its assertions: they guard against bugs of
 * lwIP and of ours, not against the network, and some of them a frame can trigger. The server goes
 * on, as lwIP does with LWIP_NOASSERT; a build for the fuzzer stops.
 */
#ifdef TCPIP_FUZZ
#include <stdio.h>
#include <stdlib.h>
#define LWIP_PLATFORM_ASSERT(text) (printf("%s\n", text), abort())
#else
#define LWIP_NOASSERT
#define LWIP_PLATFORM_ASSERT(text)
#endif
#define LWIP_PLATFORM_DIAG(text)

/* Fields of headers lie at odd places of a frame; the compiler is told (build.mk). */
#define PACK_STRUCT_BEGIN
#define PACK_STRUCT_STRUCT __attribute__((packed))
#define PACK_STRUCT_END
#define PACK_STRUCT_FIELD(x) x

/* sum.c: by words of 64 bits. */
uint16_t sum_bytes(const void *data, int length);
#define LWIP_CHKSUM sum_bytes

#endif
