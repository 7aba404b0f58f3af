/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the entries of a manifest must be to each other, and the questions that init asks of it.
 */
#include "manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    struct manifest *manifest;
    manifest_report *report;
    void *context;
    unsigned errors;
};

__attribute__((format(printf, 4, 5))) static void
fail_at(struct check *check, struct manifest_entry *entry, unsigned line, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    check->errors++;
    entry->broken = true;
    check->report(check->context, line, what);
}

/* ---- Between entries. ------------------------------------------------------------------------ */

static void check_served_once(struct check *check, struct manifest_entry *entry)
{
    const struct manifest_grant *grant = manifest_find(entry, GRANT_SERVE);
    const struct manifest_entry *other =
        grant ? manifest_server(check->manifest, grant->name, NULL) : NULL;
    if (other && other != entry)
        fail_at(check, entry, grant->line, "'%s' is already served by '%s'", grant->name,
                other->name);
}

/* A driver is a pattern: what it needs to be filled in, and that nobody else has the names of its
 * instances. */
static void check_driver(struct check *check, struct manifest_entry *driver)
{
    const struct manifest_grant *device = manifest_find(driver, GRANT_DEVICE);
    const struct manifest_grant *serve = manifest_find(driver, GRANT_SERVE);
    unsigned lines = 0;
    for (unsigned g = 0; g < driver->grant_count; g++)
        lines += driver->grants[g].kind == GRANT_DEVICE;
    if (lines != 1 || device->optional)
        fail_at(check, driver, driver->line, "driver '%s' has %u 'device' lines, not one%s",
                driver->name, lines, lines == 1 ? " that is not optional" : "");
    if (serve && strcmp(serve->name, driver->name) != 0)
        fail_at(check, driver, serve->line, "driver '%s' serves '%s', not its own name",
                driver->name, serve->name);
    for (unsigned i = 0; i < check->manifest->count; i++) {
        struct manifest_entry *entry = &check->manifest->entries[i];
        const struct manifest_grant *served = manifest_find(entry, GRANT_SERVE);
        if (entry->kind == MANIFEST_PROGRAM || entry == driver)
            continue;
        if (manifest_is_instance(driver, entry->name) ||
            (served && manifest_is_instance(driver, served->name)))
            fail_at(check, entry, entry->line, "'%s' has the name of an instance of driver '%s'",
                    entry->name, driver->name);
    }
}

/* By its own name, or that of one of its instances. */
static bool means(const struct manifest_entry *server, const char *served, const char *name)
{
    return strcmp(served, name) == 0 || manifest_is_instance(server, name);
}

static bool is_client(const struct manifest_entry *entry, const struct manifest_entry *server,
                      const char *served)
{
    for (unsigned g = 0; g < entry->grant_count; g++) {
        const struct manifest_grant *grant = &entry->grants[g];
        if ((grant->kind == GRANT_USE || grant->kind == GRANT_STDIO ||
             grant->kind == GRANT_LOOKUP) &&
            means(server, served, grant->name))
            return true;
    }
    return false;
}

/* A server runs at its own priority, so one below a client could be kept from answering for ever
 * by the very client that waits for it. */
static void check_priority(struct check *check, struct manifest_entry *server)
{
    const struct manifest_grant *grant = manifest_find(server, GRANT_SERVE);
    for (unsigned i = 0; grant && i < check->manifest->count; i++) {
        const struct manifest_entry *client = &check->manifest->entries[i];
        if (client == server || client->broken || client->priority <= server->priority ||
            !is_client(client, server, grant->name))
            continue;
        fail_at(check, server, server->priority_line,
                "priority %u of '%s' is below %u of its client '%s'", server->priority,
                server->name, client->priority, client->name);
        return;
    }
}

static void check_used_is_served(struct check *check, struct manifest_entry *entry)
{
    for (unsigned g = 0; g < entry->grant_count; g++) {
        const struct manifest_grant *grant = &entry->grants[g];
        if ((grant->kind == GRANT_USE || grant->kind == GRANT_STDIO ||
             grant->kind == GRANT_CONTROL) &&
            !manifest_server(check->manifest, grant->name, NULL))
            fail_at(check, entry, grant->line, "'%s' uses '%s', which no service serves",
                    entry->name, grant->name);
    }
}

/* ---- Needs. ---------------------------------------------------------------------------------- */

static struct manifest_entry *find_service(struct manifest *manifest, const char *name)
{
    for (unsigned i = 0; i < manifest->count; i++) {
        struct manifest_entry *entry = &manifest->entries[i];
        if (entry->kind == MANIFEST_SERVICE && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

/* Whether `from` needs `target`, directly or through others; `seen` has who was asked before. */
static bool needs_in_turn(struct manifest *manifest, const struct manifest_entry *from,
                          const struct manifest_entry *target, bool *seen)
{
    for (unsigned g = 0; g < from->grant_count; g++) {
        if (from->grants[g].kind != GRANT_NEED)
            continue;
        const struct manifest_entry *needed = find_service(manifest, from->grants[g].name);
        if (needed == target)
            return true;
        if (!needed || seen[needed - manifest->entries])
            continue;
        seen[needed - manifest->entries] = true;
        if (needs_in_turn(manifest, needed, target, seen))
            return true;
    }
    return false;
}

/* Each member of a circle is told, broken or not, so that the whole of it can be seen. */
static void check_no_circle(struct check *check, struct manifest_entry *entry)
{
    for (unsigned g = 0; g < entry->grant_count; g++) {
        bool seen[MANIFEST_ENTRIES_MAX] = {false};
        const struct manifest_grant *grant = &entry->grants[g];
        if (grant->kind != GRANT_NEED)
            continue;
        const struct manifest_entry *needed = find_service(check->manifest, grant->name);
        if (needed == entry)
            fail_at(check, entry, grant->line, "'%s' needs itself", entry->name);
        else if (needed && needs_in_turn(check->manifest, needed, entry, seen))
            fail_at(check, entry, grant->line, "'%s' needs '%s', which needs '%s' in turn",
                    entry->name, needed->name, entry->name);
    }
}

static void check_needed_is_there(struct check *check, struct manifest_entry *entry)
{
    for (unsigned g = 0; g < entry->grant_count; g++) {
        const struct manifest_grant *grant = &entry->grants[g];
        if (grant->kind == GRANT_NEED && !manifest_service(check->manifest, grant->name))
            fail_at(check, entry, grant->line, "'%s' needs '%s', which is no service", entry->name,
                    grant->name);
    }
}

unsigned manifest_check(struct manifest *manifest, manifest_report *report, void *context)
{
    struct check all = {.manifest = manifest, .report = report, .context = context};
    struct check *check = &all;
    for (unsigned i = 0; i < manifest->count; i++)
        if (!manifest->entries[i].broken)
            check_served_once(check, &manifest->entries[i]);
    for (unsigned i = 0; i < manifest->count; i++)
        if (!manifest->entries[i].broken && manifest->entries[i].kind == MANIFEST_DRIVER)
            check_driver(check, &manifest->entries[i]);
    for (unsigned i = 0; i < manifest->count; i++)
        if (!manifest->entries[i].broken)
            check_priority(check, &manifest->entries[i]);
    for (unsigned i = 0; i < manifest->count; i++)
        check_no_circle(check, &manifest->entries[i]);
    /* A server that falls out takes its users with it, and they may be servers themselves. */
    for (unsigned before = check->errors + 1; before != check->errors;) {
        before = check->errors;
        for (unsigned i = 0; i < manifest->count; i++)
            if (!manifest->entries[i].broken) {
                check_used_is_served(check, &manifest->entries[i]);
                check_needed_is_there(check, &manifest->entries[i]);
            }
    }
    return check->errors;
}

/* ---- Questions. ------------------------------------------------------------------------------ */

const struct manifest_entry *manifest_server(const struct manifest *manifest, const char *name,
                                             const struct manifest_grant **grant)
{
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        const struct manifest_grant *served = manifest_find(entry, GRANT_SERVE);
        if (entry->broken || !served || !means(entry, served->name, name))
            continue;
        if (grant)
            *grant = served;
        return entry;
    }
    return NULL;
}

const struct manifest_entry *manifest_service(const struct manifest *manifest, const char *name)
{
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (entry->kind == MANIFEST_SERVICE && !entry->broken && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

const struct manifest_entry *manifest_program(const struct manifest *manifest, const char *path)
{
    const struct manifest_entry *found = NULL;
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (entry->kind != MANIFEST_PROGRAM || entry->broken)
            continue;
        if (strcmp(entry->name, path) == 0)
            return entry;
        if (strcmp(entry->name, "*") == 0)
            found = entry;
    }
    return found;
}

const struct manifest_grant *manifest_find(const struct manifest_entry *entry,
                                           enum manifest_grant_kind kind)
{
    for (unsigned g = 0; g < entry->grant_count; g++)
        if (entry->grants[g].kind == kind)
            return &entry->grants[g];
    return NULL;
}

bool manifest_names(const struct manifest_entry *entry, enum manifest_grant_kind kind,
                    const char *name)
{
    for (unsigned g = 0; g < entry->grant_count; g++)
        if (entry->grants[g].kind == kind && strcmp(entry->grants[g].name, name) == 0)
            return true;
    return false;
}

bool manifest_is_instance(const struct manifest_entry *driver, const char *name)
{
    size_t length = strlen(driver->name);
    return driver->kind == MANIFEST_DRIVER && strncmp(name, driver->name, length) == 0 &&
           name[length] >= '0' && name[length] < '0' + MANIFEST_INSTANCES && !name[length + 1];
}

bool manifest_allows(const struct manifest_entry *entry, enum manifest_grant_kind kind,
                     const char *name)
{
    return manifest_names(entry, kind, name) || manifest_names(entry, kind, "*");
}
