/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of records: few, small, and searched in order. */
#include <string.h>
#include <anser/keep.h>
#include "channel.h"
#include "clients.h"
#include "keep.h"

#define RECORDS_MAX 256

struct record {
    const struct service *owner; /* NULL: free */
    uint64_t key;
    uint64_t words[KEEP_WORDS];
    anser_handle handle;
};

static struct record records[RECORDS_MAX];

static struct record *find(const struct service *owner, uint64_t key)
{
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        if (records[i].owner == owner && (!owner || records[i].key == key))
            return &records[i];
    return NULL;
}

/* The record with the smallest key from `key` on. */
static struct record *find_from(const struct service *owner, uint64_t key)
{
    struct record *best = NULL;
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        if (records[i].owner == owner && records[i].key >= key &&
            (!best || records[i].key < best->key))
            best = &records[i];
    return best;
}

static void forget(struct record *record)
{
    handle_close(record->handle);
    memset(record, 0, sizeof(*record));
}

void keep_forget(const struct service *service)
{
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        if (records[i].owner == service)
            forget(&records[i]);
}

/* Only services keep anything: a program has no successor. */
static const struct service *asker(const struct serve_request *request)
{
    const struct client *client = client_find(request->badge);
    return client ? client->service : NULL;
}

int64_t keep_store(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct keep_request *asked = request->data;
    const struct service *owner = asker(request);
    if (!owner)
        return -ANSER_EPERM;
    struct record *record = find(owner, asked->key);
    if (!record)
        record = find(NULL, 0);
    if (!record)
        return -ANSER_ENOMEM;
    record->owner = owner;
    record->key = asked->key;
    memcpy(record->words, asked->words, sizeof(record->words));
    if (request->handle_count > 0) {
        handle_close(record->handle);
        record->handle = request->handles[0];
        request->handles[0] = 0;
    }
    return 0;
}

int64_t keep_drop(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct keep_request *asked = request->data;
    const struct service *owner = asker(request);
    if (!owner)
        return -ANSER_EPERM;
    struct record *record = find(owner, asked->key);
    if (!record)
        return -ANSER_ESRCH;
    forget(record);
    return 0;
}

int64_t keep_next(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct keep_request *asked = request->data;
    const struct service *owner = asker(request);
    if (!owner)
        return -ANSER_EPERM;
    const struct record *record = find_from(owner, asked->key);
    if (!record)
        return 0;
    struct keep_answer answer = {.key = record->key};
    memcpy(answer.words, record->words, sizeof(answer.words));
    memcpy(request->answer, &answer.key, sizeof(answer) - sizeof(answer.status));
    request->answer_length = sizeof(answer) - sizeof(answer.status);
    anser_handle handle = record->handle ? handle_duplicate(record->handle) : 0;
    if (handle > 0) {
        request->answer_handles[0] = handle;
        request->answer_handle_count = 1;
    }
    return 1;
}
