/* SPDX-License-Identifier: BSD-2-Clause */
/* INIT_START: a client wants a program started, see <anser/init.h>. */
#ifndef ANSER_SERVERS_INIT_START_REQUEST_H
#define ANSER_SERVERS_INIT_START_REQUEST_H

#include "lib/serve.h"

/* Handler of init's loop. */
int64_t start_request(struct server *server, struct serve_request *request);

#endif
