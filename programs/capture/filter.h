/* SPDX-License-Identifier: BSD-2-Clause */
/* Which frames are wanted: words that must all hold, as in `host 10.0.2.2 and tcp port 80`. */
#ifndef ANSER_PROGRAMS_CAPTURE_FILTER_H
#define ANSER_PROGRAMS_CAPTURE_FILTER_H

#include "packet.h"

/* Zeroed: everything is wanted. */
struct filter {
    bool by_ethertype;
    uint16_t ethertype;
    bool by_protocol;
    int protocol;
    unsigned host_length; /* 0, 4, 16 */
    uint8_t host[16];
    bool by_port;
    uint16_t port;
};

/*
 * Reads `count` words: ip, ip6, arp, tcp, udp, icmp, icmp6, ether 0xTYPE, host ADDRESS, port
 * NUMBER; "and" between them means nothing. Returns NULL, or the word that is not understood.
 */
const char *filter_read(struct filter *filter, int count, char *const *words);

bool filter_wants(const struct filter *filter, const struct packet *packet);

#endif
