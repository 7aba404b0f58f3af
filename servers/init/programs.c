/* SPDX-License-Identifier: BSD-2-Clause */
/* Process control. Every request needs the right `processes` of the manifest. */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "syscall.h"
#include "archive.h"
#include "boot.h"
#include "clients.h"
#include "grants.h"
#include "inventory.h"
#include "programs.h"
#include "launch.h"
#include "supervise.h"

/* What the machine is switched off with when a program that runs alone did not end by itself. */
#define CODE_KILLED    137
#define CODE_FAULTED   139
#define CODE_NOT_RUN   126
#define CODE_NOT_FOUND 127

static const struct manifest *manifest;

void programs_init(const struct manifest *of)
{
    manifest = of;
}

const struct manifest *programs_manifest(void)
{
    return manifest;
}

static bool may_control(const struct serve_request *request)
{
    const struct client *client = client_find(request->badge);
    return client && manifest_find(client->entry, GRANT_PROCESSES);
}

/* ---- Lists and control. ---------------------------------------------------------------------- */

/* Fills the words behind the status of an answer structure. */
static int64_t answer_with(struct serve_request *request, const void *structure, size_t size)
{
    memcpy(request->answer, (const char *)structure + sizeof(int64_t), size - sizeof(int64_t));
    request->answer_length = size - sizeof(int64_t);
    return 1;
}

int64_t program_next(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_query *asked = request->data;
    struct init_program answer = {.next = 0};
    const size_t prefix = sizeof(PROGRAMS_FOLDER) - 1;
    if (!may_control(request))
        return -ANSER_EPERM;
    const struct cpio_entry *file;
    for (uint64_t i = asked->index; (file = archive_at(i)) != NULL; i++) {
        if (strncmp(file->name, PROGRAMS_FOLDER, prefix) != 0)
            continue;
        answer.next = i + 1;
        answer.size = file->size;
        snprintf(answer.name, sizeof(answer.name), "%s", file->name + prefix);
        return answer_with(request, &answer, sizeof(answer));
    }
    return 0;
}

/* The names of what it needs, as many as fit whole. */
static void list_needs(const struct manifest_entry *entry, char text[static INIT_TEXT_MAX])
{
    size_t used = 0;
    for (unsigned g = 0; g < entry->grant_count; g++) {
        const char *name = entry->grants[g].name;
        if (entry->grants[g].kind != GRANT_NEED || used + strlen(name) + 2 > INIT_TEXT_MAX)
            continue;
        used += (size_t)sprintf(text + used, "%s%s", used > 0 ? " " : "", name);
    }
}

int64_t program_next_service(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_query *asked = request->data;
    if (!may_control(request))
        return -ANSER_EPERM;
    const struct service *service = service_at(asked->index);
    if (!service)
        return 0;
    struct init_service answer = {.next = asked->index + 1,
                                  .process = service->id,
                                  .state = service->state,
                                  .restarts = service->restarts};
    strcpy(answer.name, service->entry->name);
    strcpy(answer.end, service->end);
    list_needs(service->entry, answer.needs);
    const char *missing = service->state == INIT_STATE_HELD ? service_waits_for(service) : NULL;
    if (missing)
        strcpy(answer.waits_for, missing);
    return answer_with(request, &answer, sizeof(answer));
}

int64_t program_next_device(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_query *asked = request->data;
    if (!may_control(request))
        return -ANSER_EPERM;
    const struct device *device = inventory_at(asked->index);
    if (!device)
        return 0;
    struct init_device answer = {.next = asked->index + 1,
                                 .address = device->node.address,
                                 .irq = device->node.irq,
                                 .virtio = device->virtio,
                                 .version = device->version};
    snprintf(answer.kind, sizeof(answer.kind), "%s", inventory_kind(device));
    snprintf(answer.wrong, sizeof(answer.wrong), "%s", device->wrong);
    if (device->driver)
        strcpy(answer.driver, device->driver->entry->name);
    return answer_with(request, &answer, sizeof(answer));
}

int64_t program_restart_service(struct server *server, struct serve_request *request)
{
    (void)server;
    struct init_query asked;
    memcpy(&asked, request->data, sizeof(asked));
    asked.name[sizeof(asked.name) - 1] = 0;
    if (!may_control(request))
        return -ANSER_EPERM;
    struct service *service = service_find(asked.name);
    return service ? supervise_restart(service) : -ANSER_ESRCH;
}

int64_t program_kill(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct init_query *asked = request->data;
    if (!may_control(request))
        return -ANSER_EPERM;
    const struct client *client = client_find_program(asked->index);
    return client ? sys_process_kill(client->process, 0) : -ANSER_ESRCH;
}

/* ---- One program alone. ---------------------------------------------------------------------- */

static _Noreturn void power_off(uint64_t code)
{
    sys_system_power(boot.system, ANSER_POWER_OFF, code);
    for (;;)
        boot_report("the machine does not switch off");
}

/* The handles of the interactive service, whose place the program takes. */
static const struct manifest_grant *console_grant(void)
{
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        if (entry->interactive && !entry->broken && manifest_find(entry, GRANT_STDIO))
            return manifest_find(entry, GRANT_STDIO);
    }
    return NULL;
}

/* Full rights over the system replace whatever the program's entry grants of it. */
static const struct manifest_entry *entry_alone(const char *path)
{
    static struct manifest_entry entry;
    const struct manifest_entry *found = manifest_program(manifest, path);
    if (!found)
        return NULL;
    entry = *found;
    unsigned count = 0;
    for (unsigned g = 0; g < found->grant_count; g++)
        if (found->grants[g].kind != GRANT_SYSTEM)
            entry.grants[count++] = found->grants[g];
    entry.grant_count = count;
    struct manifest_grant *all = &entry.grants[entry.grant_count++ % MANIFEST_GRANTS_MAX];
    *all = (struct manifest_grant){.kind = GRANT_SYSTEM,
                                   .rights = ANSER_RIGHTS_ALL & ~(uint32_t)0xfff};
    if (console_grant() && entry.grant_count < MANIFEST_GRANTS_MAX)
        entry.grants[entry.grant_count++] = *console_grant();
    return &entry;
}

/* 0 or -errno, having said why. */
static int start_alone(const char *path, struct launch *start)
{
    static struct granted granted; /* too large for the stack */
    const struct manifest_entry *entry = entry_alone(path);
    struct client *client = entry ? client_add(entry, NULL) : NULL;
    if (!client) {
        boot_report("%s: the manifest has no 'program' stanza for it", path);
        return -ANSER_EPERM;
    }
    start->exit = channel_mint(boot.receive, BADGE_PROGRAM);
    if (!grants_make(client, &granted)) {
        boot_report("%s: %s", path, granted.error);
        return -ANSER_EINVAL;
    }
    return launch_process(client, &granted, start);
}

void program_run_alone(const struct manifest *of, const char *path, char **words)
{
    struct launch start = {.path = path, .argument_count = 1, .arguments = {path}};
    programs_init(of);
    while (*words && strcmp(*words, "--") != 0)
        words++;
    while (*words && *++words && start.argument_count < LAUNCH_ARGUMENTS_MAX)
        start.arguments[start.argument_count++] = *words;
    /* Why it cannot run is for the console, not for a log that nobody will read any more. */
    sys_log_console(boot.system, 1);
    int error = start_alone(path, &start);
    if (error < 0)
        power_off(error == -ANSER_ESRCH ? CODE_NOT_FOUND : CODE_NOT_RUN);
    sys_log_console(boot.system, !console_grant());
}

void program_on_exit(struct server *server, const struct serve_event *event)
{
    (void)server;
    char text[96];
    if (event->words[2] != ANSER_EXIT_NORMAL) {
        sys_log_console(boot.system, 1);
        boot_report("the program %s", exit_describe(event->words, text));
    }
    power_off(event->words[2] == ANSER_EXIT_NORMAL   ? event->words[1] & 0xff
              : event->words[2] == ANSER_EXIT_KILLED ? CODE_KILLED
                                                     : CODE_FAULTED);
}
