/* SPDX-License-Identifier: BSD-2-Clause */
/* The server loop, with threads as its clients: register and memory form, kept replies, events. */
/* timeout: 90 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "serve.h"
#include "syscall.h"
#include "tap.h"
#include "thread.h"

enum { ADD = 1, ECHO, KEEP, RELEASE, TAKE_HANDLE, GIVE_HANDLE, FAIL, STOP, BADGE };

struct state {
    anser_handle kept; /* a reply */
    anser_handle taken;
    uint64_t gone;
    uint64_t ticks;
};

static int64_t handle_add(struct server *server, struct serve_request *request)
{
    const uint64_t *words = request->data;
    (void)server;
    return (int64_t)(words[1] + words[2]);
}

static int64_t handle_echo(struct server *server, struct serve_request *request)
{
    (void)server;
    request->answer_length = request->length - 8;
    memcpy(request->answer, (const char *)request->data + 8, request->answer_length);
    return (int64_t)request->answer_length;
}

static int64_t handle_keep(struct server *server, struct serve_request *request)
{
    struct state *state = server->context;
    (void)request;
    state->kept = serve_keep(server);
    return SERVE_KEPT;
}

static int64_t handle_release(struct server *server, struct serve_request *request)
{
    struct state *state = server->context;
    (void)request;
    int status = serve_answer(state->kept, 77, "late", 4);
    state->kept = 0;
    return status;
}

static int64_t handle_take(struct server *server, struct serve_request *request)
{
    struct state *state = server->context;
    if (request->handle_count != 2)
        return -EINVAL;
    handle_close(state->taken);
    state->taken = request->handles[0];
    request->handles[0] = 0;
    return 0;
}

static int64_t handle_give(struct server *server, struct serve_request *request)
{
    struct state *state = server->context;
    request->answer_handle_count = 1;
    request->answer_handles[0] = state->taken;
    state->taken = 0;
    return 1;
}

static int64_t handle_fail(struct server *server, struct serve_request *request)
{
    (void)server;
    request->answer_length = 8; /* an error has no data: the loop drops it */
    return -EPERM;
}

static int64_t handle_badge(struct server *server, struct serve_request *request)
{
    (void)server;
    return (int64_t)request->badge;
}

static int64_t handle_stop(struct server *server, struct serve_request *request)
{
    (void)request;
    serve_stop(server);
    return 99;
}

static void count_tick(struct server *server, const struct serve_event *event)
{
    struct state *state = server->context;
    state->ticks += event->words[1];
}

static void note_gone(struct server *server, uint64_t badge)
{
    struct state *state = server->context;
    state->gone = badge;
}

static const struct serve_handler handlers[] = {
    {ADD, 24, handle_add},        {ECHO, 8, handle_echo},        {KEEP, 8, handle_keep},
    {RELEASE, 8, handle_release}, {TAKE_HANDLE, 8, handle_take}, {GIVE_HANDLE, 8, handle_give},
    {FAIL, 8, handle_fail},       {STOP, 8, handle_stop},        {BADGE, 8, handle_badge},
};
static const struct serve_event_handler events[] = {{ANSER_EVENT_TIMER, 5, count_tick}};

static void run(void *argument)
{
    struct server *server = argument;
    int status = serve_run(server);
    if (status < 0)
        printf("# serve_run: %d\n", status);
}

/* ---- Clients.
 * -------------------------------------------------------------------------------------- */

/* Calls with up to three words. Returns the status in the answer, or -1000 less the call's error.
 */
static int64_t ask(anser_handle server, uint64_t type, uint64_t a, uint64_t b)
{
    uint64_t request[3] = {type, a, b};
    int64_t answer[8] = {0};
    struct channel_out out = {.data = request, .length = sizeof(request)};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    int status = channel_call(server, &out, &in, clock_after(10000));
    for (unsigned i = 0; status == 0 && i < in.handle_count; i++)
        handle_close(in.handles[i]);
    return status < 0 ? status - 1000 : answer[0];
}

static void test_requests(anser_handle server)
{
    TEST(ask(server, ADD, 40, 2) == 42, "a request is answered");
    TEST(ask(server, FAIL, 0, 0) == -EPERM, "an error is answered");
    TEST(ask(server, 12345, 0, 0) == -ENOSYS, "an unknown type is refused");
    uint64_t request[2] = {ADD, 1};
    int64_t answer = 0;
    struct channel_out out = {.data = request, .length = 16};
    struct channel_in in = {.data = &answer, .capacity = 8};
    TEST(channel_call(server, &out, &in, CLOCK_NEVER) == 0 && answer == -EINVAL,
         "a short request is refused");
    out.length = 3;
    TEST(channel_call(server, &out, &in, CLOCK_NEVER) == 0 && answer == -EINVAL,
         "one without a type, too");
    out.length = 16;
    TEST(channel_send(server, &out, CLOCK_NEVER) == 0, "a request that is no call is no trouble");
    TEST(ask(server, ADD, 1, 2) == 3, "and the next one is answered");
}

static void test_echo(anser_handle server, size_t length)
{
    uint64_t request[512] = {ECHO}, answer[512] = {0};
    for (size_t i = 1; i < 512; i++)
        request[i] = i * 3;
    struct channel_out out = {.data = request, .length = 8 + length};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    int status = channel_call(server, &out, &in, CLOCK_NEVER);
    TEST(status == 0 && answer[0] == length && in.length == 8 + length &&
             memcmp(answer + 1, request + 1, length) == 0,
         "%zu bytes come back", length);
}

static void test_handles(anser_handle server)
{
    struct channel one, two;
    uint64_t request = TAKE_HANDLE;
    int64_t answer = 0;
    channel_create(&one, 8, 1);
    channel_create(&two, 8, 1);
    struct channel_out out = {
        .data = &request, .length = 8, .handle_count = 2, .handles = {one.send, two.send}};
    struct channel_in in = {.data = &answer, .capacity = 8};
    TEST(channel_call(server, &out, &in, CLOCK_NEVER) == 0 && answer == 0, "two handles go over");
    struct channel_in news = {.data = &answer, .capacity = 8};
    TEST(channel_receive(two.receive, &news, 0, clock_after(1000)) == 0 &&
             news.flags & ANSER_INFO_CLOSED,
         "the one that the handler left is closed");
    TEST(channel_receive(one.receive, &news, 0, 0) == -EAGAIN, "the other one is open");
    request = GIVE_HANDLE;
    out.handle_count = 0;
    TEST(channel_call(server, &out, &in, CLOCK_NEVER) == 0 && in.handle_count == 1,
         "and comes back");
    handle_close(in.handles[0]);
    TEST(channel_receive(one.receive, &news, 0, clock_after(1000)) == 0 &&
             news.flags & ANSER_INFO_CLOSED,
         "it was the same");
    handle_close(one.receive);
    handle_close(two.receive);
}

static int64_t kept_answer;

static void call_kept(void *argument)
{
    kept_answer = ask(*(anser_handle *)argument, KEEP, 0, 0);
}

static void test_kept(anser_handle server)
{
    struct thread *waiter;
    kept_answer = 0;
    thread_create(&waiter, call_kept, &server, NULL);
    clock_sleep(20);
    TEST(kept_answer == 0, "a kept reply is not answered yet");
    TEST(ask(server, ADD, 2, 3) == 5, "others are, meanwhile");
    TEST(ask(server, RELEASE, 0, 0) == 0, "released");
    thread_join(waiter);
    TEST(kept_answer == 77, "and answered");
}

static void test_badges(struct server *server, anser_handle receive)
{
    struct state *state = server->context;
    anser_handle badged = channel_mint(receive, 4711);
    anser_handle copy = handle_duplicate(badged);
    TEST(ask(badged, BADGE, 0, 0) == 4711 && ask(copy, BADGE, 0, 0) == 4711,
         "badges come with requests");
    handle_close(badged);
    TEST(ask(copy, ADD, 1, 1) == 2 && state->gone == 0, "one of two handles closed: not gone");
    handle_close(copy);
    for (int i = 0; i < 200 && __atomic_load_n(&state->gone, __ATOMIC_SEQ_CST) == 0; i++)
        clock_sleep(5);
    TEST(state->gone == 4711, "the last one closed: gone");
}

static void test_timer(struct server *server, anser_handle receive)
{
    struct state *state = server->context;
    anser_handle expiry = channel_mint(receive, 5);
    anser_handle timer = sys_timer_create(expiry);
    TEST(timer > 0 && sys_timer_set(timer, clock_after(10), clock_ticks(10000000)) == 0,
         "a timer every 10 ms");
    for (int i = 0; i < 200 && __atomic_load_n(&state->ticks, __ATOMIC_SEQ_CST) < 3; i++)
        clock_sleep(10);
    TEST(state->ticks >= 3, "its events arrive");
    handle_close(timer);
    handle_close(expiry);
}

static void test_server(size_t element_size)
{
    struct state state = {0};
    struct server server = {
        .element_size = element_size,
        .handlers = handlers,
        .handler_count = sizeof(handlers) / sizeof(handlers[0]),
        .events = events,
        .event_count = 1,
        .gone = note_gone,
        .context = &state,
    };
    struct channel channel;
    struct thread *thread;
    TEST(channel_create(&channel, element_size, 0) == 0, "elements of %zu bytes", element_size);
    server.receive = channel.receive;
    thread_create(&thread, run, &server, NULL);
    test_requests(channel.send);
    test_echo(channel.send, 0);
    test_echo(channel.send, 13);
    test_echo(channel.send, 56);
    if (element_size > 64) {
        test_echo(channel.send, 57);
        test_echo(channel.send, 1000);
        test_echo(channel.send, 4088);
    }
    test_handles(channel.send);
    test_kept(channel.send);
    test_badges(&server, channel.receive);
    test_timer(&server, channel.receive);
    TEST(ask(channel.send, STOP, 0, 0) == 99, "who stops it gets an answer");
    thread_join(thread);
    handle_close(channel.send);
    handle_close(channel.receive);
}

int main(void)
{
    test_server(64);
    test_server(4096);
    return tap_done();
}
