/* SPDX-License-Identifier: BSD-2-Clause */
/* See session.h. */
#include <stdbool.h>
#include <stdlib.h>
#include "channel.h"
#include "errno.h"
#include "ipc.h"
#include "memory.h"
#include "record.h"
#include "resolve.h"
#include "session.h"
#include "endpoint.h"
#include "syscall.h"

#define LISTS        64
#define SESSIONS_MAX 128
#define AREAS_MAX    256 /* of all sessions: each costs up to three pages of tables */

static struct session *lists[LISTS];
static struct session *to_wake;
static unsigned session_count;
static unsigned area_count;

void session_begin(void)
{
    struct keep_answer record;
    anser_handle notify;
    for (uint64_t key = 0; record_next(key, &record, &notify) == 1; key = record.key + 1) {
        if (notify == 0)
            continue;
        sys_signal(notify, SOCKET_SIGNAL_LOST);
        handle_close(notify);
    }
}

struct session *session_find(uint64_t badge)
{
    struct session *session = lists[badge % LISTS];
    while (session != NULL && session->badge != badge)
        session = session->next;
    return session;
}

/* Leaves the client's handle with init, for a successor. */
static void leave_record(uint64_t badge, anser_handle notify)
{
    static const uint64_t words[KEEP_WORDS];
    anser_handle copy = handle_duplicate(notify);
    if (copy > 0)
        record_store(badge, words, copy);
}

int64_t session_attach(uint64_t badge, anser_handle notify)
{
    session_end(badge);
    struct session *session =
        session_count < SESSIONS_MAX ? calloc(1, sizeof(struct session)) : NULL;
    if (session == NULL) {
        handle_close(notify);
        return -ENOMEM;
    }
    session_count++;
    session->badge = badge;
    session->notify = notify;
    session->next = lists[badge % LISTS];
    lists[badge % LISTS] = session;
    leave_record(badge, notify);
    return 0;
}

static void forget_wake(struct session *session)
{
    struct session **place = &to_wake;
    while (*place != NULL && *place != session)
        place = &(*place)->next_wake;
    if (*place != NULL)
        *place = session->next_wake;
}

void session_end(uint64_t badge)
{
    struct session **place = &lists[badge % LISTS];
    while (*place != NULL && (*place)->badge != badge)
        place = &(*place)->next;
    struct session *session = *place;
    if (session == NULL)
        return;
    *place = session->next;
    for (unsigned i = 0; i < SOCKET_MAX; i++)
        if (session->sockets[i] != NULL)
            endpoint_orphan(session->sockets[i]);
    for (unsigned i = 0; i < session->area_count; i++)
        area_release(session->areas[i]);
    resolve_forget(session);
    forget_wake(session);
    handle_close(session->notify);
    free(session);
    session_count--;
    record_drop(badge);
}

static struct area *map_area(anser_handle pages, size_t size)
{
    struct area *area = calloc(1, sizeof(*area));
    if (area == NULL)
        return NULL;
    area->memory = memory_map_object(pages, 0, size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    area->size = size;
    area->references = 1;
    if (area->memory != NULL)
        return area;
    free(area);
    return NULL;
}

int64_t session_add_area(struct session *session, anser_handle pages)
{
    struct sys_result about = sys_pages_info(pages);
    if (about.status < 0 || about.status > SOCKET_AREA_MAX / ANSER_PAGE_SIZE)
        return -EINVAL;
    if (session->area_count == SOCKET_AREAS_MAX || area_count == AREAS_MAX)
        return -EMFILE;
    struct area *area = map_area(pages, (size_t)about.status * ANSER_PAGE_SIZE);
    if (area == NULL)
        return -ENOMEM;
    area_count++;
    session->areas[session->area_count] = area;
    return session->area_count++;
}

uint8_t *session_memory(struct session *session, unsigned area, uint64_t offset, uint64_t length)
{
    if (area >= session->area_count)
        return NULL;
    size_t size = session->areas[area]->size;
    if (offset > size || length > size - offset)
        return NULL;
    return session->areas[area]->memory + offset;
}

void area_release(struct area *area)
{
    if (area == NULL || --area->references > 0)
        return;
    area_count--;
    memory_unmap(area->memory, area->size);
    free(area);
}

void session_wake(struct session *session, uint32_t socket)
{
    if (session == NULL)
        return;
    if (session->wake == 0) {
        session->next_wake = to_wake;
        to_wake = session;
    }
    session->wake |= 1ul << socket % SOCKET_SIGNAL_BITS;
}

void session_wake_all(void)
{
    while (to_wake != NULL) {
        struct session *session = to_wake;
        to_wake = session->next_wake;
        uint64_t bits = session->wake;
        session->wake = 0;
        ipc_signal(session->notify, bits);
    }
}
