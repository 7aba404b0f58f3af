/* SPDX-License-Identifier: BSD-2-Clause */
/* The name service, see <anser/names.h>: the manifest's services and what programs publish. */
#ifndef ANSER_SERVERS_INIT_REGISTRY_H
#define ANSER_SERVERS_INIT_REGISTRY_H

#include "lib/serve.h"
#include "clients.h"

/* The client has gone: withdraws what it published and ends its watches. */
void registry_forget(const struct client *client);

/* Handlers of init's loop. */
int64_t registry_publish(struct server *server, struct serve_request *request);
int64_t registry_withdraw(struct server *server, struct serve_request *request);
int64_t registry_lookup(struct server *server, struct serve_request *request);
int64_t registry_watch(struct server *server, struct serve_request *request);
int64_t registry_list(struct server *server, struct serve_request *request);

#endif
