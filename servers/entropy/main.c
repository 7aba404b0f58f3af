/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy server: random bytes from a generator that the machine's random device seeds again
 * and again. See <anser/entropy.h>. What it knows also goes to init, which seeds programs with it,
 * and waits there for a successor.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/entropy.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "device.h"
#include "generator.h"
#include "record.h"
#include "serve.h"
#include "start.h"
#include "syscall.h"

#define RESEED_SECONDS 60
#define RESEED_BYTES   (1ul << 20)
#define FIRST_SEED_MS  1000 /* that the device has, before it goes without */
#define RECORD_KEY     0    /* the seed for the successor */

_Static_assert(sizeof(((struct keep_request *)0)->words) == GENERATOR_SEED, "a record is a seed");

static struct generator generator;
static uint64_t seeds, served, failure;
static uint64_t seeded_at, seeded_served; /* when it was seeded last: ticks, bytes served */

/* ---- Seeds. ---------------------------------------------------------------------------------- */

static void say_failure(int error)
{
    if (failure != (uint64_t)-error)
        fprintf(stderr, "entropy: the device gives nothing of use: %s\n", strerror(-error));
    failure = (uint64_t)-error;
}

/* For a successor, who then knows at least what this server knew, and for init. */
static void pass_on(void)
{
    struct init_seed request = {.type = INIT_SEED};
    uint64_t words[KEEP_WORDS];
    int64_t status;
    generator_fill(&generator, words, sizeof(words));
    record_store(RECORD_KEY, words, 0);
    generator_fill(&generator, request.seed, sizeof(request.seed));
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    if (channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER) < 0 || status < 0)
        fprintf(stderr, "entropy: init takes no seed\n");
}

/* What there is without a device: what the firmware gave to init, if it gave anything; what a
 * predecessor left; the time; and how long some work took, again and again. */
static void seed_without_device(void)
{
    const char *boot_seed = getenv(INIT_BOOT_SEED);
    struct keep_answer record;
    anser_handle none;
    if (boot_seed)
        generator_seed(&generator, boot_seed, strlen(boot_seed));
    if (record_next(RECORD_KEY, &record, &none) == 1)
        generator_seed(&generator, record.words, sizeof(record.words));
    for (unsigned i = 0; i < 64; i++) {
        uint64_t counters[2] = {clock_now(), clock_instructions()};
        generator_seed(&generator, counters, sizeof(counters));
    }
}

/* Takes what the device has given. */
static void take_seed(void)
{
    uint8_t seed[DEVICE_SEED];
    int length = device_take(seed);
    if (length < 0 && length != -ENODEV)
        say_failure(length);
    if (length <= 0)
        return;
    generator_seed(&generator, seed, (size_t)length);
    memset(seed, 0, sizeof(seed));
    seeds++;
    failure = 0;
    seeded_at = clock_now();
    seeded_served = served;
    pass_on();
}

static void ask_when_due(void)
{
    bool due = clock_now() - seeded_at >= clock_ticks(RESEED_SECONDS * 1000000000ul) ||
               served - seeded_served >= RESEED_BYTES;
    if (!due)
        return;
    int status = device_ask();
    if (status > 0)
        take_seed();
    else if (status < 0 && status != -ENODEV)
        say_failure(status);
}

/* Clients wait in the channel meanwhile: what they get is to be good from the first byte on. */
static void wait_for_first_seed(void)
{
    uint64_t limit = clock_after(FIRST_SEED_MS);
    device_ask();
    while (seeds == 0 && failure == 0 && clock_now() < limit) {
        clock_sleep(1);
        take_seed();
    }
    if (seeds == 0 && failure == 0)
        say_failure(-ETIMEDOUT);
}

static void begin(void)
{
    int error = device_open();
    seed_without_device();
    if (error == 0)
        wait_for_first_seed();
    else if (error != -ENOENT)
        say_failure(error);
    if (seeds > 0)
        return;
    fprintf(stderr,
            "entropy: no random device to rely on; bytes are from clocks and the boot's seed, "
            "which is not good enough for keys\n");
    pass_on();
}

/* ---- Requests. ------------------------------------------------------------------------------- */

static uint64_t source(void)
{
    return seeds > 0 ? ENTROPY_DEVICE : ENTROPY_FALLBACK;
}

static int64_t read_bytes(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct entropy_read *asked = request->data;
    uint64_t from = source();
    if (asked->bytes > ENTROPY_MAX)
        return -EINVAL;
    ask_when_due();
    if (asked->device_only && from != ENTROPY_DEVICE)
        return -EAGAIN;
    memcpy(request->answer, &from, sizeof(from));
    generator_fill(&generator, (char *)request->answer + sizeof(from), asked->bytes);
    request->answer_length = sizeof(from) + asked->bytes;
    served += asked->bytes;
    return asked->bytes;
}

static int64_t info(struct server *server, struct serve_request *request)
{
    (void)server;
    struct entropy_info answer = {
        .source = source(), .seeds = seeds, .served = served, .failure = failure};
    memcpy(request->answer, &answer.source, sizeof(answer) - sizeof(answer.status));
    request->answer_length = sizeof(answer) - sizeof(answer.status);
    return 0;
}

static void on_interrupt(struct server *server, const struct serve_event *event)
{
    (void)server;
    (void)event;
    take_seed();
}

static const struct serve_handler handlers[] = {
    {ENTROPY_READ, sizeof(struct entropy_read), read_bytes},
    {ENTROPY_INFO, sizeof(uint64_t), info},
};

static const struct serve_event_handler events[] = {
    {ANSER_EVENT_IRQ, 0, on_interrupt},
};

int main(void)
{
    begin();
    struct server server = {
        .receive = start_handle(START_RECEIVE),
        .element_size = ENTROPY_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = sizeof(events) / sizeof(events[0]),
    };
    return serve_run(&server) < 0;
}
