/* SPDX-License-Identifier: BSD-2-Clause */
/* One table for all clients; a client's share of it is bounded, so that none can fill it alone. */
#include "deposits.h"

#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "syscall.h"

#define DEPOSITS_MAX 128

struct deposit {
    const struct client *owner; /* NULL: free */
    anser_handle handle;
    char name[ANSER_NAME_MAX];
};

static struct deposit deposits[DEPOSITS_MAX];

static struct deposit *find(const struct client *owner, const char *name)
{
    for (unsigned i = 0; i < DEPOSITS_MAX; i++)
        if (deposits[i].owner == owner && (!owner || strcmp(deposits[i].name, name) == 0))
            return &deposits[i];
    return NULL;
}

static unsigned count_of(const struct client *owner)
{
    unsigned count = 0;
    for (unsigned i = 0; i < DEPOSITS_MAX; i++)
        count += deposits[i].owner == owner;
    return count;
}

int64_t deposit_give(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_give *asked = request->data;
    const struct client *client = client_find(request->badge);
    if (!client || !manifest_find(client->entry, GRANT_PROCESSES))
        return -ANSER_EPERM;
    if (request->handle_count != 1 || !asked->name[0] ||
        !memchr(asked->name, 0, sizeof(asked->name)))
        return -ANSER_EINVAL;
    struct deposit *place = find(client, asked->name);
    if (!place && count_of(client) < INIT_GIVE_MAX)
        place = find(NULL, "");
    if (!place)
        return -ANSER_ENOMEM;
    handle_close(place->handle);
    place->owner = client;
    place->handle = request->handles[0];
    request->handles[0] = 0;
    strcpy(place->name, asked->name);
    return 0;
}

anser_handle deposit_take(const struct client *client, const char *name)
{
    struct deposit *place = find(client, name);
    if (!place)
        return 0;
    anser_handle handle = place->handle;
    memset(place, 0, sizeof(*place));
    return handle;
}

bool deposit_take_all(const struct client *client, struct granted *granted)
{
    for (unsigned i = 0; i < DEPOSITS_MAX; i++) {
        struct deposit *place = &deposits[i];
        if (place->owner != client)
            continue;
        anser_handle handle = place->handle;
        place->owner = NULL;
        place->handle = 0;
        if (!grants_add(granted, place->name, handle))
            return false;
    }
    return true;
}

void deposit_forget(const struct client *client)
{
    for (unsigned i = 0; i < DEPOSITS_MAX; i++) {
        if (deposits[i].owner != client)
            continue;
        handle_close(deposits[i].handle);
        memset(&deposits[i], 0, sizeof(deposits[i]));
    }
}
