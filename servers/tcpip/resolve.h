/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to addresses, by lwIP's DNS client. */
#ifndef ANSER_SERVERS_TCPIP_RESOLVE_H
#define ANSER_SERVERS_TCPIP_RESOLVE_H

#include <stdint.h>
#include "serve.h"
#include "session.h"

/*
 * SOCKET_RESOLVE: the answer's status, or SERVE_KEPT: it will come. The addresses are written into
 * the client's area before.
 */
int64_t resolve_begin(struct server *server, struct session *session,
                      const struct socket_resolve *asked);

#endif
