/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the network, told and changed (<anser/network.h>). */
#ifndef ANSER_SERVERS_TCPIP_NETWORK_H
#define ANSER_SERVERS_TCPIP_NETWORK_H

#include <stdint.h>
#include <anser/network.h>

/*
 * Configures the first interface by the words of the service's command line: address=A/BITS,
 * gateway=A and resolver=A instead of DHCP, sntp=A, resolver=A also beside DHCP. Returns 0, or
 * -EINVAL after a line in the log that names the word.
 */
int network_begin(int count, char **words);

/* NETWORK_*: the 64 bytes of a request and of its answer; status or -errno. */
int64_t network_interface(const void *request, uint64_t badge, void *answer);
int64_t network_address(const void *request, uint64_t badge, void *answer);
int64_t network_route(const void *request, uint64_t badge, void *answer);
int64_t network_resolver(const void *request, uint64_t badge, void *answer);
int64_t network_counter(const void *request, uint64_t badge, void *answer);
int64_t network_connection(const void *request, uint64_t badge, void *answer);
int64_t network_configure(const void *request, uint64_t badge, void *answer);

#endif
