/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions in a list, most recently used first; the fids of each in a hash of its own. */
#include "session.h"

#include <stddef.h>
#include <stdlib.h>
#include <anser/ninep.h>

static struct session *sessions;

/* The link that points to the session, or the list's last one, which is NULL. */
static struct session **find(uint64_t badge)
{
    struct session **link = &sessions;
    while (*link != NULL && (*link)->badge != badge)
        link = &(*link)->next;
    return link;
}

struct session *session_of(uint64_t badge)
{
    struct session **link = find(badge);
    struct session *session = *link;
    if (session == NULL) {
        session = calloc(1, sizeof(*session));
        if (session == NULL)
            return NULL;
        session->badge = badge;
        session->message_size = NINEP_MESSAGE_MAX;
    } else {
        *link = session->next;
    }
    session->next = sessions;
    sessions = session;
    return session;
}

void session_reset(struct session *session)
{
    for (unsigned i = 0; i < SESSION_BUCKETS; i++) {
        for (struct fid *fid = session->buckets[i], *next; fid != NULL; fid = next) {
            next = fid->next;
            free(fid);
        }
        session->buckets[i] = NULL;
    }
    session->fid_count = 0;
}

void session_end(uint64_t badge)
{
    struct session **link = find(badge), *session = *link;
    if (session == NULL)
        return;
    *link = session->next;
    session_reset(session);
    free(session);
}

static struct fid **find_fid(struct session *session, uint32_t number)
{
    struct fid **link = &session->buckets[number % SESSION_BUCKETS];
    while (*link != NULL && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

struct fid *session_fid(struct session *session, uint32_t number)
{
    return *find_fid(session, number);
}

int session_add(struct session *session, uint32_t number, uint32_t node)
{
    struct fid **link = find_fid(session, number);
    if (*link != NULL)
        return -NINEP_EEXIST;
    if (session->fid_count == SESSION_FIDS_MAX)
        return -NINEP_EMFILE;
    struct fid *fid = calloc(1, sizeof(*fid));
    if (fid == NULL)
        return -NINEP_ENOMEM;
    fid->number = number;
    fid->node = node;
    *link = fid;
    session->fid_count++;
    return 0;
}

void session_remove(struct session *session, uint32_t number)
{
    struct fid **link = find_fid(session, number), *fid = *link;
    *link = fid->next;
    free(fid);
    session->fid_count--;
}
