/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP: between lwIP's pcbs and the rings of sockets. */
#ifndef ANSER_SERVERS_TCPIP_DATAGRAM_H
#define ANSER_SERVERS_TCPIP_DATAGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"

/* All return 0 or -errno. */
int64_t datagram_begin(struct endpoint *socket);
int64_t datagram_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t port);
int64_t datagram_connect(struct endpoint *socket, const ip_addr_t *address, uint16_t port);
int64_t datagram_disconnect(struct endpoint *socket);
int64_t datagram_name(struct endpoint *socket, bool peer, struct socket_address *name);
void datagram_close(struct endpoint *socket);

/* Sends what is in the ring. */
void datagram_send_all(struct endpoint *socket);

/* For echo.c as well. ------------------------------------------------------------------------- */

/* Puts a datagram (`length` bytes of the pbuf, from `offset` on) into the ring; without room it is
 * dropped, as by a network. */
void datagram_put(struct endpoint *socket, struct pbuf *pbuf, uint16_t offset,
                  const ip_addr_t *from, uint16_t port);

/* A datagram in the send ring, and where it goes. */
struct datagram_next {
    struct socket_datagram header;
    uint32_t entry; /* bytes that it takes in the ring */
};

/* Its bytes from `skip` on as pbufs that refer to the ring; NULL: no memory. */
struct pbuf *datagram_bytes(struct endpoint *socket, const struct datagram_next *next,
                            uint32_t skip);

/* Hands each datagram in the send ring to `send`, then gives its room back. A ring that holds what
 * cannot be is the end of the socket. */
typedef void datagram_send(struct endpoint *socket, const struct datagram_next *next);
void datagram_send_each(struct endpoint *socket, datagram_send *send);

#endif
