/* SPDX-License-Identifier: BSD-2-Clause */
/* Start of services, and their restart with growing pauses. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "syscall.h"
#include "boot.h"
#include "clients.h"
#include "grants.h"
#include "inventory.h"
#include "launch.h"
#include "services.h"
#include "supervise.h"

/* Whoever lived this long is healthy: the next pause begins from nothing again. */
#define HEALTHY_MS 5000
#define PAUSE_MS   100 /* before the second restart in a row; doubled each time */
#define PAUSE_MAX  5000
#define DEATHS_MAX 10 /* in a row, then it has failed; `restart always` goes on for ever */

static uint64_t start_count;
static anser_handle timer;

/* ---- Start and restart. ---------------------------------------------------------------------- */

static void set_timer(void)
{
    uint64_t first = CLOCK_NEVER;
    for (unsigned i = 0; service_at(i); i++) {
        const struct service *service = service_at(i);
        if (service->state == INIT_STATE_WAITING && service->due < first)
            first = service->due;
    }
    if (first != CLOCK_NEVER)
        sys_timer_set(timer, first ? first : 1, 0);
}

static void give_up(struct service *service, uint64_t state)
{
    service->state = state;
    service_close_channel(service);
}

/* It has failed: why, for the log and for whoever asks for the state of the services. */
__attribute__((format(printf, 2, 3))) static void fail(struct service *service, const char *format,
                                                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(service->end, sizeof(service->end), format, arguments);
    va_end(arguments);
    boot_report("service '%s': %s", service->entry->name, service->end);
    give_up(service, INIT_STATE_FAILED);
}

/* Milliseconds to wait after so many deaths in a row. */
static uint64_t pause_after(unsigned deaths)
{
    uint64_t pause = PAUSE_MS;
    for (unsigned i = 2; i < deaths && pause < PAUSE_MAX; i++)
        pause *= 2;
    return deaths <= 1 ? 0 : pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

/* Whether the end that was noted last is one too many of the manifest's N in T. */
static bool too_many_ends(const struct service *service, uint64_t now)
{
    unsigned max = service->entry->ends_max;
    if (max == 0 || service->end_count < max)
        return false;
    uint64_t first = service->ends[(service->end_count - max) % MANIFEST_ENDS_MAX];
    return now - first <= clock_ticks(service->entry->ends_seconds * 1000000000ul);
}

/* The manifest's patience has come to an end, and the log says so. */
static bool lost_patience(struct service *service, uint64_t now)
{
    const struct manifest_entry *entry = service->entry;
    service->ends[service->end_count++ % MANIFEST_ENDS_MAX] = now;
    if (too_many_ends(service, now))
        boot_report("service '%s' ended %u times in %u s: given up", entry->name, entry->ends_max,
                    entry->ends_seconds);
    else if (entry->ends_max == 0 && entry->restart != RESTART_ALWAYS &&
             service->deaths_in_a_row >= DEATHS_MAX)
        boot_report("service '%s' ended %d times in a row: given up", entry->name, DEATHS_MAX);
    else
        return false;
    return true;
}

/* After an end that asks for a restart: at once the first time, then after growing pauses. */
static void schedule(struct service *service)
{
    uint64_t now = clock_now();
    if (now - service->started >= clock_ticks(HEALTHY_MS * 1000000ul))
        service->deaths_in_a_row = 0;
    service->deaths_in_a_row++;
    if (lost_patience(service, now)) {
        give_up(service, INIT_STATE_FAILED);
        return;
    }
    service->restarts++;
    service->state = INIT_STATE_WAITING;
    service->due = now + clock_ticks(pause_after(service->deaths_in_a_row) * 1000000);
    set_timer();
}

static void fill_arguments(const struct manifest_entry *entry, struct launch *start)
{
    const char *at = entry->args;
    start->arguments[start->argument_count++] = entry->name;
    for (unsigned i = 0; i < entry->arg_count; i++, at += strlen(at) + 1)
        start->arguments[start->argument_count++] = at;
}

/* A predecessor ran, so there is memory for it when somebody else has ended, or let go of what the
 * predecessor had shared. */
static bool will_have_memory(const struct service *service, int status)
{
    return status == -ANSER_ENOMEM && service->restarts > 0;
}

/* Handles and process of a service whose channel is there. */
static int start_granted(struct service *service, struct client *client)
{
    static struct granted granted; /* too large for the stack, and used by one start at a time */
    struct launch start = {.path = service->entry->path, .exit = service->exit};
    if (!grants_make(client, &granted)) {
        fail(service, "%s", granted.error);
        return -ANSER_EINVAL;
    }
    fill_arguments(service->entry, &start);
    int status = launch_process(client, &granted, &start);
    if (will_have_memory(service, status))
        snprintf(service->end, sizeof(service->end), "%.*s", (int)sizeof(service->end) - 1,
                 start.error.message);
    else if (status < 0)
        fail(service, "%s", start.error.message);
    return status;
}

/* Returns 0 or -errno; it has failed then, unless it will have memory. */
static int start_service(struct service *service)
{
    struct client *client = client_add(service->entry, service);
    int status = -ANSER_EMFILE;
    service->exit_badge = BADGE_EXIT | ++start_count;
    service->exit = channel_mint(boot.receive, service->exit_badge);
    service->started = clock_now();
    if (!client || service->exit < 0)
        fail(service, "too many processes");
    else if ((status = start_granted(service, client)) == 0) {
        service->process = client->process;
        service->id = client->id;
        service->state = INIT_STATE_RUNNING;
        if (service->entry->takes_console)
            sys_log_console(boot.system, 0);
        return 0;
    }
    if (client)
        client_remove(client);
    handle_close(service->exit);
    service->exit = 0;
    return status;
}

/* What cannot be started once will not be started by trying again, but for want of memory. */
static void start_or_give_up(struct service *service)
{
    int status = service_open_channel(service) ? start_service(service) : -ANSER_EMFILE;
    if (will_have_memory(service, status))
        schedule(service);
    else if (status < 0)
        give_up(service, INIT_STATE_FAILED);
}

/* Starts it if all that it needs runs; else it is held until start_held finds so. */
static void start_or_hold(struct service *service)
{
    service->state = INIT_STATE_HELD;
    if (!service_waits_for(service))
        start_or_give_up(service);
}

/* Each service that now runs may be what others waited for. */
static void start_held(void)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; service_at(i); i++) {
            struct service *service = service_at(i);
            if (service->state != INIT_STATE_HELD || service_waits_for(service))
                continue;
            start_or_give_up(service);
            again = true;
        }
    }
}

/* Who waits for a service that will not come by itself is no error, but must be known. */
static void report_held(void)
{
    for (unsigned i = 0; service_at(i); i++) {
        const struct service *service = service_at(i);
        if (service->state == INIT_STATE_HELD)
            boot_report("service '%s' waits for '%s'", service->entry->name,
                        service_waits_for(service));
    }
}

/* What it drives is its own from now on, whether it runs or not. */
static void take_over(struct service *service)
{
    service->state = INIT_STATE_HELD;
    inventory_claim(service);
    service_open_channel(service);
}

/* One for each of the driver's devices, in order of address. */
static void add_instances(const struct manifest_entry *driver)
{
    const struct manifest_grant *device = manifest_find(driver, GRANT_DEVICE);
    for (unsigned number = 0; inventory_has(device->text); number++) {
        struct service *service = service_add_instance(driver, number);
        if (!service)
            return;
        take_over(service);
    }
}

void supervise_start(const struct manifest *manifest, bool interactive)
{
    anser_handle send = channel_mint(boot.receive, BADGE_TIMER);
    timer = sys_timer_create(send);
    handle_close(send);
    for (unsigned i = 0; i < manifest->count; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        bool wanted = interactive || !entry->interactive;
        if (entry->broken || !wanted)
            continue;
        if (entry->kind == MANIFEST_SERVICE)
            take_over(service_add(entry));
        else if (entry->kind == MANIFEST_DRIVER)
            add_instances(entry);
    }
    start_held();
    report_held();
}

int supervise_restart(struct service *service)
{
    service->deaths_in_a_row = 0; /* this end is wanted, and no sign of illness */
    service->end_count = 0;
    if (service->state == INIT_STATE_RUNNING) {
        /* Its handle goes with its client's record, which may be before we hear of its end. */
        int64_t status = sys_process_kill(service->process, 0);
        return status == -ANSER_EBADF ? -ANSER_ESRCH : (int)status;
    }
    start_or_hold(service);
    start_held();
    if (service->state == INIT_STATE_HELD)
        return -ANSER_EAGAIN;
    return service->state == INIT_STATE_RUNNING ? 0 : -ANSER_EINVAL;
}

/* ---- Events. --------------------------------------------------------------------------------- */

const char *exit_describe(const uint64_t *words, char text[static 96])
{
    if (words[2] == ANSER_EXIT_NORMAL)
        snprintf(text, 96, "ended with status %" PRId64, (int64_t)words[1]);
    else if (words[2] == ANSER_EXIT_KILLED)
        snprintf(text, 96, "was killed");
    else
        snprintf(text, 96, "faulted: cause %" PRIu64 ", address 0x%" PRIx64 ", pc 0x%" PRIx64,
                 words[3], words[4], words[5]);
    return text;
}

static bool wants_restart(const struct service *service, const uint64_t *words)
{
    bool failed = words[2] != ANSER_EXIT_NORMAL || words[1] != 0;
    return service->entry->restart == RESTART_ALWAYS ||
           (service->entry->restart == RESTART_ON_FAILURE && failed);
}

/* The process has gone, and so has the client's record as soon as its handles' GONE comes. */
static void service_ended(struct service *service, const uint64_t *words)
{
    handle_close(service->exit);
    service->exit = 0;
    service->process = 0;
    service->id = 0;
    if (service->entry->takes_console)
        sys_log_console(boot.system, 1);
    boot_report("service '%s' %s", service->entry->name, exit_describe(words, service->end));
    const char *wrong = inventory_stop(service);
    if (wrong) {
        fail(service, "%s", wrong);
        return;
    }
    if (!wants_restart(service, words)) {
        give_up(service, INIT_STATE_STOPPED);
        return;
    }
    schedule(service);
}

static void start_due(void)
{
    uint64_t now = clock_now();
    for (unsigned i = 0; service_at(i); i++)
        if (service_at(i)->state == INIT_STATE_WAITING && service_at(i)->due <= now)
            start_or_hold(service_at(i));
    start_held();
    set_timer();
}

void supervise_on_exit(struct server *server, const struct serve_event *event)
{
    (void)server;
    for (unsigned i = 0; service_at(i); i++) {
        struct service *service = service_at(i);
        if (service->state == INIT_STATE_RUNNING && service->exit_badge == event->badge)
            service_ended(service, event->words);
    }
    start_due();
}

void supervise_on_timer(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    start_due();
}
