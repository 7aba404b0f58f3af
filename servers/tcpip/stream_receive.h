/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving half of streams: pbufs into rings, and the window. */
#ifndef ANSER_SERVERS_TCPIP_STREAM_RECEIVE_H
#define ANSER_SERVERS_TCPIP_STREAM_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"

/* Takes data over from lwIP; the socket is due then, so that a burst's segments go into the ring
 * together. False: there is too much already, stream_receive may help. */
bool stream_take(struct endpoint *socket, struct pbuf *pbuf);

/* One of those that are due, which is so no longer, or NULL. */
struct endpoint *stream_next_due(void);

/* The socket is due no longer, if it was. */
void stream_forget_due(struct endpoint *socket);

/*
 * Copies what is held into the ring as far as it has room, gives the peer the window that this
 * makes, and shows the end when all is in there. False: the ring holds what cannot be.
 */
bool stream_receive(struct endpoint *socket);

/* The peer has ended: the client is shown so, once it can have all that came before. */
void stream_show_end(struct endpoint *socket);

/* Throws away what is held; `all` or only what has no room. */
void stream_drop_held(struct endpoint *socket, bool all);

/* The connection is there: lwIP offers its largest window to everybody, ours are as large as the
 * ring, of which `window` bytes are known; never smaller than what the SYN has said. */
void stream_limit_window(struct tcp_pcb *tcp, uint32_t window);

#endif
