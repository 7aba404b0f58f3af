/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the network, told and changed (<anser/network.h>). */
#ifndef ANSER_SERVERS_TCPIP_NETWORK_H
#define ANSER_SERVERS_TCPIP_NETWORK_H

#include <stdint.h>
#include <anser/network.h>
#include "serve.h"

/*
 * Configures the first interface by the words of the service's command line: address=A/BITS,
 * gateway=A and resolver=A instead of DHCP, sntp=A, resolver=A also beside DHCP. Returns 0, or
 * -EINVAL after a line in the log that names the word.
 */
int network_begin(int count, char **words);

int64_t network_interface(struct server *server, struct serve_request *request);
int64_t network_address(struct server *server, struct serve_request *request);
int64_t network_route(struct server *server, struct serve_request *request);
int64_t network_resolver(struct server *server, struct serve_request *request);
int64_t network_counter(struct server *server, struct serve_request *request);
int64_t network_connection(struct server *server, struct serve_request *request);
int64_t network_configure(struct server *server, struct serve_request *request);

#endif
