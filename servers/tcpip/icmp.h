/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors on their way to the sockets whose packets they are about. lwIP has no use for them
 * but one, the path MTU of ICMPv6, and that one without a doubt; so what arrives comes by here
 * first, and what cannot be about a packet of ours is thrown away.
 */
#ifndef ANSER_SERVERS_TCPIP_ICMP_H
#define ANSER_SERVERS_TCPIP_ICMP_H

#include <stdbool.h>
#include "icmp_error.h"
#include <lwip/ip_addr.h>

struct pbuf;
struct netif;

struct icmp_report {
    const struct icmp_error *error;
    struct pbuf *message; /* from the type on; lwIP's */
    ip_addr_t own;        /* the address that the packet was sent from */
    ip_addr_t peer;       /* and where to */
    ip_addr_t by;         /* who says so */
};

/* One for each protocol. False: no socket has sent such a packet; then nothing was done. */
bool stream_report(const struct icmp_report *report);
bool datagram_report(const struct icmp_report *report);
bool echo_report(const struct icmp_report *report);

/* All connections with this peer send segments that fit into `mtu` bytes, 1,280 or more, also what
 * is under way. */
void path_shrink(const ip_addr_t *peer, unsigned mtu);

#endif
