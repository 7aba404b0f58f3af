/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP and ICMPv6 echo: each socket has an identifier, and gets the answers that carry it. */
#ifndef ANSER_SERVERS_TCPIP_ECHO_H
#define ANSER_SERVERS_TCPIP_ECHO_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"

/* All return 0 or -errno. The port of a name is the identifier. */
int64_t echo_begin(struct endpoint *socket);
int64_t echo_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t id);
int64_t echo_connect(struct endpoint *socket, const ip_addr_t *address);
int64_t echo_name(struct endpoint *socket, bool peer, struct socket_address *name);
void echo_close(struct endpoint *socket);
void echo_send_all(struct endpoint *socket);

#endif
