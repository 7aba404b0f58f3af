/* SPDX-License-Identifier: BSD-2-Clause */
/* An example of a server: keeps a sum for each client, and forgets it when the client has gone. */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "serve.h"
#include "start.h"
#include "tally.h"

#define CLIENTS_MAX 16

static struct client {
    uint64_t badge; /* 0: free */
    int64_t sum;
} clients[CLIENTS_MAX];

/* init gives every client a badge of its own; the first request makes the client's record. */
static struct client *find_client(uint64_t badge)
{
    struct client *free = NULL;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (clients[i].badge == badge)
            return &clients[i];
        if (clients[i].badge == 0)
            free = &clients[i];
    }
    if (free != NULL)
        *free = (struct client){.badge = badge};
    return free;
}

static int64_t answer_sum(struct serve_request *request, int64_t status, int64_t sum)
{
    memcpy(request->answer, &sum, sizeof(sum));
    request->answer_length = sizeof(sum);
    return status;
}

static int64_t add(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct tally_add *asked = request->data;
    struct client *client = find_client(request->badge);
    if (client == NULL)
        return -ENOMEM;
    int64_t sum;
    if (__builtin_add_overflow(client->sum, asked->value, &sum))
        return -EINVAL;
    client->sum = sum;
    return answer_sum(request, 0, sum);
}

static int64_t total(struct server *server, struct serve_request *request)
{
    (void)server;
    int64_t sum = 0, count = 0;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        count += clients[i].badge != 0;
        sum += clients[i].sum;
    }
    return answer_sum(request, count, sum);
}

/* The last handle of this client has been closed, by itself or by its end. */
static void gone(struct server *server, uint64_t badge)
{
    (void)server;
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (clients[i].badge == badge)
            clients[i] = (struct client){.badge = 0};
}

static const struct serve_handler handlers[] = {
    {TALLY_ADD, sizeof(struct tally_add), add},
    {TALLY_TOTAL, sizeof(uint64_t), total},
};

int main(void)
{
    struct server server = {
        .receive = start_handle(START_RECEIVE),
        .element_size = 64,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .gone = gone,
    };
    return serve_run(&server) < 0;
}
