/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instruction counts of a device's way to its user, for `make bench`: a driver in a process of its
 * own, above its client, waits in one receive for its clients' calls, its device's interrupts and
 * its timer. The device is QEMU's goldfish RTC, whose alarm in the past raises the line at once.
 * They mean something on one hart under -icount only; what is checked here is that all arrives.
 */
/* timeout: 90 */
#include <errno.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "ipc.h"
#include "memory.h"
#include "self_image.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

#define ROUNDS      2000
#define BUFFER      64 /* elements of a buffered channel */
#define RTC_ADDRESS 0x101000ul
#define RTC_SOURCE  11u
#define RW          (ANSER_PROT_READ | ANSER_PROT_WRITE)
#define PAUSE       1000 /* ticks until the driver's timer expires */

/* Registers of the goldfish RTC, as 32-bit words (QEMU, docs/specs and hw/rtc/goldfish_rtc.c). */
enum { ALARM_LOW = 2, ALARM_HIGH = 3, IRQ_ENABLED = 4, CLEAR_IRQ = 7 };

/* What the driver does when something comes. */
enum { REQUEST_TIMER = 1, REQUEST_COUNT };

static volatile uint32_t *map_rtc(anser_handle device)
{
    return memory_map_object(device, 0, MEMORY_PAGE, RW);
}

/* ---- The driver. */

struct driver {
    anser_handle receive, signal, irq, timer;
    volatile uint32_t *rtc;
    uint64_t events;
};

static uint64_t answer(struct driver *driver, uint64_t request)
{
    if (request == REQUEST_TIMER)
        return (uint64_t)sys_timer_set(driver->timer, clock_now() + PAUSE, 0);
    return driver->events;
}

static void take_event(struct driver *driver, uint64_t kind)
{
    driver->events++;
    ipc_signal(driver->signal, 1);
    if (kind != ANSER_EVENT_IRQ)
        return;
    driver->rtc[CLEAR_IRQ] = 1;
    sys_irq_ack(driver->irq);
}

static int drive(void)
{
    struct driver driver = {.receive = start_handle("receive"),
                            .signal = start_handle("signal"),
                            .irq = start_handle("irq"),
                            .rtc = map_rtc(start_handle("device"))};
    uint64_t word = 0, badge;
    driver.timer = sys_timer_create(start_handle("send"));
    sys_irq_ack(driver.irq);
    int64_t status = ipc_recv_word(driver.receive, &word, &badge);
    for (;;) {
        if (status < 0 || status & ANSER_INFO_CLOSED)
            return status < 0;
        if (status & ANSER_INFO_EVENT) {
            take_event(&driver, word);
            status = ipc_recv_word(driver.receive, &word, &badge);
        } else {
            word = answer(&driver, word);
            status = ipc_reply_recv_word(driver.receive, &word, &badge);
        }
    }
}

/* ---- Its client. */

static const struct self_image *image;
static size_t image_size;
static uint64_t priority; /* of the driver; this program is one below */
static anser_handle server;
static struct channel wake;
static volatile uint32_t *rtc;

static void report(const char *name, uint64_t instructions, const char *how)
{
    printf("BENCH %s instructions %lu %s, mean of %d\n", name,
           (unsigned long)((instructions + ROUNDS - 1) / ROUNDS), how, ROUNDS);
}

static uint64_t ask(uint64_t request)
{
    ipc_call_word(server, &request);
    return request;
}

static void start_driver(void)
{
    struct channel channel;
    anser_handle system = start_handle(START_SYSTEM);
    anser_handle device = sys_device_create(system, RTC_ADDRESS, MEMORY_PAGE);
    channel_create(&channel, ANSER_REGISTER_BYTES, 0);
    channel_create_signal(&wake);
    struct spawn_handle handles[] = {
        {"receive", channel.receive},
        {"send", handle_duplicate(channel.send)},
        {"signal", wake.send},
        {"irq", sys_irq_create(system, RTC_SOURCE, channel.send)},
        {"device", handle_duplicate(device)},
    };
    struct spawn spawn = {.priority = priority, .priority_max = priority};
    anser_handle process = self_start(&spawn, image, image_size, "drive", handles, 5);
    TEST(process > 0, "a driver in a process of its own");
    rtc = map_rtc(device);
    rtc[IRQ_ENABLED] = 1;
    rtc[ALARM_HIGH] = 0;
    server = channel.send;
    sys_thread_priority(0, priority - 1);
}

/* The interrupt comes right behind the store to the device, and goes to the driver, who leaves its
 * signal and waits again; then this goes on, and finds the signal. */
static uint64_t interrupt_rounds(uint64_t rounds, int64_t *wrong)
{
    uint64_t word, begin = clock_instructions();
    for (uint64_t i = 0; i < rounds; i++) {
        rtc[ALARM_LOW] = 1;
        *wrong |= ipc_wait(wake.receive, &word);
    }
    return clock_instructions() - begin;
}

static void bench_interrupt(void)
{
    int64_t wrong = 0;
    interrupt_rounds(16, &wrong);
    uint64_t before = ask(REQUEST_COUNT);
    uint64_t instructions = interrupt_rounds(ROUNDS, &wrong);
    TEST(wrong == 0 && ask(REQUEST_COUNT) - before == ROUNDS, "%d interrupts are delivered",
         ROUNDS);
    report("irq_busy", instructions,
           "interrupt of a running program, to the driver, its signal, irq_ack, recv, and back");
}

static uint64_t idle_now(void)
{
    return sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0).value;
}

/* A call, a wait with nothing else to do, the driver's timer, its signal. Returns what was not
 * idle. */
static uint64_t idle_rounds(uint64_t rounds, int64_t *wrong)
{
    uint64_t word, idle = idle_now(), begin = clock_now();
    for (uint64_t i = 0; i < rounds; i++) {
        *wrong |= (int64_t)ask(REQUEST_TIMER);
        *wrong |= ipc_wait(wake.receive, &word);
    }
    return clock_nanoseconds(clock_now() - begin - (idle_now() - idle));
}

static void bench_idle(void)
{
    int64_t wrong = 0;
    idle_rounds(16, &wrong);
    uint64_t before = ask(REQUEST_COUNT);
    uint64_t instructions = idle_rounds(ROUNDS, &wrong);
    TEST(wrong == 0 && ask(REQUEST_COUNT) - before == ROUNDS, "%d expiries are delivered", ROUNDS);
    if (sys_system_info(0, ANSER_INFO_IDLE, 0, NULL, 0).status > 1)
        return; /* other harts are idle as well */
    report("timer_idle", instructions,
           "call, timer_set, reply; wait; expiry on an idle hart, to the driver, its signal, recv");
}

/* ---- Words into a buffered channel, from one that never blocks. */

static int take_words(void)
{
    uint64_t word, badge, expected = 0;
    int64_t status, wrong = 0;
    anser_handle receive = start_handle("receive");
    while ((status = ipc_recv_word(receive, &word, &badge)) == 8)
        wrong |= (int64_t)(word ^ expected++);
    return status & ANSER_INFO_CLOSED && wrong == 0 ? 0 : 1;
}

/* On one hart the receiver always waits; on several, the buffer may be full. */
static int64_t send_now(anser_handle channel, uint64_t word)
{
    for (;;) {
        struct ipc_registers registers = {.info = 8 | ANSER_INFO_NB, .words = {word}};
        int64_t status = ipc_exchange(ANSER_CALL_send, channel, &registers);
        if (status != -EAGAIN)
            return status;
        sys_thread_yield();
    }
}

static void bench_buffered(void)
{
    struct channel channel, exit;
    int64_t wrong = 0;
    channel_create(&channel, 8, BUFFER);
    channel_create(&exit, ANSER_REGISTER_BYTES, 1);
    struct spawn_handle receive = {"receive", channel.receive};
    struct spawn spawn = {.priority = priority, .priority_max = priority, .exit = exit.send};
    anser_handle process = self_start(&spawn, image, image_size, "take", &receive, 1);
    for (uint64_t i = 0; i < 16; i++)
        wrong |= send_now(channel.send, i);
    uint64_t begin = clock_instructions();
    for (uint64_t i = 16; i < 16 + ROUNDS; i++)
        wrong |= send_now(channel.send, i);
    report("send_nb_buffered", clock_instructions() - begin,
           "1 word, without blocking, to a receiver that waits at a buffered channel, its recv");
    handle_close(channel.send);
    uint64_t words[IPC_WORDS];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    TEST(channel_receive(exit.receive, &in, 0, CLOCK_NEVER) >= 0 && words[1] == 0 && wrong == 0,
         "%d words arrive without blocking", ROUNDS + 16);
    handle_close(exit.receive);
    handle_close(exit.send);
    handle_close(process);
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return strcmp(argv[1], "drive") == 0 ? drive() : take_words();
    image = self_image_make(&image_size);
    priority = (uint64_t)sys_thread_priority(0, 1);
    sys_thread_priority(0, priority);
    start_driver();
    if (argc < 3 || strcmp(argv[2], "irq") == 0)
        bench_interrupt();
    if (argc < 3 || strcmp(argv[2], "idle") == 0)
        bench_idle();
    if (argc < 3 || strcmp(argv[2], "buffered") == 0)
        bench_buffered();
    return tap_done();
}
