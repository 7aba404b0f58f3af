/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * init as a client sees it: what a program that INIT_START starts is given, every refusal with its
 * line of text, and that nothing stays behind in init. The program started is this one.
 */
/* timeout: 90 */
/* services: all */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "memory.h"
#include "self_image.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

#define SELF    "/tests/init_start"
#define ENOEXEC 8

static anser_handle init;
static struct channel exits;

/* A request as it is sent, and what came back. */
static struct {
    struct init_start head;
    char strings[2048];
} request;
static struct init_started answer;
static anser_handle process, signals; /* of the last start */

static void add_string(const char *text)
{
    size_t used = request.head.argument_length + request.head.environment_length;
    strcpy(request.head.arguments + used, text);
}

static void add_argument(const char *text)
{
    add_string(text);
    request.head.argument_count++;
    request.head.argument_length += strlen(text) + 1;
}

static void add_environment(const char *text)
{
    add_string(text);
    request.head.environment_count++;
    request.head.environment_length += strlen(text) + 1;
}

static void begin(const char *name, uint32_t flags)
{
    memset(&request, 0, sizeof(request));
    request.head.type = INIT_START;
    request.head.flags = flags;
    add_argument(name);
}

static int64_t give(const char *name, anser_handle handle)
{
    struct init_give give = {.type = INIT_GIVE};
    int64_t status;
    snprintf(give.name, sizeof(give.name), "%s", name);
    struct channel_out out = {
        .data = &give, .length = sizeof(give), .handle_count = 1, .handles = {handle}};
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    int error = channel_call(init, &out, &in, CLOCK_NEVER);
    return error < 0 ? error : status;
}

static int64_t request_start(void)
{
    size_t length =
        sizeof(request.head) + request.head.argument_length + request.head.environment_length;
    struct channel_out out = {.data = &request,
                              .length = length < sizeof(request) ? length : sizeof(request)};
    if (request.head.flags & INIT_START_EXIT)
        out.handles[out.handle_count++] = channel_mint(exits.receive, 1);
    struct channel_in in = {.data = &answer, .capacity = sizeof(answer)};
    int error = channel_call(init, &out, &in, CLOCK_NEVER);
    if (error < 0)
        return error;
    process = in.handle_count > 0 ? in.handles[0] : 0;
    signals = in.handle_count > 1 ? in.handles[1] : 0;
    return answer.status;
}

/* The status that the program ended with; -1: something else came. */
static int64_t wait_exit(void)
{
    uint64_t words[8] = {0};
    for (;;) {
        struct channel_in in = {.data = words, .capacity = sizeof(words)};
        if (channel_receive(exits.receive, &in, 0, clock_after(10000)) < 0)
            return -1;
        if (in.flags & ANSER_INFO_EVENT && words[2] == ANSER_EXIT_FAULT)
            printf("# fault: scause %#lx, stval %#lx, pc %#lx\n", (unsigned long)words[3],
                   (unsigned long)words[4], (unsigned long)words[5]);
        if (in.flags & ANSER_INFO_EVENT)
            return words[2] == ANSER_EXIT_NORMAL ? (int64_t)words[1] : -1;
    }
}

static void close_started(void)
{
    handle_close(process);
    handle_close(signals);
}

/* ---- The program that is started. ------------------------------------------------------------ */

/* Sends how much of what it expects it has, waits for a signal, ends with the signal's word. */
static int child(int argc, char **argv)
{
    const char *one = getenv("ONE"), *two = getenv("TWO");
    uint64_t found = argc == 3 && strcmp(argv[2], "two words") == 0;
    found |= (uint64_t)(one && strcmp(one, "1") == 0) << 1;
    found |= (uint64_t)(two && strcmp(two, "a=b") == 0) << 2;
    found |= (uint64_t)(start_handle(START_NAMES) != 0) << 3;
    struct channel_out out = {.data = &found, .length = sizeof(found)};
    if (channel_send(start_handle("mail"), &out, CLOCK_NEVER) < 0)
        return 100;
    uint64_t word = 0;
    channel_wait(start_handle(START_SIGNALS), &word, CLOCK_NEVER);
    return (int)word;
}

/* Starts it and talks to it; returns its exit status. */
static int64_t converse(void)
{
    struct channel mail;
    uint64_t found = 0;
    channel_create(&mail, 8, 1);
    give("mail", mail.send);
    int64_t status = request_start();
    if (status < 0)
        printf("# %s\n", answer.text);
    struct channel_in in = {.data = &found, .capacity = sizeof(found)};
    if (status == 0)
        channel_receive(mail.receive, &in, 0, clock_after(10000));
    if (found == 15)
        sys_signal(signals, 1 << 5);
    else
        sys_process_kill(process, 0);
    status = wait_exit();
    if (status != 32)
        printf("# found %lu, ended with %ld\n", (unsigned long)found, (long)status);
    close_started();
    handle_close(mail.receive);
    return status;
}

static void begin_child(const char *name, uint32_t flags)
{
    begin(name, flags | INIT_START_EXIT);
    add_argument("child");
    add_argument("two words");
    add_environment("ONE=1");
    add_environment("TWO=a=b");
}

/* ---- Good starts. ---------------------------------------------------------------------------- */

static void test_from_archive(void)
{
    begin_child(SELF, 0);
    TEST(converse() == 32, "arguments, environment, a handle, and a signal that reaches it");
    TEST(answer.text[0] == 0, "a start that worked has no text");
    TEST(!(answer.flags & INIT_STARTED_FOREIGN), "and it is no foreign program");
}

static anser_handle fill_pages(anser_handle pages, const void *bytes, size_t size, size_t offset)
{
    char *view = memory_map_object(pages, 0, offset + size, ANSER_PROT_READ | ANSER_PROT_WRITE);
    memcpy(view + offset, bytes, size);
    memory_unmap(view, offset + size);
    return pages;
}

static anser_handle pages_of(const void *bytes, size_t size, size_t offset, bool frozen)
{
    anser_handle pages = fill_pages(memory_create_pages(offset + size), bytes, size, offset);
    if (frozen)
        sys_pages_freeze(pages);
    return pages;
}

static anser_handle shared_pages_of(const void *bytes, size_t size)
{
    uint64_t count = (size + MEMORY_PAGE - 1) / MEMORY_PAGE;
    return fill_pages(sys_pages_create(count, ANSER_PAGES_SHARED, 0), bytes, size, 0);
}

static void begin_image(size_t size, uint64_t offset)
{
    begin_child("anything", INIT_START_IMAGE);
    request.head.image_size = size;
    request.head.image_offset = offset;
}

static void test_from_image(const struct self_image *image, size_t size)
{
    begin_image(size, MEMORY_PAGE);
    give("image", pages_of(image, size, MEMORY_PAGE, true));
    TEST(converse() == 32, "an image in frozen pages runs, in place");
}

/* ---- Refusals. ------------------------------------------------------------------------------- */

static void refused(const char *what, int64_t status, const char *word)
{
    int64_t got = request_start();
    TEST(got == status && strstr(answer.text, word), "%s: %s (%ld)", what, answer.text, (long)got);
    close_started();
}

static void test_refusals(void)
{
    begin("nothing", 0);
    refused("no such program", -ESRCH, "not in the archive");
    begin("/manifest", 0);
    refused("a text", -ENOEXEC, "magic");
    begin(SELF, 0);
    request.head.memory_pages = 1ul << 18;
    refused("more memory than its stanza allows", -ENOMEM, "allowed");
    begin(SELF, 0);
    request.head.argument_length++;
    refused("a length that is not the strings'", -EINVAL, "arguments");
    begin(SELF, 0);
    request.head.argument_length = UINT64_MAX;
    refused("a length that wraps", -EINVAL, "arguments");
    begin(SELF, 0);
    request.head.argument_count = 0;
    refused("no name", -EINVAL, "arguments");
    begin(SELF, 0);
    request.head.environment_count = 1;
    refused("an environment that is not there", -EINVAL, "environment");
    begin(SELF, 8);
    refused("a flag that is none", -EINVAL, "handles");
    begin(SELF, INIT_START_CONSOLE);
    refused("a console that did not come", -EINVAL, "handles");
    begin(SELF, INIT_START_IMAGE);
    refused("an image that was not given", -EINVAL, "image");
}

static void test_bad_images(const struct self_image *image, size_t size)
{
    begin_image(size, 0);
    give("image", pages_of(image, size, 0, false));
    refused("pages that can still be written", -EINVAL, "frozen");
    begin_image(size, 0);
    give("image", shared_pages_of(image, size));
    refused("pages that somebody else can still write", -EINVAL, "frozen");
    begin_image(size, 1);
    give("image", pages_of(image, size, 0, true));
    refused("an image between pages", -EINVAL, "image");
    begin_image(1ul << 40, 0);
    give("image", pages_of(image, size, 0, true));
    refused("an image longer than its pages", -EINVAL, "image");
    begin_image(size / 2, 0);
    give("image", pages_of(image, size, 0, true));
    refused("an image cut short", -ENOEXEC, "program header");
}

/* A start that fails takes the deposits with it, so that the next one does not get them. */
static void test_deposits(void)
{
    struct channel mail;
    struct channel_in in = {.capacity = 0};
    channel_create(&mail, 8, 1);
    TEST(give("mail", mail.send) == 0, "a handle is deposited");
    begin("nothing", 0);
    refused("a start that fails", -ESRCH, "archive");
    TEST(channel_receive(mail.receive, &in, 0, clock_after(1000)) == 0 &&
             in.flags & ANSER_INFO_CLOSED,
         "closes what was deposited");
    handle_close(mail.receive);
    TEST(give("", channel_mint(exits.receive, 2)) == -EINVAL, "a handle without a name");
    int given = 0;
    for (int i = 0; i < INIT_GIVE_MAX + 1; i++) {
        char name[8];
        snprintf(name, sizeof(name), "h%d", i);
        int64_t status = give(name, channel_mint(exits.receive, 2));
        given += i < INIT_GIVE_MAX ? status == 0 : status == -ENOMEM;
    }
    TEST(given == INIT_GIVE_MAX + 1, "%d handles at a time, and not one more", INIT_GIVE_MAX);
    begin_child(SELF, 0);
    TEST(request_start() == 0 && wait_exit() == 100,
         "a program with all of them, and without mail");
    close_started();
}

/* ---- Leaks. ---------------------------------------------------------------------------------- */

static struct anser_system_info count_objects(void)
{
    struct anser_system_info info = {.handles = 0};
    sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_SYSTEM, 0, &info, sizeof(info));
    return info;
}

/* Takes what tells of handles that have gone: it would count as an object. */
static void drain_exits(void)
{
    uint64_t words[8];
    struct channel_in in = {.data = words, .capacity = sizeof(words)};
    while (channel_receive(exits.receive, &in, 0, 0) == 0)
        in.capacity = sizeof(words);
}

static void test_leaks(void)
{
    int good = 0;
    drain_exits();
    struct anser_system_info before = count_objects();
    for (int i = 0; i < 100; i++) {
        begin_child(SELF, 0);
        good += converse() == 32;
        begin("/manifest", 0);
        give("mail", channel_mint(exits.receive, 2));
        good += request_start() == -ENOEXEC;
    }
    /* With several harts the last process may still be on its way out. */
    struct anser_system_info after;
    for (int tries = 0; tries < 100; tries++) {
        drain_exits();
        after = count_objects();
        if (after.kernel_objects <= before.kernel_objects)
            break;
        clock_sleep(10);
    }
    TEST(good == 200, "100 starts and 100 refusals");
    TEST(after.handles <= before.handles && after.kernel_objects <= before.kernel_objects,
         "leave no handle (%lu, %lu) and no object (%lu, %lu)", (unsigned long)before.handles,
         (unsigned long)after.handles, (unsigned long)before.kernel_objects,
         (unsigned long)after.kernel_objects);
}

int main(int argc, char **argv)
{
    size_t size;
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child(argc, argv);
    struct self_image *image = self_image_make(&size);
    init = start_handle(START_INIT);
    if (!TEST(init != 0, "the manifest lets this program start others") ||
        !TEST(channel_create(&exits, 64, 0) == 0, "a channel for exits"))
        return tap_done();
    test_from_archive();
    test_from_image(image, size);
    test_refusals();
    test_bad_images(image, size);
    test_deposits();
    test_leaks();
    return tap_done();
}
