/* SPDX-License-Identifier: BSD-2-Clause */
/* The services of the manifest, those that are instances of drivers among them, and their channels,
 * which outlive the processes that serve them. */
#ifndef ANSER_SERVERS_INIT_SERVICES_H
#define ANSER_SERVERS_INIT_SERVICES_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>
#include "manifest.h"

#define SERVICES_MAX (MANIFEST_ENTRIES_MAX + MANIFEST_INSTANCES)

struct service {
    const struct manifest_entry *entry;
    const struct manifest_entry *driver; /* of which it is an instance, or NULL */
    const struct manifest_grant *serves; /* or NULL */
    /* Both ends of its channel stay here, so that neither clients nor calls in the queue are lost
     * while no process serves them. 0: no channel (yet, or any more). */
    anser_handle send;
    anser_handle receive;

    anser_handle process; /* 0: does not run */
    uint64_t id;          /* of the process */
    anser_handle exit;    /* what its exit event comes through */
    uint64_t exit_badge;
    uint64_t state; /* INIT_STATE_* */
    uint64_t restarts;
    unsigned deaths_in_a_row;         /* each soon after its start */
    uint64_t started;                 /* ticks */
    uint64_t due;                     /* ticks, in INIT_STATE_WAITING */
    uint64_t ends[MANIFEST_ENDS_MAX]; /* ticks, of its last ends that asked for a restart; a ring */
    unsigned end_count;               /* of all of them */
    char end[96];                     /* how it ended last, or why it failed */
};

/* Adds a service that does not run and has no channel yet. */
struct service *service_add(const struct manifest_entry *entry);

/* Adds instance `number` of a driver likewise, with an entry of its own. NULL, with a line in the
 * log: there are too many. */
struct service *service_add_instance(const struct manifest_entry *driver, unsigned number);

/* The service that is to serve this name, whether its channel is there or it was given up; or NULL.
 */
struct service *service_meant_by(const char *name);

/* The service that serves `name` and has its channel, or NULL. */
struct service *service_serving(const char *name);

/* The service with this name; the one at this place, counted from 0. NULL: there is none. */
struct service *service_find(const char *name);
struct service *service_at(uint64_t index);

/* Makes its channel, if it serves one and has none. False, with a line in the log: impossible. */
bool service_open_channel(struct service *service);

/* The service is no more: clients that wait, and those to come, get -EPIPE; its records go. */
void service_close_channel(struct service *service);

/* The first service that this one needs and that does not run; NULL: it can start. */
const char *service_waits_for(const struct service *service);

/* Whether the manifest grants this to `client` for what the service serves, by its own name or its
 * driver's. */
bool service_is_granted(const struct service *service, const struct manifest_entry *client,
                        enum manifest_grant_kind kind);

/* A send handle to the service's channel for a client with this entry, with a badge of its own;
 * -errno. */
anser_handle service_open(struct service *service, const struct manifest_entry *client);

#endif
