/* SPDX-License-Identifier: BSD-2-Clause */
/* The process's session with the TCP/IP server. */
#ifndef ANSER_SERVERS_LINUX_SOCKET_BEGIN_H
#define ANSER_SERVERS_LINUX_SOCKET_BEGIN_H

#include <stdint.h>

/* Begins it, unless it runs. 0; -EAFNOSUPPORT: the process was given no network; -ENETDOWN,
 * -ENOMEM. */
int64_t socket_begin_session(void);

#endif
