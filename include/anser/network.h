/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of the network, asked of the service `tcpip` on the same handle as sockets
 * (<anser/socket.h>); no session is needed. Requests and answers fit into registers.
 */
#ifndef ANSER_NETWORK_H
#define ANSER_NETWORK_H

#include <stdint.h>
#include <anser/abi.h>
#include <anser/socket.h>

/*
 * Lists are asked for by index, from 0 on; -ENOENT: there are no more.
 * NETWORK_INTERFACE index -> struct network_interface.
 * NETWORK_ADDRESS index, `of` the index of an interface -> struct network_address.
 * NETWORK_ROUTE index -> struct network_route.
 * NETWORK_RESOLVER index -> struct network_address: a DNS server.
 * NETWORK_COUNTER index, `of`: an interface's index or NETWORK_OF_* -> struct network_counter.
 * NETWORK_CONNECTION index -> struct network_connection. Sockets may come and go meanwhile.
 * NETWORK_CONFIGURE: struct network_configure -> 0. -EPERM: needs the badge bit INIT_BADGE_CONTROL
 *   (a line `control tcpip` in the manifest); -ENODEV: no such interface; -EINVAL.
 */
#define NETWORK_INTERFACE  0x921
#define NETWORK_ADDRESS    0x922
#define NETWORK_ROUTE      0x923
#define NETWORK_RESOLVER   0x924
#define NETWORK_COUNTER    0x925
#define NETWORK_CONNECTION 0x926
#define NETWORK_CONFIGURE  0x927

#define NETWORK_UP        1u
#define NETWORK_LINK      2u
#define NETWORK_LOOPBACK  4u
#define NETWORK_BROADCAST 8u
#define NETWORK_DHCP      16u /* asks for its address, or has it so */
#define NETWORK_LEASED    32u /* has one from DHCP */

#define NETWORK_OF_IP    0x100u
#define NETWORK_OF_IP6   0x101u
#define NETWORK_OF_ICMP  0x102u
#define NETWORK_OF_UDP   0x103u
#define NETWORK_OF_TCP   0x104u
#define NETWORK_OF_STACK 0x105u /* memory of the server: used, at most, refused */

/* NETWORK_CONFIGURE: what is to be done. */
#define NETWORK_SET_UP       1 /* value: 1 up, 0 down */
#define NETWORK_SET_DHCP     2 /* value: 1 begins, or renews; 0 gives the lease back */
#define NETWORK_SET_ADDRESS  3 /* address; value: bits of the prefix. Ends DHCP for IPv4 */
#define NETWORK_SET_GATEWAY  4 /* address, IPv4 */
#define NETWORK_SET_RESOLVER 5 /* address; value: which, 0 or 1 */
#define NETWORK_SET_SNTP     6 /* address of a time server; family 0: no more */

/* network_connection.state */
#define NETWORK_STATE_NONE        0 /* datagrams */
#define NETWORK_STATE_LISTEN      1
#define NETWORK_STATE_SYN_SENT    2
#define NETWORK_STATE_SYN_RCVD    3
#define NETWORK_STATE_ESTABLISHED 4
#define NETWORK_STATE_FIN_WAIT_1  5
#define NETWORK_STATE_FIN_WAIT_2  6
#define NETWORK_STATE_CLOSE_WAIT  7
#define NETWORK_STATE_CLOSING     8
#define NETWORK_STATE_LAST_ACK    9
#define NETWORK_STATE_TIME_WAIT   10

#ifndef __ASSEMBLER__
struct network_query {
    uint64_t type;
    uint32_t index;
    uint32_t of;
};

struct network_interface {
    int64_t status;
    char name[8];
    uint8_t hardware[6]; /* MAC */
    uint16_t mtu;
    uint32_t flags;  /* NETWORK_UP, ... */
    uint32_t number; /* what `zone` of an address means; from 1 on */
    uint64_t rest[4];
};

struct network_address {
    int64_t status;
    struct socket_address address;
    uint32_t prefix;    /* bits */
    uint32_t tentative; /* 1: not yet known to be nobody else's */
    uint64_t rest[3];
};

struct network_route {
    int64_t status;
    struct socket_address to; /* port: bits of the prefix */
    struct socket_address
        by; /* the gateway; family NONE: directly. port: number of the interface */
    uint64_t rest;
};

struct network_counter {
    int64_t status;
    char name[24]; /* NUL-terminated */
    uint64_t value;
    uint64_t rest[3];
};

struct network_connection {
    int64_t status;
    struct socket_address own;
    struct socket_address peer; /* FAMILY_NONE: none */
    uint8_t kind;               /* SOCKET_STREAM, ... */
    uint8_t state;              /* NETWORK_STATE_* */
    uint16_t zero;
    uint32_t unsent; /* bytes that the peer has not acknowledged */
};

struct network_configure {
    uint64_t type;
    uint32_t interface; /* its index */
    uint32_t what;      /* NETWORK_SET_* */
    uint64_t value;
    struct socket_address address;
};

_Static_assert(sizeof(struct network_interface) == ANSER_REGISTER_BYTES, "travels in registers");
_Static_assert(sizeof(struct network_address) == ANSER_REGISTER_BYTES, "likewise");
_Static_assert(sizeof(struct network_route) == ANSER_REGISTER_BYTES, "likewise");
_Static_assert(sizeof(struct network_counter) == ANSER_REGISTER_BYTES, "likewise");
_Static_assert(sizeof(struct network_connection) == ANSER_REGISTER_BYTES, "likewise");
_Static_assert(sizeof(struct network_configure) <= ANSER_REGISTER_BYTES, "likewise");
#endif

#endif
