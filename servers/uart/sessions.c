/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of sessions, and its copy with init. */
#include <string.h>
#include <anser/init.h>
#include <anser/keep.h>
#include "channel.h"
#include "serve.h"
#include "start.h"
#include "sessions.h"

/* Badges from here on are init's, see BADGE_SESSION there; those below are of CONSOLE_OPEN. */
#define NUMBER_OF_INIT (1ul << 32)
#define KEY_FOREGROUND 0 /* no session has this number */

static struct session sessions[SESSIONS_MAX];
static uint64_t foreground; /* number, 0: none */
static uint64_t last_number;

/* ---- The copy. A failure costs a part of the session after the next restart, nothing now. -----
 */

static int64_t keep(struct keep_request *request, anser_handle handle)
{
    struct keep_answer answer;
    struct channel_out out = {.data = request, .length = sizeof(*request)};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    if (handle > 0) {
        out.handle_count = 1;
        out.handles[0] = handle;
    }
    int error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error < 0) {
        handle_close(handle);
        return error;
    }
    return answer.status;
}

static void keep_session(const struct session *session, anser_handle interrupt)
{
    struct keep_request request = {.type = KEEP_STORE, .key = session->number};
    request.words[0] = session->opener;
    request.words[1] = session->mode;
    keep(&request, interrupt > 0 ? handle_duplicate(interrupt) : 0);
}

static void keep_foreground(void)
{
    struct keep_request request = {.type = KEEP_STORE, .key = KEY_FOREGROUND};
    request.words[0] = foreground;
    request.words[1] = last_number;
    keep(&request, 0);
}

static struct session *free_place(void)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (!sessions[i].number)
            return &sessions[i];
    return NULL;
}

static void restore(const struct keep_answer *record, anser_handle handle)
{
    struct session *session = record->key == KEY_FOREGROUND ? NULL : free_place();
    if (!session) {
        foreground = record->words[0];
        last_number = record->words[1];
        handle_close(handle);
        return;
    }
    *session = (struct session){.number = record->key,
                                .opener = record->words[0],
                                .mode = record->words[1],
                                .interrupt = handle};
}

void sessions_init(void)
{
    struct keep_request request = {.type = KEEP_NEXT};
    for (;;) {
        struct keep_answer answer;
        struct channel_out out = {.data = &request, .length = sizeof(request)};
        struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
        if (channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER) < 0 ||
            answer.status != 1)
            return;
        restore(&answer, in.handle_count ? in.handles[0] : 0);
        request.key = answer.key + 1;
    }
}

/* ---- The table. ------------------------------------------------------------------------------ */

struct session *session_find(uint64_t number)
{
    for (unsigned i = 0; number && i < SESSIONS_MAX; i++)
        if (sessions[i].number == number)
            return &sessions[i];
    return NULL;
}

static struct session *add(uint64_t number, uint64_t opener, anser_handle interrupt)
{
    struct session *session = free_place();
    if (!session)
        return NULL;
    *session = (struct session){
        .number = number, .opener = opener, .mode = CONSOLE_MODE_DEFAULT, .interrupt = interrupt};
    keep_session(session, interrupt);
    return session;
}

struct session *session_admit(uint64_t badge)
{
    struct session *session = session_find(badge);
    return session || badge < NUMBER_OF_INIT ? session : add(badge, 0, 0);
}

struct session *session_add(uint64_t opener, anser_handle interrupt)
{
    struct session *session = add(last_number + 1, opener, interrupt);
    if (!session)
        return NULL;
    last_number++;
    keep_foreground();
    return session;
}

void session_end(struct session *session)
{
    struct keep_request request = {.type = KEEP_DROP, .key = session->number};
    if (session->reader)
        serve_answer(session->reader, -ANSER_EPIPE, NULL, 0);
    handle_close(session->interrupt);
    keep(&request, 0);
    uint64_t number = session->number, opener = session->opener;
    memset(session, 0, sizeof(*session));
    if (foreground == number)
        session_set_foreground(session_find(opener));
}

void session_set_mode(struct session *session, uint64_t mode)
{
    if (session->mode == mode)
        return;
    session->mode = mode;
    keep_session(session, 0);
}

struct session *session_foreground(void)
{
    return session_find(foreground);
}

void session_set_foreground(struct session *session)
{
    uint64_t number = session ? session->number : 0;
    if (foreground == number)
        return;
    foreground = number;
    keep_foreground();
}

bool session_owns(const struct session *session, const struct session *other)
{
    /* Openers are older than what they opened, and numbers are not used twice: no circle. */
    while (other && other != session)
        other = session_find(other->opener);
    return other == session;
}
