/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts the services and starts them again, by the manifest's rule, when they end. */
#ifndef ANSER_SERVERS_INIT_SUPERVISE_H
#define ANSER_SERVERS_INIT_SUPERVISE_H

#include <stdbool.h>
#include "lib/serve.h"
#include "manifest.h"
#include "services.h"

/* Takes over the manifest's unbroken services and makes all their channels, so that any of them can
 * be another's client; then starts them. Those marked interactive only if told so. */
void supervise_start(const struct manifest *manifest, bool interactive);

/* Ends the process; its rule decides on what follows. A service that does not run is started.
 * Returns 0 or -errno; -EAGAIN: it waits for a service that it needs. */
int supervise_restart(struct service *service);

/* Event handlers of init's loop: a service has ended; a restart may be due. */
void supervise_on_exit(struct server *server, const struct serve_event *event);
void supervise_on_timer(struct server *server, const struct serve_event *event);

/* "ended with status 3", "was killed", ... for an exit event's words. Returns `text`. */
const char *exit_describe(const uint64_t *words, char text[static 96]);

#endif
