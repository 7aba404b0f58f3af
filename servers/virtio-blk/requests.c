/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the clients' rings to the device, and back. Clients that may have requests stand in a queue,
 * and each has a turn of a few of them: so all go on when the device has room for some only. A
 * client's memory is hostile: a request is copied, then judged.
 */
#include "requests.h"

#include "device.h"
#include <errno.h>
#include "ipc.h"

#define TURN      16 /* requests */
#define TURNS_MAX 64 /* without looking for messages */

struct block_statistics requests_statistics;

static struct client *busy_first, *busy_last;
static struct client *put_first; /* those with completions that are not handed over */

/* ---- The queue of those who may have requests. ----------------------------------------------- */

static void busy_append(struct client *client)
{
    if (client->is_busy)
        return;
    client->is_busy = true;
    client->after = NULL;
    if (busy_first == NULL)
        busy_first = client;
    else
        busy_last->after = client;
    busy_last = client;
}

static struct client *busy_take(void)
{
    struct client *client = busy_first;
    busy_first = client->after;
    client->is_busy = false;
    return client;
}

/* ---- Completions. ---------------------------------------------------------------------------- */

/* There is room: nothing is taken from a client for whose completion there is none. */
static void complete(struct client *client, uint64_t cookie, int64_t status)
{
    struct block_completion *completion = ring_entry(&client->completions, client->put);
    completion->cookie = cookie;
    completion->status = status;
    client->put++;
    if (client->has_put)
        return;
    client->has_put = true;
    client->next = put_first;
    put_first = client;
}

/* Hands over what was put in, to all. */
static void publish(void)
{
    while (put_first != NULL) {
        struct client *client = put_first;
        put_first = client->next;
        client->has_put = false;
        uint32_t put = client->put;
        client->put = 0;
        if (client->badge == 0)
            client_landed(client);
        else if (ring_advance(&client->completions, put))
            ipc_signal(client->notify, 1);
    }
}

static void count(const struct device_request *request, int status)
{
    if (status < 0) {
        requests_statistics.errors++;
    } else if (request->operation == BLOCK_OP_READ) {
        requests_statistics.reads++;
        requests_statistics.read_bytes += request->bytes;
    } else if (request->operation == BLOCK_OP_WRITE) {
        requests_statistics.writes++;
        requests_statistics.written_bytes += request->bytes;
    } else {
        requests_statistics.others++;
    }
}

static void end(const struct device_request *request, int status)
{
    struct client *client = request->owner;
    if (client == NULL)
        return;
    count(request, status);
    client->in_flight--;
    if (client->badge != 0)
        complete(client, request->cookie, status);
    else
        client_landed(client);
}

int requests_end(void)
{
    const struct device_request *request;
    int status, taken;
    do {
        while ((taken = device_take(&request, &status)) == 1)
            end(request, status);
        if (taken < 0)
            return taken;
    } while (!device_wait());
    publish();
    return 0;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

/* 0, or what is wrong with the request. */
static int judge(const struct client *client, const struct block_request *request)
{
    uint32_t operation = request->operation;
    uint64_t bytes = request->bytes;
    if (operation > BLOCK_OP_ZERO)
        return -EINVAL;
    if (operation == BLOCK_OP_FLUSH)
        return 0;
    uint64_t sectors = bytes / BLOCK_SECTOR, mask = device_info.block_size - 1;
    if (bytes == 0 || bytes & mask || request->sector * BLOCK_SECTOR & mask ||
        request->sector > device_info.sectors || sectors > device_info.sectors - request->sector)
        return -EINVAL;
    if (operation != BLOCK_OP_READ && device_info.flags & BLOCK_READ_ONLY)
        return -EROFS;
    if (operation == BLOCK_OP_DISCARD || operation == BLOCK_OP_ZERO) {
        uint32_t flag = operation == BLOCK_OP_ZERO ? BLOCK_CAN_ZERO : BLOCK_CAN_DISCARD;
        if (!(device_info.flags & flag))
            return -EOPNOTSUPP;
        return sectors > device_info.range_sectors_max ? -EINVAL : 0;
    }
    if (bytes > device_info.request_max || request->offset % 8 != 0 ||
        request->offset > client->data_size || bytes > client->data_size - request->offset)
        return -EINVAL;
    return 0;
}

static void begin(struct client *client, const struct block_request *request)
{
    int status = judge(client, request);
    /* 5.2.6.2: a device without this feature writes through, so there is nothing to flush. */
    bool needless = request->operation == BLOCK_OP_FLUSH && !(device_info.flags & BLOCK_CAN_FLUSH);
    if (status < 0 || needless) {
        complete(client, request->cookie, status);
        requests_statistics.errors += status < 0;
        return;
    }
    device_submit(&(struct device_request){.operation = request->operation,
                                           .sector = request->sector,
                                           .physical = client->data_physical + request->offset,
                                           .bytes = request->bytes,
                                           .owner = client,
                                           .cookie = request->cookie});
    client->in_flight++;
}

/* Each field once: the client can change them at any moment. */
static struct block_request read_request(const volatile struct block_request *put)
{
    return (struct block_request){.sector = put->sector,
                                  .cookie = put->cookie,
                                  .operation = put->operation,
                                  .offset = put->offset,
                                  .bytes = put->bytes};
}

static uint32_t smallest(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* One turn. Returns whether the client has more, as far as is known; -EPROTO. */
static int take_turn(struct client *client)
{
    int64_t ready = ring_ready(&client->requests);
    int64_t room = ring_ready(&client->completions);
    uint32_t owed = client->in_flight + client->put;
    if (ready < 0 || room < owed)
        return -EPROTO;
    uint32_t count = smallest(smallest((uint32_t)ready, (uint32_t)room - owed), TURN);
    count = smallest(count, device_room());
    for (uint32_t i = 0; i < count; i++) {
        struct block_request request = read_request(ring_entry(&client->requests, i));
        begin(client, &request);
    }
    if (count > 0 && ring_advance(&client->requests, count))
        ipc_signal(client->notify, 1);
    if (count == ready)
        return !ring_sleep(&client->requests, 1);
    /* It goes on when the client has taken completions, which it tells. */
    if (count == (uint32_t)room - owed)
        return !ring_sleep(&client->completions, owed + 1);
    return 1;
}

bool requests_pump(void)
{
    unsigned turns = 0;
    if (busy_first == NULL)
        return true;
    while (busy_first != NULL && device_room() > 0 && turns++ < TURNS_MAX) {
        struct client *client = busy_take();
        if (client->badge == 0) {
            client_landed(client);
            continue;
        }
        int more = take_turn(client);
        if (more < 0)
            client_detach(client);
        else if (more > 0)
            busy_append(client);
    }
    device_start();
    publish();
    return busy_first == NULL || device_room() == 0;
}

int requests_look(struct client *client)
{
    uint64_t badge = client->badge;
    busy_append(client);
    requests_pump();
    return client_find(badge) == client ? 0 : -EPROTO;
}
