/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of sockets (SOCKET_OPTION_*). */
#ifndef ANSER_SERVERS_TCPIP_OPTIONS_H
#define ANSER_SERVERS_TCPIP_OPTIONS_H

#include <stdint.h>
#include "endpoint.h"

/* 0; -ENOPROTOOPT: not for this kind of socket; -EINVAL: not with this value, or not now. */
int64_t options_set(struct endpoint *socket, const struct socket_option *asked);
int64_t options_get(struct endpoint *socket, uint32_t option, uint64_t *value);

#endif
