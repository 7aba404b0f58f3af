/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init, the first process: reads the manifest from the boot archive, starts the services, and then
 * serves names, programs and services on one channel, on which it also learns who has ended.
 *
 * Words of the kernel command line that it knows:
 *   run=NAME   runs programs/NAME on the console, then switches the machine off with its status;
 *   test=NAME  likewise tests/NAME; words behind "--" are arguments;
 *   rescue     ignores the archive's manifest: console only.
 */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include <anser/keep.h>
#include <anser/names.h>
#include "archive.h"
#include "boot.h"
#include "clients.h"
#include "deposits.h"
#include "inventory.h"
#include "keep.h"
#include "manifest.h"
#include "programs.h"
#include "registry.h"
#include "seed.h"
#include "start_request.h"
#include "supervise.h"

#define MANIFEST_FILE "manifest"

/* What is needed to look around and repair: no policy, no drivers but the console. */
static const char rescue_manifest[] = "service uart\n"
                                      "    run servers/uart\n"
                                      "    priority 24\n"
                                      "    memory 1M\n"
                                      "    restart always\n"
                                      "    console\n"
                                      "    serve console 4096\n"
                                      "    device uart ns16550a\n"
                                      "    system info debug\n"
                                      "service console\n"
                                      "    run servers/console\n"
                                      "    priority 12\n"
                                      "    memory 2M\n"
                                      "    restart always\n"
                                      "    interactive\n"
                                      "    stdio console\n"
                                      "    system info kill power debug log\n"
                                      "    processes\n"
                                      "    lookup *\n"
                                      "program *\n"
                                      "    priority 8\n"
                                      "    memory 16M\n"
                                      "    publish *\n"
                                      "    lookup *\n";

static struct manifest manifest;

static const struct serve_handler handlers[] = {
    {NAMES_PUBLISH, sizeof(struct names_request), registry_publish},
    {NAMES_WITHDRAW, sizeof(struct names_request), registry_withdraw},
    {NAMES_LOOKUP, sizeof(struct names_request), registry_lookup},
    {NAMES_WATCH, sizeof(struct names_request), registry_watch},
    {NAMES_LIST, sizeof(struct names_request), registry_list},
    {INIT_START, sizeof(struct init_start), start_request},
    {INIT_GIVE, sizeof(struct init_give), deposit_give},
    {INIT_PROGRAM, sizeof(struct init_query), program_next},
    {INIT_SERVICE, sizeof(struct init_query), program_next_service},
    {INIT_RESTART, sizeof(struct init_query), program_restart_service},
    {INIT_KILL, sizeof(struct init_query), program_kill},
    {INIT_SEED, sizeof(struct init_seed), seed_take},
    {INIT_DEVICE, sizeof(struct init_query), program_next_device},
    {KEEP_STORE, sizeof(struct keep_request), keep_store},
    {KEEP_DROP, sizeof(struct keep_request), keep_drop},
    {KEEP_NEXT, sizeof(struct keep_request), keep_next},
};

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_EXIT, BADGE_PROGRAM, program_on_exit},
    {ANSER_EVENT_EXIT, 0, supervise_on_exit},
    {ANSER_EVENT_TIMER, BADGE_TIMER, supervise_on_timer},
};

/* The last handle with a client's badge has gone: its process has ended, or wants nothing more. */
static void client_gone(struct server *server, uint64_t badge)
{
    (void)server;
    struct client *client = client_find(badge);
    if (!client)
        return;
    registry_forget(client);
    deposit_forget(client);
    client_remove(client);
}

static void report_manifest(void *context, unsigned line, const char *what)
{
    boot_report("%s:%u: %s", (const char *)context, line, what);
}

static void read_manifest(void)
{
    struct cpio_entry file;
    bool rescue = boot_flag("rescue");
    enum cpio_code code = rescue ? CPIO_NOT_FOUND : archive_find(MANIFEST_FILE, &file);
    if (code == CPIO_OK) {
        manifest_parse(&manifest, file.data, file.size, report_manifest, MANIFEST_FILE);
        return;
    }
    if (!rescue)
        boot_report("no file '%s' in the archive: using the built-in one", MANIFEST_FILE);
    manifest_parse(&manifest, rescue_manifest, sizeof(rescue_manifest) - 1, report_manifest,
                   "built-in manifest");
}

/* The one program that the command line wants, or NULL. */
static const char *program_wanted(char path[static MANIFEST_PATH_MAX])
{
    const char *test = boot_option("test"), *run = boot_option("run");
    if (!test && !run)
        return NULL;
    snprintf(path, MANIFEST_PATH_MAX, test ? "tests/%s" : "programs/%s", test ? test : run);
    return path;
}

int main(int argc, char **argv)
{
    char path[MANIFEST_PATH_MAX];
    (void)argc;
    if (!boot_init(argv))
        return 1;
    archive_open();
    read_manifest();
    inventory_open();
    seed_begin();
    programs_init(&manifest);
    const char *alone = program_wanted(path);
    supervise_start(&manifest, !alone);
    if (alone)
        program_run_alone(&manifest, alone, argv);
    struct server server = {
        .receive = boot.receive,
        .element_size = INIT_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = sizeof(events) / sizeof(events[0]),
        .gone = client_gone,
    };
    int error = serve_run(&server);
    boot_report("cannot receive any more: error %d", -error);
    return 1;
}
