/* SPDX-License-Identifier: BSD-2-Clause */
/* One function a kind of grant. What cannot be given is an error: a server that starts with less
 * than it was promised fails later, where nobody can tell why. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "syscall.h"
#include "boot.h"
#include "grants.h"
#include "inventory.h"
#include "programs.h"
#include "seed.h"

#define RIGHTS_GIVEN (ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER)

__attribute__((format(printf, 2, 3))) static bool refuse(struct granted *granted,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(granted->error, sizeof(granted->error), format, arguments);
    va_end(arguments);
    return false;
}

void grants_close(struct granted *granted)
{
    for (unsigned i = 0; i < granted->handle_count; i++)
        handle_close(granted->handles[i].handle);
    granted->handle_count = 0;
}

bool grants_add(struct granted *granted, const char *name, anser_handle handle)
{
    unsigned at = granted->handle_count;
    if (handle <= 0)
        return refuse(granted, "handle '%s': error %d", name, (int)-handle);
    if (at == GRANTED_HANDLES_MAX) {
        handle_close(handle);
        return refuse(granted, "handle '%s': more than %d handles", name, GRANTED_HANDLES_MAX);
    }
    snprintf(granted->names[at], ANSER_NAME_MAX, "%s", name);
    granted->handles[at] = (struct spawn_handle){granted->names[at], handle};
    granted->handle_count++;
    return true;
}

static bool add_word(struct granted *granted, const char *device, const char *text)
{
    if (granted->word_count == GRANTED_WORDS_MAX)
        return refuse(granted, "more than %d words for its devices", GRANTED_WORDS_MAX);
    char *word = granted->words[granted->word_count];
    snprintf(word, sizeof(granted->words[0]), "%s.%s", device, text);
    granted->environment[granted->word_count++] = word;
    return true;
}

bool grants_add_stdio(struct granted *granted, anser_handle session)
{
    return grants_add(granted, START_STDIN, handle_duplicate(session)) &&
           grants_add(granted, START_STDOUT, handle_duplicate(session)) &&
           grants_add(granted, START_STDERR, handle_duplicate(session));
}

static bool give_system(struct granted *granted, const char *name, uint32_t rights)
{
    return grants_add(granted, name, sys_handle_dup(boot.system, rights | RIGHTS_GIVEN));
}

/* The archive's pages are frozen, so a duplicate lets nobody change what others run. */
static bool give_archive(struct granted *granted)
{
    if (granted->word_count == GRANTED_WORDS_MAX)
        return refuse(granted, "more than %d words for its devices", GRANTED_WORDS_MAX);
    char *word = granted->words[granted->word_count];
    snprintf(word, sizeof(granted->words[0]), "initrd_size=%zu", boot.archive_size);
    granted->environment[granted->word_count++] = word;
    return grants_add(granted, START_INITRD, handle_duplicate(boot.initrd));
}

static bool give_seed(struct granted *granted)
{
    char *word = granted->words[granted->word_count];
    if (granted->word_count == GRANTED_WORDS_MAX)
        return refuse(granted, "more than %d words for its devices", GRANTED_WORDS_MAX);
    snprintf(word, sizeof(granted->words[0]), INIT_BOOT_SEED "=%s", seed_boot());
    granted->environment[granted->word_count++] = word;
    return true;
}

static bool give_stdio(struct granted *granted, const struct client *client,
                       const struct manifest_grant *grant)
{
    struct service *service = service_serving(grant->name);
    anser_handle session = service ? service_open(service, client->entry) : -ANSER_ESRCH;
    if (session < 0)
        return refuse(granted, "no session of '%s': error %d", grant->name, (int)-session);
    bool given = grants_add_stdio(granted, session);
    handle_close(session);
    return given;
}

/* A program goes without a service that has failed: most can do something without it, and the
 * manifest says for many of them at once what they may use. A service must have what it needs. */
static bool give_use(struct granted *granted, const struct client *client,
                     const struct manifest_grant *grant)
{
    struct service *service = service_serving(grant->name);
    if (!service && !client->service)
        return true;
    return grants_add(granted, grant->name,
                      service ? service_open(service, client->entry) : -ANSER_ESRCH);
}

/* A driver's name means its instances, as many as there are. */
static bool give_instances(struct granted *granted, const struct client *client,
                           const struct manifest_grant *grant)
{
    bool given = true;
    for (uint64_t i = 0; given && service_at(i); i++) {
        struct service *service = service_at(i);
        if (service->driver && service->receive && strcmp(service->driver->name, grant->name) == 0)
            given =
                grants_add(granted, service->serves->name, service_open(service, client->entry));
    }
    return given;
}

static bool is_driver(const char *name)
{
    const struct manifest_entry *server = manifest_server(programs_manifest(), name, NULL);
    return server && server->kind == MANIFEST_DRIVER && strcmp(server->name, name) == 0;
}

static bool give_irq(struct granted *granted, const struct client *client, const char *name,
                     uint32_t source)
{
    char handle_name[ANSER_NAME_MAX];
    unsigned index = granted->handle_count; /* any number that no other device of it has */
    anser_handle send = channel_mint(client->service->receive, BADGE_IRQ | index);
    if (send < 0)
        return refuse(granted, "badge for interrupt %u: error %d", source, (int)-send);
    anser_handle irq = sys_irq_create(boot.system, source, send);
    handle_close(send);
    snprintf(handle_name, sizeof(handle_name), "%.24s.irq", name);
    return grants_add(granted, handle_name, irq);
}

/* Without the right MANAGE: only init ends the quarantine of a driver's memory. */
static bool give_window(struct granted *granted, const char *name, const struct device *device)
{
    char text[ANSER_NAME_MAX];
    const uint32_t rights = RIGHTS_GIVEN | ANSER_RIGHT_READ | ANSER_RIGHT_WRITE;
    snprintf(text, sizeof(text), "%.24s.mmio", name);
    if (!grants_add(granted, text, sys_handle_dup(device->registers, rights)))
        return false;
    snprintf(text, sizeof(text), "offset=%lu", device->node.address % ANSER_PAGE_SIZE);
    if (!add_word(granted, name, text))
        return false;
    snprintf(text, sizeof(text), "length=%lu", device->node.length);
    return add_word(granted, name, text);
}

static bool give_device(struct granted *granted, const struct client *client,
                        const struct manifest_grant *grant)
{
    const char *wrong;
    const struct device *device = inventory_claimed(grant, &wrong);
    if (!device && grant->optional)
        return true;
    if (!device)
        return refuse(granted, "device '%s' (%s): %s", grant->name, grant->text, wrong);
    const struct device_node *node = &device->node;
    for (unsigned i = 0; i < node->property_count; i++)
        if (!add_word(granted, grant->name, node->properties[i]))
            return false;
    return give_window(granted, grant->name, device) &&
           give_irq(granted, client, grant->name, node->irq);
}

static bool give(struct granted *granted, const struct client *client,
                 const struct manifest_grant *grant)
{
    switch (grant->kind) {
    case GRANT_SYSTEM:
        return give_system(granted, START_SYSTEM, grant->rights);
    case GRANT_ARCHIVE:
        return give_archive(granted);
    case GRANT_SEED:
        return give_seed(granted);
    case GRANT_LOG:
        return give_system(granted, START_LOG, ANSER_RIGHT_SYS_LOG);
    case GRANT_DEVICE:
        return give_device(granted, client, grant);
    case GRANT_SERVE:
        return grants_add(granted, START_RECEIVE, handle_duplicate(client->service->receive));
    case GRANT_USE:
        return is_driver(grant->name) ? give_instances(granted, client, grant)
                                      : give_use(granted, client, grant);
    case GRANT_STDIO:
        return give_stdio(granted, client, grant);
    case GRANT_PUBLISH:
    case GRANT_LOOKUP:
    case GRANT_PROCESSES:
    case GRANT_NEED:
    case GRANT_CONTROL:
        return true; /* rights of the handles "names" and "init", and of those by USE and STDIO */
    }
    return refuse(granted, "a grant of kind %d", grant->kind);
}

/* Both start handles are duplicates of one, so that the badge ends with the last of them. */
static bool give_init(struct granted *granted, const struct client *client)
{
    anser_handle handle = channel_mint(boot.receive, client->badge);
    if (handle < 0)
        return refuse(granted, "badge on init's channel: error %d", (int)-handle);
    bool wants_init = client->service || manifest_find(client->entry, GRANT_PROCESSES);
    bool given = !wants_init || grants_add(granted, START_INIT, handle_duplicate(handle));
    if (given)
        return grants_add(granted, START_NAMES, handle);
    handle_close(handle);
    return false;
}

bool grants_make(struct client *client, struct granted *granted)
{
    memset(granted, 0, sizeof(*granted));
    bool given = give_init(granted, client);
    for (unsigned g = 0; given && g < client->entry->grant_count; g++)
        given = give(granted, client, &client->entry->grants[g]);
    if (!given)
        grants_close(granted);
    return given;
}
