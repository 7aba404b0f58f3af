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

/* ---- The copy: for each client the signal that wakes it. ------------------------------------- */

static int keep(uint64_t badge, anser_handle notify)
{
    static const uint64_t nothing[KEEP_WORDS];
    anser_handle copy = handle_duplicate(notify);
    return copy < 0 ? (int)copy : (int)record_store(badge, nothing, copy);
}

void clients_init(anser_handle memory)
{
    struct keep_answer record;
    anser_handle notify;
    device = memory;
    for (uint64_t key = 0; record_next(key, &record, &notify) == 1; key = record.key + 1) {
        sys_signal(notify, 1);
        handle_close(notify);
    }
}

/* ---- The table. ------------------------------------------------------------------------------ */

struct client *client_find(uint64_t badge)
{
    if (last_found->badge == badge)
        return last_found;
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].badge == badge)
            return last_found = &clients[i];
    return NULL;
}

static struct client *free_place(void)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (!clients[i].taken)
            return &clients[i];
    return NULL;
}

static void free_client(struct client *client)
{
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
    record_drop(client->badge);
    client->badge = 0;
    free_if_idle(client);
}

/* ---- The region: two rings, then the data. --------------------------------------------------- */

static size_t align(size_t size)
{
    return (size + RING_LINE - 1) & ~(size_t)(RING_LINE - 1);
}

static int make_region(struct client *client, size_t data, uint32_t entries,
                       struct block_attached *answered)
{
    size_t ring = sizeof(struct ring_shared);
    answered->requests = 0;
    answered->completions = (uint32_t)align(ring + entries * sizeof(struct block_request));
    answered->data = (uint32_t)memory_round_up(answered->completions + ring +
                                               entries * sizeof(struct block_completion));
    answered->data_size = (uint32_t)memory_round_up(data);
    answered->size = answered->data + answered->data_size;
    int status = dma_create(&client->region, device, answered->size, true);
    if (status < 0)
        return status;
    uint8_t *requests = client->region.memory + answered->requests;
    uint8_t *completions = client->region.memory + answered->completions;
    client->data_physical = client->region.physical + answered->data;
    client->data_size = answered->data_size;
    ring_begin_taker(&client->requests, (struct ring_shared *)requests, requests + ring, entries,
                     sizeof(struct block_request));
    ring_begin_putter(&client->completions, (struct ring_shared *)completions, completions + ring,
                      entries, sizeof(struct block_completion));
    return 0;
}

static bool is_signal(anser_handle handle)
{
    struct sys_result info = sys_handle_info(handle);
    uint64_t needed = ANSER_RIGHT_SEND | ANSER_RIGHT_DUP;
    return info.status == ANSER_TYPE_SIGNAL && (info.value & needed) == needed;
}

int client_attach(uint64_t badge, const struct block_attach *wanted, anser_handle notify,
                  struct block_attached *answered, anser_handle *region)
{
    uint64_t entries = wanted->entries;
    if (wanted->bytes == 0 || wanted->bytes > BLOCK_REGION_MAX || entries == 0 ||
        entries > BLOCK_ENTRIES_MAX || (entries & (entries - 1)) != 0 || !is_signal(notify))
        return -EINVAL;
    struct client *client = client_find(badge);
    if (client != NULL)
        client_detach(client);
    client = free_place();
    if (client == NULL)
        return -EMFILE;
    int status = make_region(client, wanted->bytes, (uint32_t)entries, answered);
    if (status == 0)
        status = keep(badge, notify);
    if (status == 0) {
        *region = dma_share(&client->region);
        status = *region < 0 ? (int)*region : 0;
    }
    if (status < 0) {
        free_client(client);
        return status;
    }
    client->taken = true;
    client->badge = badge;
    client->notify = notify;
    /* It is told of the first requests: until then nobody looks. */
    ring_sleep(&client->requests, 1);
    return 0;
}
