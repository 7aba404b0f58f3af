/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP and ICMPv6 errors (RFC 792, RFC 4443): which packet one is about, and what it says. All of
 * it comes from a stranger: what is read here may be a forgery, and whoever uses it asks whether
 * such a packet was sent at all.
 */
#ifndef ANSER_LIB_ICMP_ERROR_H
#define ANSER_LIB_ICMP_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/socket.h>

#define ICMP_ERROR_BYTES 76 /* of a message, from its type on: no more are looked at */

/* The protocol of the packet that is quoted. */
#define ICMP_ERROR_TCP  6
#define ICMP_ERROR_UDP  17
#define ICMP_ERROR_ECHO 1 /* an echo request, also of ICMPv6 */

struct icmp_error {
    const char *text; /* "destination host unreachable" */
    uint16_t number;  /* the errno that it means to a socket; 0: none */
    bool hard;        /* trying again is of no use */
    uint8_t protocol; /* ICMP_ERROR_* */
    uint32_t mtu;     /* bytes that fit on the path, if that is what it says; else 0 */

    /* Addresses and ports of the packet; of an echo request the identifier as from.port. */
    struct socket_address from;
    struct socket_address to;
    uint32_t sequence; /* of the segment, or of the echo request */
};

/* Reads a message from its type on; family: SOCKET_FAMILY_4 or _6. Its checksum is not looked at.
 * False: it is no error, or quotes too little, a later fragment, or another protocol. */
bool icmp_error_read(struct icmp_error *error, uint8_t family, const uint8_t *message,
                     size_t length);

#endif
