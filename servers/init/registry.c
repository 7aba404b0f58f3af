/* SPDX-License-Identifier: BSD-2-Clause */
/* Names. Every request is checked against the asker's manifest entry before anything is looked at,
 * so that -EPERM tells nothing of what is there. */
#include <string.h>
#include <anser/names.h>
#include "channel.h"
#include "syscall.h"
#include "registry.h"
#include "services.h"

#define PUBLICATIONS_MAX 128
#define WATCHES_MAX      128

struct publication {
    const struct client *owner; /* NULL: free */
    anser_handle handle;
    char name[NAMES_NAME_MAX];
};

struct watch {
    const struct client *owner; /* NULL: free */
    anser_handle handle;
    char name[NAMES_NAME_MAX];
};

static struct publication publications[PUBLICATIONS_MAX];
static struct watch watches[WATCHES_MAX];

/* ---- Tables. --------------------------------------------------------------------------------- */

static struct publication *find_publication(const char *name)
{
    for (unsigned i = 0; i < PUBLICATIONS_MAX; i++)
        if (publications[i].owner && strcmp(publications[i].name, name) == 0)
            return &publications[i];
    return NULL;
}

static struct publication *free_publication(void)
{
    for (unsigned i = 0; i < PUBLICATIONS_MAX; i++)
        if (!publications[i].owner)
            return &publications[i];
    return NULL;
}

static struct watch *free_watch(void)
{
    for (unsigned i = 0; i < WATCHES_MAX; i++)
        if (!watches[i].owner)
            return &watches[i];
    return NULL;
}

static void end_publication(struct publication *publication)
{
    handle_close(publication->handle);
    memset(publication, 0, sizeof(*publication));
}

static void end_watch(struct watch *watch)
{
    handle_close(watch->handle);
    memset(watch, 0, sizeof(*watch));
}

/* ---- Watches. -------------------------------------------------------------------------------- */

/* A watcher whose channel is full knows already that there is news; one that has gone is dropped.
 */
static void announce_to(struct watch *watch)
{
    struct names_request news = {.type = NAMES_PUBLISHED};
    strcpy(news.name, watch->name);
    struct channel_out out = {.data = &news, .length = sizeof(news)};
    int error = channel_send(watch->handle, &out, 0);
    if (error < 0 && error != -ANSER_EAGAIN)
        end_watch(watch);
}

static void announce(const char *name)
{
    for (unsigned i = 0; i < WATCHES_MAX; i++)
        if (watches[i].owner && strcmp(watches[i].name, name) == 0)
            announce_to(&watches[i]);
}

void registry_forget(const struct client *client)
{
    for (unsigned i = 0; i < PUBLICATIONS_MAX; i++)
        if (publications[i].owner == client)
            end_publication(&publications[i]);
    for (unsigned i = 0; i < WATCHES_MAX; i++)
        if (watches[i].owner == client)
            end_watch(&watches[i]);
}

/* ---- Requests. ------------------------------------------------------------------------------- */

/* NAMES_NAME_MAX bytes with a NUL, and not empty. */
static bool name_is_text(const char *name)
{
    for (unsigned i = 0; i < NAMES_NAME_MAX; i++) {
        if (!name[i])
            return i > 0;
        if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') &&
            !strchr("-_./", name[i]))
            return false;
    }
    return false;
}

/* The asker, if he may do this with the name that he gave; else the error is in *status. */
static struct client *admit(const struct serve_request *request, enum manifest_grant_kind right,
                            int64_t *status)
{
    const struct names_request *asked = request->data;
    struct client *client = client_find(request->badge);
    *status = -ANSER_EINVAL;
    if (!client || !name_is_text(asked->name))
        return NULL;
    /* Services answer only those whom the manifest names to them, not those who may ask anybody. */
    const struct service *service = service_meant_by(asked->name);
    bool allowed = service ? service_is_granted(service, client->entry, right)
                           : manifest_allows(client->entry, right, asked->name);
    *status = -ANSER_EPERM;
    return allowed ? client : NULL;
}

/* Takes the first handle of the request. Only a send handle that can be duplicated and sent on is
 * of use; 0: it is not. */
static anser_handle take_handle(struct serve_request *request, uint32_t rights)
{
    if (request->handle_count != 1)
        return 0;
    struct sys_result info = sys_handle_info(request->handles[0]);
    if ((info.status != ANSER_TYPE_CHANNEL && info.status != ANSER_TYPE_SIGNAL) ||
        (info.value & rights) != rights)
        return 0;
    anser_handle handle = request->handles[0];
    request->handles[0] = 0;
    return handle;
}

int64_t registry_publish(struct server *server, struct serve_request *request)
{
    (void)server;
    int64_t status;
    const struct names_request *asked = request->data;
    const struct client *client = admit(request, GRANT_PUBLISH, &status);
    if (!client)
        return status;
    struct publication *place = find_publication(asked->name);
    if (service_serving(asked->name) || (place && place->owner != client))
        return -ANSER_EEXIST;
    if (!place && !(place = free_publication()))
        return -ANSER_ENOMEM;
    anser_handle handle =
        take_handle(request, ANSER_RIGHT_SEND | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER);
    if (!handle)
        return -ANSER_EINVAL;
    handle_close(place->handle);
    place->owner = client;
    place->handle = handle;
    strcpy(place->name, asked->name);
    announce(place->name);
    return 0;
}

int64_t registry_withdraw(struct server *server, struct serve_request *request)
{
    (void)server;
    int64_t status;
    const struct names_request *asked = request->data;
    const struct client *client = admit(request, GRANT_PUBLISH, &status);
    if (!client)
        return status;
    struct publication *place = find_publication(asked->name);
    if (!place)
        return service_serving(asked->name) ? -ANSER_EPERM : -ANSER_ESRCH;
    if (place->owner != client)
        return -ANSER_EPERM;
    end_publication(place);
    return 0;
}

/* A service's client gets a badge of his own; what a program published is duplicated as it is. */
static anser_handle open_name(const struct client *client, const char *name)
{
    struct service *service = service_serving(name);
    if (service)
        return service_open(service, client->entry);
    struct publication *place = find_publication(name);
    if (place)
        return handle_duplicate(place->handle);
    return service_meant_by(name) ? -ANSER_EPIPE : -ANSER_ESRCH;
}

int64_t registry_lookup(struct server *server, struct serve_request *request)
{
    (void)server;
    int64_t status;
    const struct names_request *asked = request->data;
    const struct client *client = admit(request, GRANT_LOOKUP, &status);
    if (!client)
        return status;
    anser_handle handle = open_name(client, asked->name);
    if (handle < 0)
        return handle;
    request->answer_handles[0] = handle;
    request->answer_handle_count = 1;
    return 0;
}

int64_t registry_watch(struct server *server, struct serve_request *request)
{
    (void)server;
    int64_t status;
    const struct names_request *asked = request->data;
    const struct client *client = admit(request, GRANT_LOOKUP, &status);
    if (!client)
        return status;
    struct watch *watch = free_watch();
    if (!watch)
        return -ANSER_ENOMEM;
    anser_handle handle = take_handle(request, ANSER_RIGHT_SEND);
    if (!handle)
        return -ANSER_EINVAL;
    watch->owner = client;
    watch->handle = handle;
    strcpy(watch->name, asked->name);
    if (service_serving(watch->name) || find_publication(watch->name))
        announce_to(watch);
    return 0;
}

static bool describe_service(const struct service *service, struct names_answer *answer)
{
    if (!service || !service->receive)
        return false;
    strcpy(answer->name, service->serves->name);
    answer->publisher = service->id;
    answer->object = sys_handle_info(service->receive).value >> 32;
    return true;
}

static bool describe_publication(const struct publication *place, struct names_answer *answer)
{
    if (!place->owner)
        return false;
    strcpy(answer->name, place->name);
    answer->publisher = place->owner->id;
    answer->object = sys_handle_info(place->handle).value >> 32;
    return true;
}

/* One index counts through the services and then the publications. */
int64_t registry_list(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct names_request *asked = request->data;
    struct names_answer answer = {.status = 1};
    if (!client_find(request->badge))
        return -ANSER_EINVAL;
    for (uint64_t i = asked->index; i < SERVICES_MAX + PUBLICATIONS_MAX; i++) {
        bool there = i < SERVICES_MAX
                         ? describe_service(service_at(i), &answer)
                         : describe_publication(&publications[i - SERVICES_MAX], &answer);
        if (!there)
            continue;
        answer.next = i + 1;
        memcpy(request->answer, answer.name, sizeof(answer) - sizeof(answer.status));
        request->answer_length = sizeof(answer) - sizeof(answer.status);
        return 1;
    }
    return 0;
}
