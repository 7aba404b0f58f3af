/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio-blk server: one disk, by the block protocol (<anser/block.h>). Kicks of clients,
 * interrupts and the end of clients arrive on one channel; nothing here ever waits for the device.
 */
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include <errno.h>
#include "serve.h"
#include "start.h"
#include "syscall.h"
#include "clients.h"
#include "device.h"
#include "requests.h"

#define DEVICE      "virtio" /* its name in the manifest */
#define BADGE_TIMER UINT64_MAX

static const char *name = "virtio-blk";
static anser_handle irq;
static anser_handle timer; /* goes off when there is more to do than one client may ask for */

static int64_t answer(struct serve_request *request, const void *message, size_t size)
{
    request->answer_length = size - sizeof(int64_t);
    memcpy(request->answer, (const char *)message + sizeof(int64_t), request->answer_length);
    return 0;
}

static int64_t handle_info(struct server *server, struct serve_request *request)
{
    (void)server;
    return answer(request, &device_info, sizeof(device_info));
}

static int64_t handle_statistics(struct server *server, struct serve_request *request)
{
    (void)server;
    return answer(request, &requests_statistics, sizeof(requests_statistics));
}

static int64_t handle_serial(struct server *server, struct serve_request *request)
{
    (void)server;
    if (!device_serial_known)
        return -EAGAIN;
    request->answer_length = strnlen(device_serial, DEVICE_SERIAL);
    memcpy(request->answer, device_serial, request->answer_length);
    return 0;
}

static int64_t handle_attach(struct server *server, struct serve_request *request)
{
    (void)server;
    struct block_attached attached = {0};
    if (request->handle_count != 1 || request->badge == 0)
        return -EINVAL;
    int status = client_attach(request->badge, request->data, request->handles[0], &attached,
                               &request->answer_handles[0]);
    if (status < 0)
        return status;
    request->handles[0] = 0;
    request->answer_handle_count = 1;
    return answer(request, &attached, sizeof(attached));
}

static void pump_again(void)
{
    if (!requests_pump())
        sys_timer_set(timer, clock_now(), 0);
}

static int64_t handle_kick(struct server *server, struct serve_request *request)
{
    (void)server;
    struct client *client = client_find(request->badge);
    if (client == NULL)
        return -ESTALE;
    return requests_look(client);
}

static void client_gone(struct server *server, uint64_t badge)
{
    (void)server;
    client_end(badge);
}

static const struct serve_handler handlers[] = {
    {BLOCK_KICK, sizeof(uint64_t), handle_kick},
    {BLOCK_INFO, sizeof(uint64_t), handle_info},
    {BLOCK_SERIAL, sizeof(uint64_t), handle_serial},
    {BLOCK_STATISTICS, sizeof(uint64_t), handle_statistics},
    {BLOCK_ATTACH, sizeof(struct block_attach), handle_attach},
};

/* A device that does what cannot be is reset by init; the successor begins with it anew. */
static void handle_interrupt(struct server *server, const struct serve_event *event)
{
    (void)event;
    if (device_interrupt() < 0 || requests_end() < 0) {
        device_report(name);
        serve_stop(server);
        return;
    }
    pump_again();
    sys_irq_ack(irq);
}

static void handle_timer(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    pump_again();
}

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_IRQ, 0, handle_interrupt},
    {ANSER_EVENT_TIMER, 0, handle_timer},
};

static int start(anser_handle receive)
{
    anser_handle self = channel_mint(receive, BADGE_TIMER);
    if (self < 0)
        return (int)self;
    timer = sys_timer_create(self);
    handle_close(self);
    if (timer < 0)
        return (int)timer;
    anser_handle memory;
    int status = device_open(DEVICE, &memory);
    if (status < 0)
        return status;
    clients_init(memory);
    clients_inherit();
    irq = start_handle(DEVICE ".irq");
    sys_irq_ack(irq);
    return 0;
}

int main(int argc, char **argv)
{
    static struct server server = {
        .element_size = BLOCK_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = sizeof(events) / sizeof(events[0]),
        .gone = client_gone,
    };
    if (argc > 0)
        name = argv[0];
    server.receive = start_handle(START_RECEIVE);
    int status = start(server.receive);
    if (status < 0) {
        fprintf(stderr, "%s: the device cannot be used: error %d\n", name, -status);
        return 1;
    }
    serve_run(&server);
    return 1;
}
