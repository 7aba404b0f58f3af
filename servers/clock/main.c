/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock server: the time of day. It reads the machine's real-time clock once and keeps what is
 * to be added to the processor's ticks, in a page that everybody may map. See <anser/realtime.h>.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <anser/init.h>
#include <anser/realtime.h>
#include "channel.h"
#include "clock.h"
#include "goldfish.h"
#include "memory.h"
#include "record.h"
#include "serve.h"
#include "start.h"
#include "syscall.h"

/* The one record that is left with init: the page, and in words what it says. */
#define RECORD_KEY    0
#define RECORD_OFFSET 0
#define RECORD_SOURCE 1

static struct realtime_page *page;
static anser_handle pages; /* that it lies in */
static bool has_device;

/* ---- The page. ------------------------------------------------------------------------------- */

/* Who reads in between sees an odd sequence, or another one behind than before. */
static void write_page(uint64_t offset, uint32_t source)
{
    uint32_t sequence = page->sequence | 1;
    __atomic_store_n(&page->sequence, sequence, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&page->offset, offset, __ATOMIC_RELAXED);
    __atomic_store_n(&page->source, source, __ATOMIC_RELAXED);
    __atomic_store_n(&page->sequence, sequence + 1, __ATOMIC_RELEASE);
}

/* The record first: whoever finds the page half written, finds there what it was to say. */
static int64_t settle(uint64_t offset, uint32_t source)
{
    const uint64_t words[KEEP_WORDS] = {[RECORD_OFFSET] = offset, [RECORD_SOURCE] = source};
    int64_t error = record_store(RECORD_KEY, words, 0);
    if (error < 0)
        return error;
    write_page(offset, source);
    return 0;
}

static bool map_page(void)
{
    page = memory_map_object(pages, 0, ANSER_PAGE_SIZE, ANSER_PROT_READ | ANSER_PROT_WRITE);
    return page != NULL;
}

/* The predecessor's page; its readers must not notice anything. */
static bool take_over(void)
{
    struct keep_answer record;
    if (record_next(RECORD_KEY, &record, &pages) != 1 || pages <= 0 || !map_page())
        return false;
    write_page(record.words[RECORD_OFFSET], (uint32_t)record.words[RECORD_SOURCE]);
    return true;
}

static int64_t begin(void)
{
    const uint64_t none[KEEP_WORDS] = {0};
    pages = sys_pages_create(1, ANSER_PAGES_SHARED, 0);
    if (pages < 0 || !map_page())
        return pages < 0 ? pages : -ENOMEM;
    int64_t error = record_store(RECORD_KEY, none, handle_duplicate(pages));
    if (error < 0)
        return error;
    if (!has_device) {
        fprintf(stderr, "clock: no real-time clock; the time of day begins in 1970 at boot\n");
        return settle(0, REALTIME_NONE);
    }
    uint64_t now = goldfish_read();
    return settle(now - clock_nanoseconds(clock_now()), REALTIME_DEVICE);
}

/* ---- Requests. ------------------------------------------------------------------------------- */

static int64_t answer_time(struct serve_request *request)
{
    struct realtime_answer answer = {
        .nanoseconds = clock_nanoseconds(clock_now()) + page->offset,
        .offset = page->offset,
        .source = page->source,
    };
    memcpy(request->answer, &answer.nanoseconds, sizeof(answer) - sizeof(answer.status));
    request->answer_length = sizeof(answer) - sizeof(answer.status);
    return 0;
}

static int64_t get(struct server *server, struct serve_request *request)
{
    (void)server;
    return answer_time(request);
}

static int64_t give_page(struct server *server, struct serve_request *request)
{
    (void)server;
    anser_handle copy =
        sys_handle_dup(pages, ANSER_RIGHT_READ | ANSER_RIGHT_DUP | ANSER_RIGHT_TRANSFER);
    if (copy < 0)
        return copy;
    request->answer_handles[0] = copy;
    request->answer_handle_count = 1;
    return answer_time(request);
}

/* The time at boot must not be before 1970 either, or the offset would be no number. */
static int64_t set(struct server *server, struct serve_request *request)
{
    (void)server;
    const struct realtime_set *asked = request->data;
    uint64_t now = clock_now();
    uint64_t then = asked->ticks ? asked->ticks : now;
    if (!(request->badge & INIT_BADGE_CONTROL))
        return -EPERM;
    if (then > now || asked->nanoseconds < clock_nanoseconds(then) ||
        asked->nanoseconds > INT64_MAX - clock_nanoseconds(now - then))
        return -EINVAL;
    uint64_t offset = asked->nanoseconds - clock_nanoseconds(then);
    int64_t error = settle(offset, REALTIME_SET_BY);
    if (error == 0 && has_device)
        goldfish_write(clock_nanoseconds(clock_now()) + offset);
    return error;
}

static const struct serve_handler handlers[] = {
    {REALTIME_GET, sizeof(uint64_t), get},
    {REALTIME_PAGE, sizeof(uint64_t), give_page},
    {REALTIME_SET, sizeof(struct realtime_set), set},
};

int main(void)
{
    has_device = goldfish_open();
    int64_t error = take_over() ? 0 : begin();
    if (error < 0) {
        fprintf(stderr, "clock: no page for the time of day: %s\n", strerror((int)-error));
        return 1;
    }
    struct server server = {
        .receive = start_handle(START_RECEIVE),
        .element_size = REALTIME_ELEMENT,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
    };
    return serve_run(&server) < 0;
}
