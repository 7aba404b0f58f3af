/* SPDX-License-Identifier: BSD-2-Clause */
/* What the console and the name service say to requests that cannot be: the exact error each time,
 * nothing left behind, and the next good request works. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <anser/console.h>
#include <anser/init.h>
#include <anser/keep.h>
#include <anser/names.h>
#include "channel.h"
#include "console.h"
#include "names.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

#define SESSIONS 80 /* more than the console has */

/* A call of `length` bytes with up to 4 handles; returns the answer's status or the call's error.
 */
static int64_t call(anser_handle server, const void *request, size_t length, unsigned count,
                    const anser_handle *handles)
{
    uint64_t answer[8];
    struct channel_out out = {.data = request, .length = length, .handle_count = count};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    for (unsigned i = 0; i < count; i++)
        out.handles[i] = handles[i];
    int error = channel_call(server, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    for (unsigned i = 0; i < in.handle_count; i++)
        handle_close(in.handles[i]);
    return (int64_t)answer[0];
}

static int64_t console_words(uint64_t type, uint64_t value, size_t length)
{
    uint64_t request[2] = {type, value};
    return call(start_handle(START_STDIN), request, length, 0, NULL);
}

static void test_console_requests(void)
{
    TEST(console_words(0x777, 0, 16) == -ENOSYS, "an unknown type: ENOSYS");
    TEST(console_words(CONSOLE_READ, 0, 4) == -EINVAL, "less than a type: EINVAL");
    TEST(console_words(CONSOLE_READ, 0, 8) == -EINVAL, "a read without its size: EINVAL");
    TEST(console_words(CONSOLE_READ, 0, 16) == -EINVAL, "a read of nothing: EINVAL");
    TEST(console_words(CONSOLE_WRITE, 0, 8) == 0, "a write of nothing: 0");
    TEST(console_words(CONSOLE_MODE, 64, 16) == -EINVAL, "a mode that is none: EINVAL");
    TEST(console_words(CONSOLE_MODE, CONSOLE_MODE_DEFAULT, 16) == CONSOLE_MODE_DEFAULT,
         "a good one: the mode before");
    TEST(console_words(CONSOLE_FOREGROUND, 12345, 16) == -ESRCH, "no such session: ESRCH");
}

static void test_console_sessions(void)
{
    uint64_t number, open = CONSOLE_OPEN;
    struct channel events[2];
    channel_create(&events[0], 16, 4);
    channel_create(&events[1], 16, 4);
    anser_handle both[] = {events[0].send, events[1].send};
    TEST(call(start_handle(START_STDIN), &open, 8, 2, both) == -EINVAL, "two handles: EINVAL");
    anser_handle first = console_open(start_handle(START_STDIN), 0, &number);
    TEST(first > 0 && number > 0, "a session");
    uint64_t inner;
    anser_handle second = console_open(first, 0, &inner);
    TEST(second > 0 && inner != number, "a session of a session");
    TEST(console_foreground(second, number) == -EPERM, "the input of who opened it: EPERM");
    TEST(console_foreground(first, inner) == 0, "of whom it opened: its own to give");
    handle_close(second);
    handle_close(first);
    TEST(console_write(first, "x", 1) == -EBADF, "a session that was closed: EBADF");
    handle_close(events[0].receive);
    handle_close(events[1].receive);
}

/* Opens sessions until there are no more, closes them, and does it again. */
static int open_all(void)
{
    anser_handle sessions[SESSIONS];
    uint64_t number;
    int count = 0;
    for (; count < SESSIONS; count++) {
        sessions[count] = console_open(start_handle(START_STDIN), 0, &number);
        if (sessions[count] < 0)
            break;
    }
    int last = count < SESSIONS ? (int)sessions[count] : 0;
    for (int i = 0; i < count; i++)
        handle_close(sessions[i]);
    return last == -ENOMEM ? count : -1;
}

static void test_console_exhaustion(void)
{
    int first = open_all();
    TEST(first > 8, "%d sessions, then ENOMEM", first);
    /* Their ends are messages that the server reads in its turn; a call comes behind them. */
    int second = open_all();
    TEST(second == first, "%d again after all were closed", second);
}

static void read_console(void *status)
{
    char byte;
    *(volatile int64_t *)status = console_read(start_handle(START_STDIN), &byte, 1);
}

static void test_second_reader(void)
{
    static int64_t statuses[2] = {1, 1};
    struct thread_options options = {.detached = true};
    thread_create(NULL, read_console, &statuses[0], &options);
    thread_create(NULL, read_console, &statuses[1], &options);
    volatile int64_t *a = &statuses[0], *b = &statuses[1];
    while (*a == 1 && *b == 1)
        thread_yield();
    TEST((*a == 1 && *b == -EBUSY) || (*b == 1 && *a == -EBUSY), "one reads, the other: EBUSY");
}

/* ---- Names. ---------------------------------------------------------------------------------- */

static int64_t name_request(uint64_t type, const char *name, unsigned count,
                            const anser_handle *handles)
{
    struct names_request request = {.type = type};
    memcpy(request.name, name, strnlen(name, NAMES_NAME_MAX));
    return call(start_handle(START_NAMES), &request, sizeof(request), count, handles);
}

static void test_names(void)
{
    struct channel channel;
    channel_create(&channel, 64, 4);
    anser_handle send = handle_duplicate(channel.send);
    TEST(name_request(NAMES_PUBLISH, "t/a", 0, NULL) == -EINVAL, "no handle: EINVAL");
    TEST(name_request(NAMES_PUBLISH, "", 0, NULL) == -EINVAL, "no name: EINVAL");
    TEST(name_request(NAMES_PUBLISH, "Upper Case", 0, NULL) == -EINVAL, "not a name: EINVAL");
    TEST(name_request(NAMES_PUBLISH, "abcdefghijklmnopqrstuvwxyz0123456789", 0, NULL) == -EINVAL,
         "a name that does not end: EINVAL");
    TEST(names_publish("console", send) == -EPERM, "the name of a service: EPERM");
    TEST(names_publish("t/a", handle_duplicate(channel.send)) == 0, "a good name");
    TEST(names_publish("t/a", handle_duplicate(channel.send)) == 0, "again, by its owner");
    anser_handle found = names_lookup("t/a");
    TEST(found > 0, "it is found");
    handle_close(found);
    TEST(names_lookup("t/b") == -ESRCH, "another one is not: ESRCH");
    TEST(names_lookup("console") == -EPERM, "a service that is not granted: EPERM");
    TEST(names_withdraw("t/b") == -ESRCH, "withdrawn without being there: ESRCH");
    TEST(names_withdraw("t/a") == 0 && names_lookup("t/a") == -ESRCH, "withdrawn");
    TEST(name_request(NAMES_WATCH, "t/a", 0, NULL) == -EINVAL, "a watch without a handle: EINVAL");
    TEST(name_request(0x999, "t/a", 0, NULL) == -ENOSYS, "an unknown type: ENOSYS");
    handle_close(channel.send);
    handle_close(channel.receive);
}

/* What the send handle of a watcher gets. */
static void test_watch(void)
{
    struct channel watch, channel;
    struct names_request news = {.type = 0};
    struct channel_in in = {.data = &news, .capacity = sizeof(news)};
    channel_create(&watch, sizeof(news), 4);
    channel_create(&channel, 64, 4);
    TEST(names_watch("t/w", watch.send) == 0, "a watch");
    TEST(channel_receive(watch.receive, &in, 0, 0) == -EAGAIN, "no news before it is published");
    names_publish("t/w", channel.send);
    TEST(channel_receive(watch.receive, &in, 0, clock_after(5000)) == 0 &&
             news.type == NAMES_PUBLISHED && strcmp(news.name, "t/w") == 0,
         "news of the publication");
    names_withdraw("t/w");
    handle_close(watch.receive);
    handle_close(channel.receive);
}

/* A program has no successor, and no right to start others. */
static void test_not_granted(void)
{
    struct keep_request keep = {.type = KEEP_STORE, .key = 1};
    struct init_query query = {.type = INIT_SERVICE};
    struct init_start start = {.type = INIT_START};
    anser_handle init = start_handle(START_NAMES);
    TEST(start_handle(START_INIT) == 0, "no handle to init");
    TEST(call(init, &keep, sizeof(keep), 0, NULL) == -EPERM, "keep: EPERM");
    TEST(call(init, &query, sizeof(query), 0, NULL) == -EPERM, "the list of services: EPERM");
    TEST(call(init, &start, sizeof(start), 0, NULL) == -EPERM, "to start a program: EPERM");
    query.type = INIT_KILL;
    TEST(call(init, &query, sizeof(query), 0, NULL) == -EPERM, "to kill one: EPERM");
}

int main(void)
{
    test_console_requests();
    test_console_sessions();
    test_console_exhaustion();
    test_names();
    test_watch();
    test_not_granted();
    test_second_reader();
    return tap_done();
}
