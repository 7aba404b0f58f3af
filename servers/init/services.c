/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of services and their channels. */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "boot.h"
#include "keep.h"
#include "services.h"

static struct service services[SERVICES_MAX];
static unsigned service_count;
static struct manifest_entry instances[MANIFEST_INSTANCES];
static unsigned instance_count;
static uint64_t session_count;

struct service *service_add(const struct manifest_entry *entry)
{
    struct service *service = &services[service_count++];
    service->entry = entry;
    service->serves = manifest_find(entry, GRANT_SERVE);
    return service;
}

struct service *service_add_instance(const struct manifest_entry *driver, unsigned number)
{
    if (instance_count == MANIFEST_INSTANCES) {
        boot_report("driver '%s': more than %d devices have one; the others are left", driver->name,
                    MANIFEST_INSTANCES);
        return NULL;
    }
    struct manifest_entry *entry = &instances[instance_count++];
    *entry = *driver;
    entry->kind = MANIFEST_SERVICE;
    snprintf(entry->name, MANIFEST_NAME_MAX, "%.*s%u", MANIFEST_NAME_MAX - 2, driver->name, number);
    for (unsigned g = 0; g < entry->grant_count; g++)
        if (entry->grants[g].kind == GRANT_SERVE)
            strcpy(entry->grants[g].name, entry->name);
    struct service *service = service_add(entry);
    service->driver = driver;
    return service;
}

/* ---- Look-ups. ------------------------------------------------------------------------------- */

struct service *service_meant_by(const char *name)
{
    for (unsigned i = 0; i < service_count; i++) {
        struct service *service = &services[i];
        if (service->serves && strcmp(service->serves->name, name) == 0)
            return service;
    }
    return NULL;
}

struct service *service_serving(const char *name)
{
    struct service *service = service_meant_by(name);
    return service && service->receive ? service : NULL;
}

struct service *service_find(const char *name)
{
    for (unsigned i = 0; i < service_count; i++)
        if (strcmp(services[i].entry->name, name) == 0)
            return &services[i];
    return NULL;
}

struct service *service_at(uint64_t index)
{
    return index < service_count ? &services[index] : NULL;
}

const char *service_waits_for(const struct service *service)
{
    const struct manifest_entry *entry = service->entry;
    for (unsigned g = 0; g < entry->grant_count; g++) {
        if (entry->grants[g].kind != GRANT_NEED)
            continue;
        const struct service *needed = service_find(entry->grants[g].name);
        if (!needed || needed->state != INIT_STATE_RUNNING)
            return entry->grants[g].name;
    }
    return NULL;
}

bool service_is_granted(const struct service *service, const struct manifest_entry *client,
                        enum manifest_grant_kind kind)
{
    return manifest_names(client, kind, service->serves->name) ||
           (service->driver && manifest_names(client, kind, service->driver->name));
}

anser_handle service_open(struct service *service, const struct manifest_entry *client)
{
    uint64_t badge = BADGE_SESSION | ++session_count;
    if (service_is_granted(service, client, GRANT_CONTROL))
        badge |= INIT_BADGE_CONTROL;
    return channel_mint(service->receive, badge);
}

/* ---- The channel. ---------------------------------------------------------------------------- */

bool service_open_channel(struct service *service)
{
    struct channel channel;
    if (!service->serves || service->receive)
        return true;
    int error = channel_create(&channel, service->serves->element_size, service->serves->capacity);
    if (error < 0) {
        boot_report("service '%s': cannot make its channel: error %d", service->entry->name,
                    -error);
        return false;
    }
    service->send = channel.send;
    service->receive = channel.receive;
    return true;
}

void service_close_channel(struct service *service)
{
    handle_close(service->receive);
    handle_close(service->send);
    service->receive = 0;
    service->send = 0;
    keep_forget(service);
}
