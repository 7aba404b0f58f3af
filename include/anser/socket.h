/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket protocol: TCP, UDP and ICMP echo, by the service `tcpip` (servers/tcpip). lib/socket.h
 * is the client side, for programs in C and for the Linux personality.
 *
 * What is done rarely are calls. Bytes go through rings (<anser/ring.h>) in shared pages that the
 * client makes and pays for, an area; where in it a socket's slot lies is the client's affair. A
 * slot is a struct socket_slot, then the bytes of the ring for receiving, then those for sending.
 * For streams the rings hold the bytes themselves; for datagrams a struct socket_datagram before
 * each, padded to 8 bytes.
 *
 * The server sets a ring's `waits` when it wants a SOCKET_KICK: for what is put in while it had
 * nothing to send, or for what is taken out while it had no room to receive. The client sets its
 * own when it wants a signal. Changes of `state` are signalled always. The word that is sent is 1
 * << (socket % SOCKET_SIGNAL_BITS).
 *
 * Restart: the successor sends SOCKET_SIGNAL_LOST to each session, and answers -ESTALE to all but
 * SOCKET_ATTACH. Connections are gone (-ECONNRESET); who attaches again makes its areas known again
 * and opens, binds and listens again. The library does that for listeners and datagram sockets.
 *
 * Errors are Linux's numbers. Addresses: IPv4 as the first 4 bytes, the other 12 zero; ports are in
 * the host's order.
 */
#ifndef ANSER_SOCKET_H
#define ANSER_SOCKET_H

#include <stdint.h>
#include <anser/abi.h>
#include <anser/ring.h>

#define SOCKET_ELEMENT 64      /* every request and answer travels in registers */
#define SOCKET_SERVICE "tcpip" /* the name, also of the start handle */

/*
 * SOCKET_ATTACH, one handle (a signal's send handle): begins the session of the asker's badge; an
 *   earlier one of it ends, with all its sockets.
 * SOCKET_AREA, one handle (shared pages; READ, WRITE) -> number of the area. -EINVAL: no shared
 * pages; -EMFILE: SOCKET_AREAS_MAX; -ENOMEM. SOCKET_OPEN: struct socket_open -> number of the
 * socket. Nobody else uses the slot until the socket is closed and drained. -EINVAL: slot not in
 * the area, or of impossible size; -EAFNOSUPPORT, -EPROTONOSUPPORT; -ENOBUFS, -EMFILE. SOCKET_BIND:
 * struct socket_name -> 0. -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL: bound already. SOCKET_CONNECT:
 * struct socket_name -> 0: done (datagrams: the peer is set; AF unspecified: unset), or
 *   -EINPROGRESS: `state` tells. -EISCONN, -EALREADY, -ENETUNREACH.
 * SOCKET_LISTEN: struct socket_value, the backlog -> 0. Binds to a free port if it has none.
 * SOCKET_ACCEPT: struct socket_open, with `listener` -> number of the new socket; the answer is a
 *   struct socket_answer with the peer. -EAGAIN: none waits.
 * SOCKET_SHUTDOWN: struct socket_value: 0: receiving, 1: sending, 2: both. What was put in before
 * is sent. SOCKET_CLOSE: struct socket_value -> 0: the slot is the client's again; 1: what is in
 * its ring is still being sent, state SOCKET_DRAINED says when it is. SOCKET_NAME: struct
 * socket_value: 0: own address, 1: the peer's -> struct socket_answer. -ENOTCONN. SOCKET_SET,
 * SOCKET_GET: struct socket_option -> 0, struct socket_answer with the value. -ENOPROTOOPT.
 * SOCKET_KICK: struct socket_value, the socket. Returns at once.
 * SOCKET_RESOLVE: struct socket_resolve -> number of addresses. The name lies in an area, and so
 * many struct socket_address take its place. Addresses as text resolve too. -EINPROGRESS: name
 * servers are being asked; the same request again, some milliseconds later, gets their answer.
 * -ENOENT: no such name; -ETIMEDOUT, -ENETUNREACH (there is no name server), -EAGAIN (too many
 * questions at a time), -EINVAL.
 */
#define SOCKET_ATTACH   0x901
#define SOCKET_AREA     0x902
#define SOCKET_OPEN     0x903
#define SOCKET_BIND     0x904
#define SOCKET_CONNECT  0x905
#define SOCKET_LISTEN   0x906
#define SOCKET_ACCEPT   0x907
#define SOCKET_SHUTDOWN 0x908
#define SOCKET_CLOSE    0x909
#define SOCKET_NAME     0x90a
#define SOCKET_SET      0x90b
#define SOCKET_GET      0x90c
#define SOCKET_KICK     0x90d
#define SOCKET_RESOLVE  0x90e

#define SOCKET_AREAS_MAX   64         /* of a session */
#define SOCKET_AREA_MAX    (4u << 20) /* bytes */
#define SOCKET_MAX         1024       /* of a session */
#define SOCKET_RING_MIN    4096u      /* bytes of one ring; a power of two */
#define SOCKET_RING_MAX    (1u << 20)
#define SOCKET_SLOT_HEADER 512u /* bytes before the bytes of the rings; slots are aligned to it */

/* Bytes of a TCP segment, at most: whole words, for the reason that docs/network.md gives. */
#define SOCKET_SEGMENT 1456

#define SOCKET_SIGNAL_BITS 63
#define SOCKET_SIGNAL_LOST (1ul << 63)

#define SOCKET_FAMILY_NONE 0
#define SOCKET_FAMILY_4    4
#define SOCKET_FAMILY_6    6

#define SOCKET_STREAM   1
#define SOCKET_DATAGRAM 2
#define SOCKET_ECHO     3 /* ICMP and ICMPv6 echo: datagrams are such messages, from the type on */

/*
 * ICMP errors about what a socket has sent, as on Linux. A connection that is being opened FAILS by
 * them; one that is open goes on, and if its peer never answers the last one says why. A datagram
 * or echo socket that is connected gets those that trying again does not help against, as a pending
 * error: `error` of its slot without SOCKET_FAILED, which the client sets back to 0 when it has
 * told it. An echo socket with SOCKET_OPTION_ERRORS receives the messages themselves instead.
 */

/* socket_slot.state, written by the server */
#define SOCKET_CONNECTING    1u
#define SOCKET_CONNECTED     2u
#define SOCKET_LISTENING     4u
#define SOCKET_RECEIVE_ENDED 8u  /* the peer sends no more; what is in the ring can be taken */
#define SOCKET_SEND_ENDED    16u /* nothing can be sent any more */
#define SOCKET_FAILED        32u /* `error` says why */
#define SOCKET_DRAINED       64u /* closed, and the server does not touch the slot any more */

#define SOCKET_NAME_MAX    253 /* bytes of a name to be resolved */
#define SOCKET_RESOLVE_MAX 8   /* addresses of one name that are told */

/* Options; values are 64 bits. */
#define SOCKET_OPTION_NO_DELAY      1
#define SOCKET_OPTION_KEEP_ALIVE    2
#define SOCKET_OPTION_KEEP_IDLE     3 /* seconds, likewise the next */
#define SOCKET_OPTION_KEEP_INTERVAL 4
#define SOCKET_OPTION_KEEP_COUNT    5
#define SOCKET_OPTION_REUSE_ADDRESS 6
#define SOCKET_OPTION_BROADCAST     7
#define SOCKET_OPTION_ONLY_6        8 /* an IPv6 socket takes no IPv4 (default 0) */
#define SOCKET_OPTION_HOPS          9 /* TTL, hop limit */
#define SOCKET_OPTION_SERVICE_TYPE  10
#define SOCKET_OPTION_JOIN          11 /* `address`: a multicast group */
#define SOCKET_OPTION_LEAVE         12
#define SOCKET_OPTION_LINGER        13 /* seconds + 1; 0: off; 1: close resets the connection */
#define SOCKET_OPTION_GROUP_HOPS    14 /* TTL of datagrams to multicast groups, 0..255; else 1 */
#define SOCKET_OPTION_ERRORS        15 /* echo: receives ICMP errors about its requests, too */

#ifndef __ASSEMBLER__
struct socket_address {
    uint8_t family; /* SOCKET_FAMILY_* */
    uint8_t zone;   /* interface number of a link-local address, else 0 */
    uint16_t port;
    uint32_t zero;
    uint8_t bytes[16];
};

struct socket_slot {
    uint32_t state;
    uint32_t error;   /* errno of SOCKET_FAILED, or a pending one */
    uint32_t waiting; /* SOCKET_LISTENING: connections to be accepted */
    uint8_t rest[52];
    struct ring_shared receive; /* the server puts in */
    struct ring_shared send;    /* the client puts in */
};

struct socket_datagram {
    uint32_t length; /* bytes behind this, padding apart */
    uint32_t zero;
    struct socket_address peer; /* from whom, or to whom; FAMILY_NONE: the connected one */
};

struct socket_open {
    uint64_t type;
    uint32_t listener; /* SOCKET_ACCEPT */
    uint8_t family;
    uint8_t kind; /* SOCKET_STREAM, ... */
    uint16_t area;
    uint32_t offset; /* of the slot, in the area */
    uint32_t receive_bytes;
    uint32_t send_bytes;
};

struct socket_name {
    uint64_t type;
    uint64_t socket;
    struct socket_address address;
};

struct socket_value {
    uint64_t type;
    uint64_t socket;
    uint64_t value;
};

struct socket_option {
    uint64_t type;
    uint32_t socket;
    uint32_t option;
    uint64_t value;
    struct socket_address address;
};

struct socket_answer {
    int64_t status;
    uint64_t value;
    struct socket_address address;
};

struct socket_resolve {
    uint64_t type;
    uint16_t area;
    uint8_t family; /* 0: both */
    uint8_t zero;
    uint32_t offset; /* of the name, and then of the addresses; a multiple of 8 */
    uint32_t length; /* of the name, without NUL, 1..SOCKET_NAME_MAX */
    uint32_t room;   /* bytes there that the server may write to */
};

_Static_assert(sizeof(struct socket_slot) <= SOCKET_SLOT_HEADER, "the rings' bytes come behind it");
_Static_assert(sizeof(struct socket_option) <= ANSER_REGISTER_BYTES, "travels in registers");
#endif

#endif
