/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shaped like a driver: `registry serve` publishes a channel on which clients register theirs, and
 * tells all of them whenever its device, a timer here, has something to say. A client that has gone
 * is forgotten. `registry [COUNT]` is a client: it registers and prints COUNT pieces of news.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "names.h"
#include "serve.h"
#include "syscall.h"

#define NAME               "demo/registry"
#define CLIENTS_MAX        16
#define COUNT_DEFAULT      3
#define PATIENCE_MS        1000 /* for a server that has only just been started */
#define PERIODS_PER_SECOND 4
#define TIMER_BADGE        1

/* The one request: type, and a send handle for the news. The answer's status is the client's
 * number. */
#define REGISTER 1

struct news {
    uint64_t sequence;
    uint64_t clients;
};

static anser_handle clients[CLIENTS_MAX];
static uint64_t client_count;

static int64_t register_client(struct server *server, struct serve_request *request)
{
    (void)server;
    if (request->handle_count != 1)
        return -EINVAL;
    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (clients[i] == 0) {
            clients[i] = request->handles[0];
            request->handles[0] = 0;
            client_count++;
            return i;
        }
    }
    return -ENOMEM;
}

/* Tells everybody. A client that does not keep up misses news; one that is gone leaves. */
static void tell_clients(struct server *server, const struct serve_event *event)
{
    static struct news news;
    (void)server;
    news.sequence += event->words[1];
    news.clients = client_count;
    struct channel_out out = {.data = &news, .length = sizeof(news)};
    for (int i = 0; i < CLIENTS_MAX; i++) {
        if (clients[i] == 0)
            continue;
        int status = channel_send(clients[i], &out, 0);
        if (status < 0 && status != -EAGAIN) {
            handle_close(clients[i]);
            clients[i] = 0;
            client_count--;
        }
    }
}

/* A timer whose expiries are events on the server's own channel. Returns 0 or -errno. */
static int64_t start_timer(anser_handle receive)
{
    anser_handle events = channel_mint(receive, TIMER_BADGE);
    if (events < 0)
        return events;
    anser_handle timer = sys_timer_create(events);
    if (timer < 0)
        return timer;
    uint64_t period = clock_hertz() / PERIODS_PER_SECOND;
    return sys_timer_set(timer, clock_now() + period, period);
}

static int serve(void)
{
    static const struct serve_handler handlers[] = {{REGISTER, 8, register_client}};
    static const struct serve_event_handler events[] = {
        {ANSER_EVENT_TIMER, TIMER_BADGE, tell_clients}};
    struct server server = {
        .element_size = ANSER_REGISTER_BYTES,
        .handlers = handlers,
        .handler_count = 1,
        .events = events,
        .event_count = 1,
    };
    struct channel channel;
    int status = channel_create(&channel, server.element_size, 0);
    if (status == 0)
        status = (int)start_timer(channel.receive);
    if (status == 0)
        status = names_publish(NAME, channel.send);
    if (status == 0) {
        server.receive = channel.receive;
        status = serve_run(&server);
    }
    if (status < 0)
        fprintf(stderr, "registry: %s\n", strerror(-status));
    return status < 0;
}

/* Hands the own channel's send handle to the server. Returns the client's number or -errno. */
static int64_t enter(anser_handle registry, anser_handle send)
{
    uint64_t request = REGISTER;
    int64_t number = -EIO;
    struct channel_out out = {
        .data = &request, .length = sizeof(request), .handle_count = 1, .handles = {send}};
    struct channel_in in = {.data = &number, .capacity = sizeof(number)};
    int status = channel_call(registry, &out, &in, CLOCK_NEVER);
    return status < 0 ? status : number;
}

static int listen(unsigned long count)
{
    struct channel channel;
    struct news news;
    struct channel_in in = {.data = &news, .capacity = sizeof(news)};
    anser_handle registry = names_wait(NAME, clock_after(PATIENCE_MS));
    int64_t status = registry < 0 ? registry : channel_create(&channel, sizeof(news), 4);
    if (status >= 0)
        status = enter(registry, channel.send);
    if (status >= 0)
        printf("registered as number %ld\n", (long)status);
    while (status >= 0 && count-- > 0) {
        status = channel_receive(channel.receive, &in, 0, CLOCK_NEVER);
        if (in.flags & ANSER_INFO_CLOSED)
            status = -EPIPE;
        if (status >= 0)
            printf("news %lu for %lu clients\n", (unsigned long)news.sequence,
                   (unsigned long)news.clients);
    }
    if (status < 0)
        fprintf(stderr, "registry: " NAME ": %s\n", strerror((int)-status));
    return status < 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    char *end = "";
    unsigned long count = argc == 2 ? strtoul(argv[1], &end, 10) : COUNT_DEFAULT;
    if (argc > 2 || *end != '\0' || count == 0) {
        fprintf(stderr, "usage: registry [COUNT] or registry serve\n");
        return 2;
    }
    return listen(count);
}
