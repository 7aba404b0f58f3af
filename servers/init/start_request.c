/* SPDX-License-Identifier: BSD-2-Clause */
/* From the bytes of a request to a launch: nothing in it is believed before it is checked. */
#include "start_request.h"

#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "syscall.h"
#include "boot.h"
#include "clients.h"
#include "deposits.h"
#include "grants.h"
#include "launch.h"
#include "programs.h"

#define FLAGS_ALL (INIT_START_CONSOLE | INIT_START_EXIT | INIT_START_IMAGE)

/* A start on its way. Too large for the stack, and init serves one request at a time. */
static struct {
    struct launch launch;
    struct granted granted;
    anser_handle session; /* the request's, or 0 */
    char path[LAUNCH_PATH_MAX];
} begun;

/* Points list[0..count] at strings in `length` bytes. False: they are not what the lengths say. */
static bool read_strings(const char *at, uint64_t length, uint64_t count, const char **list)
{
    const char *end = at + length;
    for (uint64_t i = 0; i < count; i++) {
        const char *nul = memchr(at, 0, (size_t)(end - at));
        if (!nul)
            return false;
        list[i] = at;
        at = nul + 1;
    }
    list[count] = NULL;
    return at == end;
}

static int read_lists(const struct serve_request *request, struct launch *start)
{
    const struct init_start *asked = request->data;
    uint64_t room = request->length - sizeof(*asked);
    if (asked->argument_length > room || asked->environment_length > room - asked->argument_length)
        return -ANSER_EINVAL;
    if (asked->argument_count < 1 || asked->argument_count > LAUNCH_ARGUMENTS_MAX ||
        asked->environment_count > LAUNCH_ENVIRONMENT_MAX)
        return -ANSER_EINVAL;
    start->argument_count = asked->argument_count;
    start->environment_count = (unsigned)asked->environment_count;
    bool good = read_strings(asked->arguments, asked->argument_length, asked->argument_count,
                             start->arguments) &&
                read_strings(asked->arguments + asked->argument_length, asked->environment_length,
                             asked->environment_count, start->environment);
    return good ? 0 : -ANSER_EINVAL;
}

/* The console session and the exit handle of a request, by its flags. They stay the loop's. */
static int read_handles(const struct serve_request *request, struct launch *start)
{
    const struct init_start *asked = request->data;
    unsigned used = 0;
    if ((asked->flags & INIT_START_CONSOLE) && used < request->handle_count)
        begun.session = request->handles[used++];
    if ((asked->flags & INIT_START_EXIT) && used < request->handle_count)
        start->exit = request->handles[used++];
    unsigned wanted = (asked->flags & 1) + (asked->flags >> 1 & 1);
    bool good = asked->flags <= FLAGS_ALL && used == wanted && used == request->handle_count;
    return good ? 0 : -ANSER_EINVAL;
}

/* "/PATH" of the archive, or a NAME of its folder of programs. */
static int read_path(struct launch *start)
{
    const char *name = start->arguments[0];
    int length = name[0] == '/'
                     ? snprintf(begun.path, sizeof(begun.path), "%s", name + 1)
                     : snprintf(begun.path, sizeof(begun.path), PROGRAMS_FOLDER "%s", name);
    start->path = begun.path;
    return length < (int)sizeof(begun.path) ? 0 : -ANSER_ESRCH;
}

static int read_request(const struct serve_request *request)
{
    const struct init_start *asked = request->data;
    struct launch *start = &begun.launch;
    memset(&begun, 0, sizeof(begun));
    start->memory_pages = asked->memory_pages;
    start->image_offset = asked->image_offset;
    start->image_size = asked->image_size;
    int status = read_handles(request, start);
    if (status == 0)
        status = read_lists(request, start);
    return status == 0 ? read_path(start) : status;
}

/* ---- What the program gets. ------------------------------------------------------------------ */

/* An image from elsewhere must not have what the manifest grants to a path of the archive. */
static const struct manifest_entry *find_entry(const struct launch *start)
{
    return manifest_program(programs_manifest(), start->image ? "*" : start->path);
}

static int refuse(int status, const char *text)
{
    snprintf(begun.launch.error.message, sizeof(begun.launch.error.message), "%s", text);
    boot_report("%s: %s", begun.launch.path, text);
    return status;
}

/* Grants, standard streams, the starter's handles, `signals`. False: granted.error says why. */
static bool gather_handles(struct client *child, const struct client *starter,
                           anser_handle *signals)
{
    struct granted *granted = &begun.granted;
    if (!grants_make(child, granted))
        return false;
    struct channel signal = {.send = 0};
    int error = channel_create_signal(&signal);
    bool gathered = grants_add(granted, START_SIGNALS, error < 0 ? error : signal.receive) &&
                    (!begun.session || grants_add_stdio(granted, begun.session)) &&
                    deposit_take_all(starter, granted);
    *signals = signal.send;
    if (gathered)
        return true;
    grants_close(granted);
    return false;
}

/* Starts the program for a new client; returns the client, or NULL and the error. */
static struct client *start_program(const struct client *starter, anser_handle *signals, int *error)
{
    const struct manifest_entry *entry = find_entry(&begun.launch);
    if (!entry) {
        *error = refuse(-ANSER_EPERM, "the manifest has no 'program' stanza for it");
        return NULL;
    }
    struct client *child = client_add(entry, NULL);
    if (!child) {
        *error = refuse(-ANSER_ENOMEM, "too many processes");
        return NULL;
    }
    if (!gather_handles(child, starter, signals))
        *error = refuse(-ANSER_EINVAL, begun.granted.error);
    else
        *error = launch_process(child, &begun.granted, &begun.launch);
    if (*error == 0)
        return child;
    client_remove(child);
    return NULL;
}

/* ---- The request. ---------------------------------------------------------------------------- */

static int64_t answer(struct serve_request *request, int64_t status, uint64_t id)
{
    struct init_started started = {
        .process = id,
        .flags = (begun.launch.foreign ? INIT_STARTED_FOREIGN : 0) |
                 (begun.launch.heeds_signals ? INIT_STARTED_SIGNALS : 0),
    };
    if (status < 0)
        snprintf(started.text, sizeof(started.text), "%s", begun.launch.error.message);
    memcpy(request->answer, &started.process, sizeof(started) - sizeof(started.status));
    request->answer_length = sizeof(started) - sizeof(started.status);
    request->answer_with_error = true;
    return status;
}

/* Starts what has been read; the starter's image and deposits are gone afterwards. */
static int64_t start_read(struct serve_request *request, const struct client *starter)
{
    const struct init_start *asked = request->data;
    anser_handle signals = 0;
    int error = -ANSER_EINVAL;
    const struct client *child = NULL;
    if (asked->flags & INIT_START_IMAGE)
        begun.launch.image = deposit_take(starter, "image");
    if ((asked->flags & INIT_START_IMAGE) && !begun.launch.image)
        refuse(error, "no handle \"image\" was given");
    else
        child = start_program(starter, &signals, &error);
    handle_close(begun.launch.image);
    if (!child) {
        handle_close(signals);
        return answer(request, error, 0);
    }
    request->answer_handles[0] = handle_duplicate(child->process);
    request->answer_handles[1] = signals;
    request->answer_handle_count = 2;
    return answer(request, 0, child->id);
}

int64_t start_request(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct client *starter = client_find(request->badge);
    if (!starter || !manifest_find(starter->entry, GRANT_PROCESSES))
        return -ANSER_EPERM;
    int64_t status = read_request(request);
    if (status == 0) {
        status = start_read(request, starter);
    } else {
        snprintf(begun.launch.error.message, sizeof(begun.launch.error.message), "%s",
                 status == -ANSER_ESRCH ? "its name is too long"
                                        : "arguments, environment or handles are not as the "
                                          "request says");
        status = answer(request, status, 0);
    }
    deposit_forget(starter);
    return status;
}
