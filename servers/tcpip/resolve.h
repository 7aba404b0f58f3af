/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to addresses, by lwIP's DNS client. */
#ifndef ANSER_SERVERS_TCPIP_RESOLVE_H
#define ANSER_SERVERS_TCPIP_RESOLVE_H

#include <anser/socket.h>
#include <stdint.h>
#include "session.h"

/* SOCKET_RESOLVE: begins a question, or has its answer: the number of addresses, which stand in the
 * client's area then, or -errno. */
int64_t resolve_ask(struct session *session, const struct socket_resolve *asked);

/* The session ends, and nobody wants its answers. */
void resolve_forget(struct session *session);

#endif
