/* SPDX-License-Identifier: BSD-2-Clause */
/* Handles that a client has left for the next program that it starts: INIT_GIVE. */
#ifndef ANSER_SERVERS_INIT_DEPOSITS_H
#define ANSER_SERVERS_INIT_DEPOSITS_H

#include <stdbool.h>
#include "lib/serve.h"
#include "clients.h"
#include "grants.h"

/* Handler of init's loop. */
int64_t deposit_give(struct server *server, struct serve_request *request);

/* Takes the handle with this name out of the client's; 0: there is none. It is the caller's. */
anser_handle deposit_take(const struct client *client, const char *name);

/* Moves all that the client has left into *granted; false, with the reason in granted->error, if
 * one cannot be added. What did not move stays. */
bool deposit_take_all(const struct client *client, struct granted *granted);

/* Closes all that the client has left. */
void deposit_forget(const struct client *client);

#endif
