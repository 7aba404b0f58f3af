/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP: between lwIP's connections and the rings of sockets. */
#ifndef ANSER_SERVERS_TCPIP_STREAM_H
#define ANSER_SERVERS_TCPIP_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"

/* All return 0 or -errno unless they say otherwise. */
int64_t stream_begin(struct endpoint *socket);
int64_t stream_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t port);
int64_t stream_connect(struct endpoint *socket, const ip_addr_t *address, uint16_t port);
int64_t stream_listen(struct endpoint *socket, uint64_t backlog);
int64_t stream_shutdown(struct endpoint *socket, bool receive, bool send);
int64_t stream_name(struct endpoint *socket, bool peer, struct socket_address *name);

/* A waiting connection has got its slot. */
void stream_accepted(struct endpoint *socket, struct socket_address *peer);

/* 0: the socket is freed; 1: it will be, when what was written has been sent. */
int64_t stream_close(struct endpoint *socket);

/* Moves what can be moved, both ways. */
void stream_pump(struct endpoint *socket);

/* A burst of frames is over: what they brought goes to the clients. */
void stream_receive_burst(void);

/* There are buffers for sending again. */
void stream_output_all(void);

#endif
