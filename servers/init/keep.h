/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that services leave with init, see <anser/keep.h>. */
#ifndef ANSER_SERVERS_INIT_KEEP_H
#define ANSER_SERVERS_INIT_KEEP_H

#include "lib/serve.h"
#include "services.h"

/* Forgets all records of a service. */
void keep_forget(const struct service *service);

/* Handlers of init's loop. */
int64_t keep_store(struct server *server, struct serve_request *request);
int64_t keep_drop(struct server *server, struct serve_request *request);
int64_t keep_next(struct server *server, struct serve_request *request);

#endif
