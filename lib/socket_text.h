/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as people write them. */
#ifndef ANSER_LIB_SOCKET_TEXT_H
#define ANSER_LIB_SOCKET_TEXT_H

#include <anser/socket.h>
#include <stdbool.h>

#define SOCKET_TEXT 64

/* "10.0.2.15", "fe80::1%1" (RFC 5952); "-" for no address. Without the port. Returns text. */
const char *socket_text(const struct socket_address *address, char text[SOCKET_TEXT]);

/* Reads such an address; the port is 0. False: it is none. */
bool socket_text_read(const char *text, struct socket_address *address);

#endif
