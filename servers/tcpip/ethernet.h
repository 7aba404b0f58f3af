/* SPDX-License-Identifier: BSD-2-Clause */
/* The Ethernet interfaces: lwIP's netifs over the services net0, net1, ... (lib/netif.h). */
#ifndef ANSER_SERVERS_TCPIP_ETHERNET_H
#define ANSER_SERVERS_TCPIP_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>

#define ETHERNET_MAX 8

struct netif;

struct ethernet {
    struct netif *netif; /* lwIP's */
    struct netif_client *client;
    bool attached;
    /* Counters for `ip -s`. */
    uint64_t received;
    uint64_t received_bytes;
    uint64_t sent;
    uint64_t sent_bytes;
    uint64_t copied;  /* received frames that were copied, for buffers were scarce */
    uint64_t dropped; /* for want of memory, in either direction */
};

/* Attaches to all interfaces that the program was given; notices come to `receive`. Returns how
 * many there are. */
unsigned ethernet_begin(anser_handle receive);

/* The interface with this number, or NULL. */
struct ethernet *ethernet_at(unsigned index);

/* There are news of interface `index`: of its link, or of its server. */
void ethernet_news(unsigned index);

/* Hands what has been received to lwIP. */
void ethernet_receive(void);

/* Shows the devices what is to be sent. True: something has been received meanwhile. */
bool ethernet_flush(void);

/* Whether there is a buffer for sending again, on any interface. */
bool ethernet_has_room(void);

/* The checksums of what this netif receives next need no check. */
void ethernet_trust(struct netif *netif);

#endif
