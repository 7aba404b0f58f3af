/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The uart server: the console protocol (<anser/console.h>) on a 16550A. Requests, interrupts and
 * the end of sessions arrive on one channel; nothing here ever waits for the device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "memory.h"
#include "serve.h"
#include "start.h"
#include "syscall.h"
#include "input.h"
#include "ns16550.h"
#include "output.h"
#include "sessions.h"

static struct ns16550 device;
static anser_handle irq;

/* After anything that may have changed what the device is to tell us. */
static void set_interrupts(void)
{
    ns16550_interrupts(&device, output_waits(), input_has_room());
}

static void pump(void)
{
    input_pump();
    output_pump();
    set_interrupts();
}

/* ---- Requests. ------------------------------------------------------------------------------- */

static int64_t handle_write(struct server *server, struct serve_request *request)
{
    const struct session *session = session_admit(request->badge);
    const char *text = (const char *)request->data + sizeof(uint64_t);
    bool queued;
    if (!session)
        return -ESRCH;
    int64_t taken = output_write(text, request->length - sizeof(uint64_t),
                                 session->mode & CONSOLE_MODE_CRLF, &queued);
    if (queued)
        output_answer_later(serve_keep(server));
    set_interrupts();
    return queued ? SERVE_KEPT : taken;
}

static int64_t handle_read(struct server *server, struct serve_request *request)
{
    const uint64_t *words = request->data;
    struct session *session = session_admit(request->badge);
    if (!session)
        return -ESRCH;
    if (session->reader)
        return -EBUSY;
    if (words[1] == 0 || !request->call)
        return -EINVAL;
    /* Nobody has the input: the first one of init's sessions that wants it. */
    if (!session_foreground() && !session->opener)
        session_set_foreground(session);
    session->reader = serve_keep(server);
    session->reader_most = words[1] < CONSOLE_READ_MAX ? words[1] : CONSOLE_READ_MAX;
    pump();
    return SERVE_KEPT;
}

static int64_t handle_mode(struct server *server, struct serve_request *request)
{
    (void)server;
    const uint64_t *words = request->data;
    struct session *session = session_admit(request->badge);
    if (!session)
        return -ESRCH;
    if (words[1] == CONSOLE_MODE_ASK)
        return (int64_t)session->mode;
    if (words[1] & ~(uint64_t)CONSOLE_MODE_DEFAULT)
        return -EINVAL;
    uint64_t before = session->mode;
    session_set_mode(session, words[1]);
    return (int64_t)before;
}

static int64_t handle_open(struct server *server, struct serve_request *request)
{
    struct session *opener = session_admit(request->badge);
    if (!opener)
        return -ESRCH;
    if (request->handle_count > 1)
        return -EINVAL;
    struct session *session =
        session_add(opener->number, request->handle_count ? request->handles[0] : 0);
    if (!session)
        return -ENOMEM;
    request->handles[0] = 0;
    anser_handle handle = channel_mint(server->receive, session->number);
    if (handle < 0) {
        session_end(session);
        return handle;
    }
    memcpy(request->answer, &session->number, sizeof(session->number));
    request->answer_length = sizeof(session->number);
    request->answer_handles[0] = handle;
    request->answer_handle_count = 1;
    return 0;
}

static int64_t handle_foreground(struct server *server, struct serve_request *request)
{
    (void)server;
    const uint64_t *words = request->data;
    struct session *session = session_admit(request->badge);
    struct session *wanted = words[1] ? session_find(words[1]) : session;
    const struct session *now = session_foreground();
    if (!session || !wanted)
        return -ESRCH;
    /* init's sessions may always take the input: whoever had it may not want to give it back. */
    if (!session_owns(session, wanted) || (now && session->opener && !session_owns(session, now)))
        return -EPERM;
    session_set_foreground(wanted);
    if (now != wanted)
        input_forward();
    pump();
    return 0;
}

static void session_gone(struct server *server, uint64_t badge)
{
    (void)server;
    struct session *session = badge >> 63 ? NULL : session_find(badge);
    if (!session)
        return;
    bool had_input = session == session_foreground();
    session_end(session);
    if (had_input)
        input_forward();
    pump();
}

static const struct serve_handler handlers[] = {
    {CONSOLE_WRITE, 8, handle_write},
    {CONSOLE_READ, 16, handle_read},
    {CONSOLE_MODE, 16, handle_mode},
    {CONSOLE_OPEN, 8, handle_open},
    {CONSOLE_FOREGROUND, 16, handle_foreground},
};

/* ---- The device. ----------------------------------------------------------------------------- */

static void handle_interrupt(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    int byte;
    ns16550_acknowledge(&device);
    while (input_has_room() && (byte = ns16550_take(&device)) >= 0)
        input_typed((uint8_t)byte);
    pump();
    sys_irq_ack(irq);
}

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_IRQ, 0, handle_interrupt},
};

/* Ctrl-T: the kernel writes who waits on what to its log; the end of the log is shown. */
static void show_threads(void)
{
    char text[512];
    anser_handle system = start_handle(START_SYSTEM);
    struct sys_result read = sys_log_read(system, text, 1, UINT64_MAX);
    if (read.status < 0 || sys_system_debug(system, ANSER_DEBUG_DUMP, 0) < 0)
        return;
    output_show("\n", 1);
    for (;;) {
        read = sys_log_read(system, text, sizeof(text), read.value);
        if (read.status <= 0)
            return;
        output_show(text, (size_t)read.status);
    }
}

static unsigned long number_of(const char *name, unsigned long otherwise)
{
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 0) : otherwise;
}

/* Maps the registers that the manifest's `device uart` stands for. */
static bool open_device(void)
{
    unsigned long offset = number_of("uart.offset", 0), length = number_of("uart.length", 0);
    char *window = memory_map_object(start_handle("uart.mmio"), 0, memory_round_up(offset + length),
                                     ANSER_PROT_READ | ANSER_PROT_WRITE);
    irq = start_handle("uart.irq");
    device.shift = (unsigned)number_of("uart.reg-shift", 0);
    if (!window || irq == 0 || number_of("uart.reg-io-width", 1) != 1 || device.shift > 3 ||
        8ul << device.shift > length)
        return false;
    device.base = (volatile uint8_t *)window + offset;
    return true;
}

int main(void)
{
    static struct server server = {
        .element_size = CONSOLE_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = sizeof(events) / sizeof(events[0]),
        .gone = session_gone,
    };
    server.receive = start_handle(START_RECEIVE);
    if (!open_device())
        return 1;
    output_init(&device);
    input_init(show_threads);
    sessions_init();
    ns16550_start(&device);
    sys_irq_ack(irq);
    return serve_run(&server) < 0;
}
