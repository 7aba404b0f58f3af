/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of clients. Badges are never used twice, so a stale one finds nobody. */
#include <string.h>
#include "channel.h"
#include "syscall.h"
#include "clients.h"

static struct client clients[CLIENTS_MAX];
static uint64_t last_badge;

struct client *client_add(const struct manifest_entry *entry, struct service *service)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &clients[i];
        if (client->badge)
            continue;
        *client = (struct client){.badge = ++last_badge, .entry = entry, .service = service};
        return client;
    }
    return NULL;
}

struct client *client_find(uint64_t badge)
{
    for (unsigned i = 0; badge && i < CLIENTS_MAX; i++)
        if (clients[i].badge == badge)
            return &clients[i];
    return NULL;
}

struct client *client_find_program(uint64_t id)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].badge && clients[i].process && clients[i].id == id && !clients[i].service)
            return &clients[i];
    return NULL;
}

void client_set_process(struct client *client, anser_handle process)
{
    client->process = process;
    client->id = sys_handle_info(process).value >> 32;
}

void client_remove(struct client *client)
{
    handle_close(client->process);
    memset(client, 0, sizeof(*client));
}
