/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and errors: those of the protocol (<anser/socket.h>) and lwIP's. */
#ifndef ANSER_SERVERS_TCPIP_ADDRESS_H
#define ANSER_SERVERS_TCPIP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/socket.h>
#include <lwip/err.h>
#include <lwip/ip_addr.h>

/* Reads an address; an IPv4-mapped IPv6 one becomes IPv4. 0, or -EAFNOSUPPORT. */
int address_read(const struct socket_address *from, ip_addr_t *to);

struct socket_address address_write(const ip_addr_t *from, uint16_t port);

/* Is it one of 127.0.0.0/8 that nobody has? Of these, 127.0.0.1 alone is this machine's. */
bool address_is_dark(const ip_addr_t *address);

/* Whether a socket can be bound to it: unspecified, a group's, or one of this machine. */
bool address_is_ours(const ip_addr_t *address);

/* Whether a packet can be sent there, as far as this machine knows. */
bool address_has_route(const ip_addr_t *from, const ip_addr_t *to);

/* lwIP's error as -errno. */
int address_error(err_t error);

#endif
