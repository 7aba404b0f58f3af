/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program finds at its start: arguments, constructors, thread-local data, handles, time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "syscall.h"
#include "tap.h"

static int constructed;
static int in_data = 42;
static int in_bss[1000];
static __thread int local = 7;
static __thread int local_zero;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

static void test_memory(void)
{
    int sum = 0;
    for (size_t i = 0; i < sizeof(in_bss) / sizeof(in_bss[0]); i++)
        sum |= in_bss[i];
    TEST(constructed == 1, "the constructor ran once");
    TEST(in_data == 42, "initialized data is there");
    TEST(sum == 0, "the rest is zero");
    TEST(local == 7 && local_zero == 0, "thread-local data is initialized");
    errno = 0;
    TEST(sbrk(-1) == (void *)-1 && errno == ENOMEM, "errno is the thread's own");
}

static void test_arguments(int argc, char **argv)
{
    TEST(argc >= 1 && argv[argc] == NULL, "argv ends in NULL");
    TEST(strstr(argv[0], "start") != NULL, "argv[0] is \"%s\"", argv[0]);
    TEST(environ != NULL, "there is an environment");
    TEST(start_auxiliary(6, 0) == 4096, "the page size is in auxv");
    TEST(start_auxiliary(0x7fff, 5) == 5, "what is not in auxv is not found");
}

static void test_handles(void)
{
    const struct anser_start *start = start_handles();
    TEST(start->count > 0, "%lu start handles", (unsigned long)start->count);
    for (uint64_t i = 0; i < start->count; i++) {
        const struct anser_start_handle *one = &start->handles[i];
        struct sys_result info = sys_handle_info(one->handle);
        TEST(info.status > 0, "handle \"%s\" is of type %ld, rights %#x", one->name,
             (long)info.status, (unsigned)info.value);
        TEST(start_handle(one->name) == one->handle, "and found by its name");
    }
    TEST(start_handle("no such handle") == 0, "a name that was not given is 0");
}

static void test_time(void)
{
    uint64_t before = clock_now(), instructions = clock_instructions();
    TEST(clock_hertz() > 1000, "%lu ticks a second", (unsigned long)clock_hertz());
    TEST(clock_ticks(1000000000) == clock_hertz(), "a second in ticks");
    TEST(clock_nanoseconds(clock_hertz()) == 1000000000, "a second in nanoseconds");
    TEST(clock_ticks(UINT64_MAX) < UINT64_MAX, "584 years do not overflow");
    TEST(clock_sleep(20) == 0, "sleeps");
    uint64_t slept = clock_nanoseconds(clock_now() - before) / 1000000;
    TEST(slept >= 20, "%lu ms, at least 20", (unsigned long)slept);
    TEST(clock_instructions() > instructions, "instructions are counted");
    printf("# %s\n", clock_counts_instructions() ? "exactly" : "not exactly: no -icount");
    TEST(clock_sleep_until(0) == 0, "a deadline that is over does not wait");
}

int main(int argc, char **argv)
{
    test_memory();
    test_arguments(argc, argv);
    test_handles();
    test_time();
    return tap_done();
}
