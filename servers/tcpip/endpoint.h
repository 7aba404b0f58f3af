/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket of a client. What its slot holds is shared with the client and can hold anything; what
 * is true stands here. The kinds are in stream.c, datagram.c and echo.c.
 */
#ifndef ANSER_SERVERS_TCPIP_ENDPOINT_H
#define ANSER_SERVERS_TCPIP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/socket.h>
#include "ring.h"
#include "session.h"
#include <lwip/ip_addr.h>

#define SOCKET_HELD_MAX 48 /* pbufs that found no room in the ring */

struct pbuf;
struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;

struct endpoint {
    struct session *session; /* NULL: its client has gone */
    struct area *area;       /* where the slot is; NULL: not accepted yet */
    struct socket_slot *slot;
    uint32_t number; /* in the session */
    uint32_t state;  /* what slot->state should say */
    struct ring receive;
    struct ring send;
    uint8_t family;
    uint8_t kind;
    bool only_6;
    bool closing; /* the client has let go of it, what it wrote is being sent */

    union {
        struct tcp_pcb *tcp; /* NULL: lwIP has done with it */
        struct udp_pcb *udp;
        struct raw_pcb *raw;
    };

    /* Streams. */
    uint32_t queued; /* bytes of the send ring that lwIP has, and the peer has not acknowledged */
    bool listens;
    bool ends;          /* no more is to be sent after what is in the ring */
    bool ended;         /* and lwIP knows */
    bool peer_ended;    /* the peer sends no more; it may still be held */
    bool receive_shut;  /* what is received is thrown away */
    uint8_t idle_polls; /* of a socket that is closing, without progress */
    uint32_t linger;
    int soft_error;            /* what an ICMP error said since something was acknowledged last */
    struct socket_address own; /* of a connection that lwIP has done with */
    unsigned held_count;       /* received, and not in the ring yet */
    struct pbuf *held[SOCKET_HELD_MAX];
    bool due; /* stream_receive is to be called: it stands in the list of stream_receive.c */
    struct endpoint *next_due;

    /* A listener's connections that wait to be accepted, and their places there. */
    struct endpoint *listener;
    struct endpoint *first_waiting;
    struct endpoint *next_waiting;
    uint32_t waiting;

    /* Echo. */
    uint16_t echo_id;
    ip_addr_t echo_peer; /* of SOCKET_CONNECT */
    bool echo_connected;
    bool echo_one;    /* its peer is one machine: answers of others are not for it */
    bool echo_errors; /* it receives ICMP errors, too */
};

/* ---- Requests; all return >= 0 or -errno. ---------------------------------------------------- */

/* SOCKET_OPEN and SOCKET_ACCEPT (then *peer is told). */
int64_t endpoint_open(struct session *session, const struct socket_open *asked);
int64_t endpoint_accept(struct session *session, const struct socket_open *asked,
                        struct socket_address *peer);

/* The socket with this number that its client has not closed, or NULL. */
struct endpoint *endpoint_find(struct session *session, uint64_t number);

int64_t endpoint_bind(struct endpoint *socket, const struct socket_address *address);
int64_t endpoint_connect(struct endpoint *socket, const struct socket_address *address);
int64_t endpoint_shutdown(struct endpoint *socket, uint64_t how);
int64_t endpoint_close(struct endpoint *socket);
int64_t endpoint_name(struct endpoint *socket, bool peer, struct socket_address *name);
void endpoint_kick(struct endpoint *socket);

/* ---- For the kinds. -------------------------------------------------------------------------- */

/* A socket without slot; NULL: there are too many. */
struct endpoint *endpoint_make(struct session *session, uint8_t family, uint8_t kind);

/* It is gone, and its slot the client's again. */
void endpoint_free(struct endpoint *socket);

/* Adds to `state`, and tells the client. */
void endpoint_show(struct endpoint *socket, uint32_t state);

/* Likewise, with an error (an errno). */
void endpoint_fail(struct endpoint *socket, int error);

/* Of a datagram or echo socket: an error that its client is told once, and the socket goes on. */
void endpoint_pend(struct endpoint *socket, int error);

/* Tells the client without a change of state. */
void endpoint_tell(struct endpoint *socket);

/* Its client has gone: sends what was written, then it ends. */
void endpoint_orphan(struct endpoint *socket);

/* Number of sockets of all clients. */
unsigned endpoint_count(void);

#endif
