/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network interface server: <anser/netif.h> on a virtio network device. Requests, interrupts
 * and the end of clients arrive on one channel. A round takes all there is, in both directions,
 * with one notification to the device and one to each client.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include <anser/netif.h>
#include "channel.h"
#include "client.h"
#include "clock.h"
#include "deliver.h"
#include "device.h"
#include "receive.h"
#include "record.h"
#include "send.h"
#include "serve.h"
#include "start.h"
#include "syscall.h"

#define ROUNDS_MAX  16 /* then whoever waits in the channel has a turn */
#define RETRY       50 /* milliseconds */
#define BADGE_TIMER 1  /* no client's: init's begin at 2^32 */

static anser_handle irq;
static anser_handle timer; /* for a round that has to go on */
static bool untold;        /* clients of a predecessor, until their channels took the news */

/* ---- Beginning anew. ------------------------------------------------------------------------- */

#define LARGE_NEEDS (NET_GUEST_CSUM | NET_MRG_RXBUF)

/* Whether the device may give this client frames of more than one buffer. */
static bool takes_large(uint32_t wants)
{
    const uint32_t both = NETIF_LARGE | NETIF_CHECKSUM;
    return (wants & both) == both && (device.virtio.offered & LARGE_NEEDS) == LARGE_NEEDS &&
           (device.virtio.offered & (NET_GUEST_TSO4 | NET_GUEST_TSO6));
}

/* Features that are of use if the default client takes what comes of them. */
static uint64_t taken_features(void)
{
    uint32_t wants = client_default ? client_default->wants : 0;
    uint64_t features = wants & NETIF_CHECKSUM ? NET_GUEST_CSUM : 0;
    if (takes_large(wants))
        features |= LARGE_NEEDS | NET_GUEST_TSO4 | NET_GUEST_TSO6;
    return features;
}

static uint32_t interface_flags(uint64_t features)
{
    return (features & NET_CSUM ? NETIF_CHECKSUM : 0) |
           (features & NET_HOST_TSO4 ? NETIF_SEGMENT_V4 : 0) |
           (features & NET_HOST_TSO6 ? NETIF_SEGMENT_V6 : 0) |
           (features & (NET_GUEST_TSO4 | NET_GUEST_TSO6) ? NETIF_LARGE : 0);
}

static void set_flags(struct client *client)
{
    client->flags = interface_flags(device.virtio.features) & client->wants;
    if (client != client_default)
        client->flags &= ~NETIF_LARGE;
}

static void say_all(void)
{
    client_each (client)
        client_say(client);
}

/* The device's queues belong to another set of clients from now on. */
static void restart(void)
{
    device_start(taken_features());
    receive_start();
    send_start();
    client_each (client)
        client->due = true; /* its buffers are back */
    say_all();
}

/* The device reaches nothing of a client that has left any more: its memory goes. */
static void let_go(struct client *client)
{
    if (receive_uses(client))
        restart();
    else
        client_end(client);
}

/* What a client has sent goes out still; its memory is kept until then. */
static void leave(struct client *client)
{
    client->leaving = true;
    if (client == client_default)
        client_default = NULL;
    if (client->in_flight == 0)
        let_go(client);
    else
        sys_timer_set(timer, clock_now(), 0); /* a round sees to the rest */
}

/* ---- Rounds. --------------------------------------------------------------------------------- */

/* Who broke the rules is attached no more; who has left and sent all is no more. */
static void end_clients(void)
{
    client_each (client) {
        if (client->leaving && client->in_flight == 0)
            let_go(client);
        if (!client->badge || !client->broken || client->leaving)
            continue;
        printf("%s: a client broke the rules of its rings\n", device.name);
        record_drop(client->badge);
        leave(client);
    }
}

/* One round of sending, and of receiving if the device may have something. True: there is more,
 * and that may be something received. */
static bool round_once(bool receives)
{
    if (receives)
        receive_take();
    receive_refill();
    send_reclaim();
    send_take();
    say_all();
    bool may = send_wait();
    return !(receive_wait() && may);
}

/* Whether there is somebody whose channel was full. */
static bool has_news(void)
{
    if (untold)
        return true;
    client_each (client)
        if (client->news && !client->leaving)
            return true;
    return false;
}

/* What comes meanwhile (an answer to what is sent, for instance) needs no interrupt: nobody waits
 * before the device's queue was looked at once more. */
static void pump(bool receives)
{
    unsigned rounds = 0;
    bool more;
    receive_quiet();
    do
        more = round_once(receives || rounds > 0);
    while (more && ++rounds < ROUNDS_MAX);
    end_clients();
    if (more)
        sys_timer_set(timer, clock_now(), 0);
    else if (has_news())
        sys_timer_set(timer, clock_after(RETRY), 0);
}

/* Clients of a predecessor learn that they have to attach again. False: not all of them yet. */
static bool tell_clients(void)
{
    struct keep_answer record;
    anser_handle notify;
    uint64_t key = 0;
    bool told = true;
    while (record_next(key, &record, &notify) == 1) {
        if (!client_find(record.key))
            told = client_tell_news(notify, client_is_channel(notify)) && told;
        handle_close(notify);
        key = record.key + 1;
    }
    return told;
}

static void handle_timer(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    untold = untold && !tell_clients();
    pump(true);
}

static void handle_interrupt(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    uint32_t reasons = virtio_interrupts(&device.virtio);
    if (reasons & VIRTIO_INTERRUPT_CONFIGURATION) {
        if (virtio_needs_reset(&device.virtio))
            device_broken("it says that it needs a reset");
        if (device_look())
            client_each (client)
                client->news = true;
    }
    pump(true);
    sys_irq_ack(irq);
}

/* ---- Requests. ------------------------------------------------------------------------------- */

/* Puts a structure that begins with the status into the answer. */
static int64_t answer(struct serve_request *request, const void *structure, size_t size)
{
    const size_t status = sizeof(int64_t);
    memcpy(request->answer, (const uint8_t *)structure + status, size - status);
    request->answer_length = size - status;
    return 0;
}

static int64_t handle_info(struct server *server, struct serve_request *request)
{
    (void)server;
    struct netif_info info = {
        .mtu = device.mtu,
        .flags = (device.link ? NETIF_LINK_UP : 0) | interface_flags(device.virtio.offered),
        .speed = device.speed,
        .queue_size = device.receive.size,
    };
    memcpy(info.address, &device.address, sizeof(info.address));
    return answer(request, &info, sizeof(info));
}

static int64_t handle_statistics(struct server *server, struct serve_request *request)
{
    (void)server;
    const uint64_t *words = request->data;
    const struct client *client = client_find(request->badge);
    if (words[1] > 1)
        return -EINVAL;
    if (words[1] == 1 && !client)
        return -ESTALE;
    struct netif_statistics sum = words[1] ? client->counters : interface_counters;
    if (words[1] == 0) {
        client_each (each) {
            sum.dropped += each->counters.dropped;
            sum.errors += each->counters.errors;
        }
    }
    return answer(request, &sum, sizeof(sum));
}

/* Whether this is a handle that the client can be told by, now and by a successor. */
static bool can_notify(anser_handle handle)
{
    const uint64_t rights = ANSER_RIGHT_SEND | ANSER_RIGHT_DUP;
    struct sys_result about = sys_handle_info(handle);
    return (about.status == ANSER_TYPE_CHANNEL || about.status == ANSER_TYPE_SIGNAL) &&
           (about.value & rights) == rights;
}

static void keep_notify(const struct client *client)
{
    const uint64_t words[KEEP_WORDS] = {client->mode};
    anser_handle notify = handle_duplicate(client->notify);
    if (notify > 0)
        record_store(client->badge, words, notify);
}

static int64_t handle_attach(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct netif_attach *wanted = request->data;
    struct client *client = client_find(request->badge);
    struct netif_attached attached;
    if (wanted->mode == NETIF_MODE_PROMISCUOUS && !(request->badge & INIT_BADGE_CONTROL))
        return -EPERM;
    if (request->handle_count != 1 || !can_notify(request->handles[0]))
        return -EINVAL;
    if (client)
        leave(client);
    uint32_t size =
        receive_buffer_size(wanted->mode == NETIF_MODE_DEFAULT && takes_large(wanted->wants));
    int error = client_attach(request->badge, wanted, size, request->handles[0], &client);
    if (error < 0)
        return error;
    request->handles[0] = 0;
    if (client == client_default)
        restart();
    set_flags(client);
    anser_handle region = dma_share(&client->region);
    if (region < 0) {
        leave(client);
        return region;
    }
    keep_notify(client);
    client_describe(client, &attached);
    request->answer_handles[0] = region;
    request->answer_handle_count = 1;
    return answer(request, &attached, sizeof(attached));
}

static int64_t handle_kick(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct client *client = client_find(request->badge);
    if (!client)
        return -ESTALE;
    pump(false);
    return client->badge == request->badge && !client->leaving ? 0 : -EPROTO;
}

static int64_t handle_detach(struct server *server, struct serve_request *request)
{
    (void)server;
    struct client *client = client_find(request->badge);
    if (!client)
        return -ESTALE;
    record_drop(request->badge);
    leave(client);
    return 0;
}

static void handle_gone(struct server *server, uint64_t badge)
{
    (void)server;
    struct client *client = client_find(badge);
    record_drop(badge);
    if (client)
        leave(client);
}

/* ---- The server. ----------------------------------------------------------------------------- */

static const struct serve_handler handlers[] = {
    {NETIF_KICK, sizeof(uint64_t), handle_kick},
    {NETIF_INFO, sizeof(uint64_t), handle_info},
    {NETIF_STATISTICS, 2 * sizeof(uint64_t), handle_statistics},
    {NETIF_ATTACH, sizeof(struct netif_attach), handle_attach},
    {NETIF_DETACH, sizeof(uint64_t), handle_detach},
};

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_TIMER, BADGE_TIMER, handle_timer},
    {ANSER_EVENT_IRQ, 0, handle_interrupt},
};

static struct server server = {
    .element_size = NETIF_ELEMENT,
    .handlers = handlers,
    .handler_count = sizeof(handlers) / sizeof(handlers[0]),
    .events = events,
    .event_count = sizeof(events) / sizeof(events[0]),
    .gone = handle_gone,
};

static bool make_timer(void)
{
    anser_handle send = channel_mint(server.receive, BADGE_TIMER);
    timer = send < 0 ? send : sys_timer_create(send);
    handle_close(send);
    return timer > 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    server.receive = start_handle(START_RECEIVE);
    irq = start_handle("virtio.irq");
    if (!device_open(argv[0]))
        return 1;
    if (irq == 0 || !make_timer()) {
        printf("%s: no interrupt, or no timer\n", argv[0]);
        return 1;
    }
    restart();
    untold = true;
    sys_timer_set(timer, clock_now(), 0);
    sys_irq_ack(irq);
    return serve_run(&server) < 0;
}
