/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of clients, their regions, and the copy of it that init keeps for a successor. */
#include "clients.h"

#include <string.h>
#include "channel.h"
#include <errno.h>
#include "memory.h"
#include "record.h"
#include "syscall.h"

static struct client clients[CLIENTS_MAX];
static struct client *last_found = clients;
static anser_handle device;

/* ---- The copy that init keeps: for each client the signal that wakes it, and its region. ------
 */

static int keep(const struct client *client, uint64_t badge, anser_handle notify)
{
    static const uint64_t nothing[KEEP_WORDS];
    const uint64_t words[KEEP_WORDS] = {client->entries, client->data_size};
    anser_handle region = handle_duplicate(client->region.pages);
    anser_handle signal = handle_duplicate(notify);
    int64_t status = region < 0 ? region : record_store(badge | CLIENT_KEY_REGION, nothing, region);
    if (signal < 0)
        return (int)signal;
    if (status < 0) {
        handle_close(signal);
        return (int)status;
    }
    return (int)record_store(badge, words, signal);
}

void clients_init(anser_handle memory)
{
    device = memory;
}

/* ---- The table. ------------------------------------------------------------------------------ */

static struct client *find_any(uint64_t badge)
{
    for (unsigned i = 0; badge != 0 && i < CLIENTS_MAX; i++)
        if (clients[i].badge == badge)
            return &clients[i];
    return NULL;
}

struct client *client_find(uint64_t badge)
{
    if (last_found->badge != badge) {
        struct client *found = find_any(badge);
        if (found == NULL)
            return NULL;
        last_found = found;
    }
    return badge == 0 || last_found->is_stale ? NULL : last_found;
}

static struct client *free_place(void)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].key == 0)
            return &clients[i];
    return NULL;
}

/* A client that attached again while its requests were in flight is twice in the table; the records
 * are those of its new place. */
static bool has_records(const struct client *client)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (&clients[i] != client && clients[i].key == client->key)
            return false;
    return client->key != 0;
}

/* Only now nobody needs the region any more: until here init had it as well, so it cannot be free
 * while the device may use it, whoever dies. */
static void free_client(struct client *client)
{
    if (has_records(client)) {
        record_drop(client->key | CLIENT_KEY_REGION);
        record_drop(client->key);
    }
    dma_destroy(&client->region);
    handle_close(client->notify);
    memset(client, 0, sizeof(*client));
}

/* Whoever is in the queue or the list ends when it is taken out there. */
static void free_if_idle(struct client *client)
{
    if (client->badge == 0 && client->in_flight == 0 && !client->is_busy && !client->has_put)
        free_client(client);
}

void client_landed(struct client *client)
{
    free_if_idle(client);
}

void client_detach(struct client *client)
{
    const uint64_t words[KEEP_WORDS] = {client->entries, client->data_size, true};
    if (client->in_flight > 0)
        record_store(client->key, words, 0);
    client->badge = 0;
    free_if_idle(client);
}

void client_end(uint64_t badge)
{
    struct client *client = find_any(badge);
    if (client != NULL)
        client_detach(client);
}

struct client *client_add_stale(uint64_t badge, const struct dma *region, uint32_t entries,
                                uint32_t data_size)
{
    struct client *client = free_place();
    if (client != NULL)
        *client = (struct client){.badge = badge,
                                  .key = badge,
                                  .is_stale = true,
                                  .region = *region,
                                  .entries = entries,
                                  .data_size = data_size};
    return client;
}

/* ---- The region: two rings, then the data. --------------------------------------------------- */

static size_t align(size_t size)
{
    return (size + RING_LINE - 1) & ~(size_t)(RING_LINE - 1);
}

static void lay_out(size_t data, uint32_t entries, struct block_attached *answered)
{
    size_t ring = sizeof(struct ring_shared);
    answered->requests = 0;
    answered->completions = (uint32_t)align(ring + entries * sizeof(struct block_request));
    answered->data = (uint32_t)memory_round_up(answered->completions + ring +
                                               entries * sizeof(struct block_completion));
    answered->data_size = (uint32_t)memory_round_up(data);
    answered->size = answered->data + answered->data_size;
}

static void begin_rings(struct client *client, const struct block_attached *answered)
{
    uint8_t *requests = client->region.memory + answered->requests;
    uint8_t *completions = client->region.memory + answered->completions;
    size_t ring = sizeof(struct ring_shared);
    memset(requests, 0, ring);
    memset(completions, 0, ring);
    ring_begin_taker(&client->requests, (struct ring_shared *)requests, requests + ring,
                     client->entries, sizeof(struct block_request));
    ring_begin_putter(&client->completions, (struct ring_shared *)completions, completions + ring,
                      client->entries, sizeof(struct block_completion));
    client->data_physical = client->region.physical + answered->data;
    /* It is told of the first requests: until then nobody looks. */
    ring_sleep(&client->requests, 1);
}

static bool is_signal(anser_handle handle)
{
    struct sys_result info = sys_handle_info(handle);
    uint64_t needed = ANSER_RIGHT_SEND | ANSER_RIGHT_DUP;
    return info.status == ANSER_TYPE_SIGNAL && (info.value & needed) == needed;
}

/* The client's place with a region of the size wanted: that of the predecessor, or a new one. */
static int prepare(uint64_t badge, uint32_t entries, struct block_attached *answered,
                   struct client **prepared)
{
    struct client *client = find_any(badge);
    bool same = client != NULL && client->is_stale && client->entries == entries &&
                client->region.size == answered->size && client->data_size == answered->data_size;
    *prepared = client;
    answered->kept = same;
    if (same)
        return 0;
    if (client != NULL)
        client_detach(client);
    *prepared = client = free_place();
    if (client == NULL)
        return -EMFILE;
    client->entries = entries;
    client->data_size = answered->data_size;
    return dma_create(&client->region, device, answered->size, true);
}

int client_attach(uint64_t badge, const struct block_attach *wanted, anser_handle notify,
                  struct block_attached *answered, anser_handle *region)
{
    uint64_t entries = wanted->entries;
    struct client *client;
    if (wanted->bytes == 0 || wanted->bytes > BLOCK_REGION_MAX || entries == 0 ||
        entries > BLOCK_ENTRIES_MAX || (entries & (entries - 1)) != 0 || !is_signal(notify))
        return -EINVAL;
    lay_out(wanted->bytes, (uint32_t)entries, answered);
    int status = prepare(badge, (uint32_t)entries, answered, &client);
    if (status == 0) {
        client->key = badge; /* from here on there may be records of it */
        status = keep(client, badge, notify);
    }
    if (status == 0) {
        *region = dma_share(&client->region);
        status = *region < 0 ? (int)*region : 0;
    }
    if (status < 0) {
        if (client != NULL)
            free_client(client);
        return status;
    }
    handle_close(client->notify);
    client->notify = notify;
    client->badge = badge;
    client->is_stale = false;
    begin_rings(client, answered);
    return 0;
}
