/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes are a manifest with errors, or a consistent one. */
/* sources: servers/init/manifest.c servers/init/manifest_check.c */
#include <anser/abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "servers/init/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    unsigned count;
    unsigned lines; /* of the input */
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void note(void *context, unsigned line, const char *what)
{
    struct seen *seen = context;
    seen->count++;
    require(line >= 1 && line <= seen->lines && *what);
}

static void check_grant(const struct manifest *manifest, const struct manifest_grant *grant)
{
    require(memchr(grant->name, 0, sizeof(grant->name)) &&
            memchr(grant->text, 0, sizeof(grant->text)));
    require(!(grant->rights & ~(uint32_t)ANSER_RIGHTS_ALL) && !(grant->rights & 0xfff));
    require(grant->kind != GRANT_DEVICE || (*grant->name && *grant->text));
    require((uint64_t)grant->element_size * grant->capacity <= ANSER_CHAN_BUFFER_MAX);
    if (grant->kind == GRANT_USE || grant->kind == GRANT_STDIO)
        require(manifest_server(manifest, grant->name, NULL) != NULL);
}

/* Whether everything that the entry needs could be started before it. */
static bool could_start(const struct manifest *manifest, const struct manifest_entry *entry,
                        const bool *started)
{
    for (unsigned i = 0; i < entry->grant_count; i++) {
        if (entry->grants[i].kind != GRANT_NEED)
            continue;
        const struct manifest_entry *needed = manifest_service(manifest, entry->grants[i].name);
        require(needed != NULL);
        if (!started[needed - manifest->entries])
            return false;
    }
    return true;
}

/* There is an order in which all unbroken entries can start: each round starts one at least. */
static void check_order(const struct manifest *manifest)
{
    bool started[MANIFEST_ENTRIES_MAX] = {false};
    for (unsigned round = 0; round < manifest->count; round++)
        for (unsigned i = 0; i < manifest->count; i++)
            if (!manifest->entries[i].broken)
                started[i] = could_start(manifest, &manifest->entries[i], started);
    for (unsigned i = 0; i < manifest->count; i++)
        require(manifest->entries[i].broken || started[i]);
}

/* Each of its instances has a name that fits, and that nobody else serves or is called by. */
static void check_driver(const struct manifest *manifest, const struct manifest_entry *driver)
{
    char name[MANIFEST_NAME_MAX];
    require(manifest_find(driver, GRANT_DEVICE) && manifest_find(driver, GRANT_SERVE));
    require(strlen(driver->name) + 1 < sizeof(name));
    for (unsigned i = 0; i < MANIFEST_INSTANCES; i++) {
        snprintf(name, sizeof(name), "%s%u", driver->name, i);
        require(manifest_server(manifest, name, NULL) == driver);
        require(!manifest_service(manifest, name));
    }
}

static void check_entry(const struct manifest *manifest, const struct manifest_entry *entry)
{
    size_t used = 0;
    require(*entry->name && *entry->path && entry->priority < ANSER_PRIORITIES);
    require(entry->memory_pages >= 1 && entry->memory_pages <= entry->memory_max_pages &&
            entry->memory_max_pages <= ANSER_PAGES_MAX);
    require(entry->ends_max <= MANIFEST_ENDS_MAX && !entry->ends_max == !entry->ends_seconds);
    for (unsigned i = 0; i < entry->arg_count; i++)
        used += strlen(entry->args + used) + 1;
    require(used <= sizeof(entry->args) && entry->grant_count <= MANIFEST_GRANTS_MAX);
    for (unsigned i = 0; i < entry->grant_count; i++)
        check_grant(manifest, &entry->grants[i]);
    const struct manifest_grant *serve = manifest_find(entry, GRANT_SERVE);
    if (serve)
        require(manifest_server(manifest, serve->name, NULL) == entry);
    if (entry->kind == MANIFEST_DRIVER)
        check_driver(manifest, entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct manifest manifest;
    struct seen seen = {.lines = 1};
    bool all_whole = true;
    for (size_t i = 0; i < size; i++)
        seen.lines += data[i] == '\n';
    unsigned errors = manifest_parse(&manifest, (const char *)data, size, note, &seen);
    require(errors == seen.count && manifest.count <= MANIFEST_ENTRIES_MAX);
    for (unsigned i = 0; i < manifest.count; i++) {
        all_whole = all_whole && !manifest.entries[i].broken;
        if (!manifest.entries[i].broken)
            check_entry(&manifest, &manifest.entries[i]);
    }
    require(errors > 0 || all_whole);
    check_order(&manifest);
    return 0;
}
