/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts programs for Linux as a shell does, by asking init, on the console that it has itself:
 *   driver run PAGES [NAME=VALUE...] PROGRAM [ARGUMENT...]
 *       with that much memory (0: as init sees fit) and environment; its status is the program's;
 *   driver kill TIMES PROGRAM MODE PROGRAM MODE
 *       starts the two in turn and kills each at a random moment; everything has to be back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "start.h"
#include "support/balance.h"
#include "syscall.h"
#include "tap.h"

#define STATUS_KILLED 99
#define WARM_UP       100   /* starts, after which init and the servers have what they keep */
#define DELAY_US      40000 /* from before its first instruction until all of it runs */

/* What is asked of init. Strings are those of our own arguments. */
struct wish {
    uint64_t pages;
    char **environment;
    unsigned environment_count;
    char **arguments;
    unsigned argument_count;
};

struct child {
    anser_handle process;
    struct channel exits;
};

static size_t append(char *to, size_t at, size_t size, char **strings, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        if (at + length > size) {
            fprintf(stderr, "driver: the arguments are too long\n");
            exit(2);
        }
        memcpy(to + at, strings[i], length);
        at += length;
    }
    return at;
}

/* Returns 0, or the error that init answered with, which is then printed. */
static int child_start(struct child *child, const struct wish *wish)
{
    static union {
        struct init_start head;
        char bytes[INIT_ELEMENT];
    } request;
    memset(&request, 0, sizeof(request));
    size_t begin = sizeof(request.head), size = sizeof(request);
    size_t middle = append(request.bytes, begin, size, wish->arguments, wish->argument_count);
    size_t end = append(request.bytes, middle, size, wish->environment, wish->environment_count);
    request.head.type = INIT_START;
    request.head.flags = INIT_START_CONSOLE | INIT_START_EXIT;
    request.head.argument_count = wish->argument_count;
    request.head.argument_length = middle - begin;
    request.head.environment_count = wish->environment_count;
    request.head.environment_length = end - middle;
    request.head.memory_pages = wish->pages;
    int error = channel_create(&child->exits, 48, 0);
    if (error < 0)
        return error;
    struct channel_out out = {
        .data = &request,
        .length = end,
        .handle_count = 2,
        .handles = {handle_duplicate(start_handle(START_STDOUT)), child->exits.send},
    };
    struct init_started answer = {.status = 0};
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    error = channel_call(start_handle(START_INIT), &out, &in, CLOCK_NEVER);
    if (error == 0 && answer.status >= 0) {
        child->process = in.handles[0];
        handle_close(in.handles[1]);
        return 0;
    }
    printf("driver: %s: %s (error %" PRId64 ")\n", wish->arguments[0], answer.text, answer.status);
    handle_close(child->exits.receive);
    return error < 0 ? error : (int)answer.status;
}

/* Waits for its end and closes what belongs to it. Returns false if it has not ended in time. */
static bool child_wait(struct child *child, uint64_t words[static 6], uint64_t deadline)
{
    struct channel_in in = {.data = words, .capacity = 48};
    int error;
    do
        error = channel_receive(child->exits.receive, &in, 0, deadline);
    while (error == 0 && !(in.flags & ANSER_INFO_EVENT));
    handle_close(child->process);
    handle_close(child->exits.receive);
    return error == 0;
}

static int run(unsigned count, char **words)
{
    struct wish wish = {.pages = strtoul(words[0], NULL, 0), .environment = words + 1};
    struct child child;
    uint64_t end[6] = {0};
    while (wish.environment_count + 1 < count && strchr(words[wish.environment_count + 1], '='))
        wish.environment_count++;
    wish.arguments = words + 1 + wish.environment_count;
    wish.argument_count = count - 1 - wish.environment_count;
    if (child_start(&child, &wish) != 0)
        return 126;
    if (!child_wait(&child, end, CLOCK_NEVER))
        return 125;
    return end[2] == ANSER_EXIT_NORMAL ? (int)end[1] : 124;
}

/* Who has how much, to be compared when something is missing. */
static void show_processes(void)
{
    struct anser_process_info info;
    for (uint64_t next = 0;;) {
        struct sys_result result = sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_PROCESS,
                                                   next, &info, sizeof(info));
        next = result.value;
        if (result.status <= 0)
            return;
        printf("# %s: %" PRIu64 " pages, %" PRIu64 " handles, %" PRIu64 " threads\n", info.name,
               info.pages_used, info.handles, info.threads);
    }
}

static uint64_t random_below(uint64_t limit)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* For whoever has to find out why a process is still there. */
static void show_threads(void)
{
    struct anser_thread_info info;
    for (uint64_t next = 0;;) {
        struct sys_result result = sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_THREAD,
                                                   next, &info, sizeof(info));
        next = result.value;
        if (result.status <= 0)
            return;
        printf("# thread %" PRIu64 " of process %" PRIu64 ": state %" PRIu64 ", priority %" PRIu64
               ", ticks %" PRIu64 ", waits for %#" PRIx64 ", pc %#" PRIx64 "\n",
               info.id, info.process, info.state, info.priority, info.cpu_ticks, info.wait_object,
               info.pc);
    }
}

/* One start and one death. The program may also have ended by itself, which it should not. */
static bool start_and_kill(char **arguments)
{
    struct wish wish = {.arguments = arguments, .argument_count = 2};
    struct child child;
    uint64_t end[6] = {0};
    if (child_start(&child, &wish) != 0)
        return false;
    clock_sleep_until(clock_now() + clock_ticks(random_below(DELAY_US) * 1000));
    int64_t status = sys_process_kill(child.process, STATUS_KILLED);
    bool ended = child_wait(&child, end, clock_after(10000));
    if (!ended || end[1] != STATUS_KILLED || end[2] != ANSER_EXIT_KILLED)
        printf("# %s %s: %s, status %" PRIu64 ", reason %" PRIu64 "; killing it: %" PRId64 "\n",
               arguments[0], arguments[1], ended ? "ended" : "does not end", end[1], end[2],
               status);
    if (!ended)
        show_threads();
    return ended && end[1] == STATUS_KILLED && end[2] == ANSER_EXIT_KILLED;
}

static int kill_often(unsigned times, char **words)
{
    bool good = true;
    for (unsigned i = 0; i < WARM_UP && good; i++)
        good = start_and_kill(words + i % 2 * 2);
    TEST(good, "programs start and can be killed");
    show_processes();
    struct balance before = balance_now();
    unsigned done = 0;
    while (done < times && good) {
        good = start_and_kill(words + done % 2 * 2);
        done += good;
    }
    TEST(good, "%u programs were killed at a random moment", done);
    if (!TEST(balance_is(&before), "free pages, handles, objects and threads are what they were"))
        show_processes();
    return tap_done();
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc >= 4 && strcmp(argv[1], "run") == 0)
        return run((unsigned)argc - 2, argv + 2);
    if (argc == 7 && strcmp(argv[1], "kill") == 0)
        return kill_often((unsigned)atoi(argv[2]), argv + 3);
    fprintf(stderr, "usage: driver run PAGES [NAME=VALUE...] PROGRAM [ARGUMENT...] | kill TIMES "
                    "PROGRAM MODE PROGRAM MODE\n");
    return 2;
}
