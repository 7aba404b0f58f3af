/* SPDX-License-Identifier: BSD-2-Clause */
/* init's first stack, read back the way a program's start-up code reads it. */
/* sources: loader/init_stack.c loader/line.c */
#include <stdlib.h>
#include <string.h>
#include <anser/bootinfo.h>
#include "loader/init_stack.h"
#include "tap.h"

#define PAGE_SIZE ANSER_PAGE_SIZE
#define TOP       0x3fffff0000ul

static _Alignas(16) uint8_t page[PAGE_SIZE];

/* Where a user address of the page is on the host. */
static const void *at(uint64_t address)
{
    return address >= TOP - PAGE_SIZE && address < TOP ? page + (address - (TOP - PAGE_SIZE))
                                                       : NULL;
}

static const char *text_at(uint64_t address)
{
    const char *text = at(address);
    return text ? text : "(outside)";
}

static const uint64_t *build(const char *line)
{
    struct init_stack what = {
        .command_line = line,
        .initrd_size = 18446744073709551615ul,
        .device_tree_size = 4096,
        .timebase = 10000000,
        .handles = {{"system", 0x100000020}, {"initrd", 0x100000040}, {"device-tree", 0x60}},
    };
    memset(page, 0, sizeof(page));
    uint64_t stack = init_stack_build(page, TOP, &what);
    TEST(stack % 16 == 0 && at(stack) != NULL, "the stack pointer is aligned, inside the page");
    return at(stack);
}

static uint64_t auxiliary(const uint64_t *vector, uint64_t type)
{
    for (; vector[0] != 0; vector += 2) {
        if (vector[0] == type)
            return vector[1];
    }
    return UINT64_MAX;
}

static void test_contents(void)
{
    const uint64_t *stack = build("  one two=2   three ");
    TEST(stack[0] == 4, "argc is the name and three words, got %lu", stack[0]);
    TEST(strcmp(text_at(stack[1]), "init") == 0, "argv[0] is init");
    TEST(strcmp(text_at(stack[2]), "one") == 0, "argv[1], got %s", text_at(stack[2]));
    TEST(strcmp(text_at(stack[3]), "two=2") == 0, "argv[2], got %s", text_at(stack[3]));
    TEST(strcmp(text_at(stack[4]), "three") == 0, "argv[3], got %s", text_at(stack[4]));
    TEST(stack[5] == 0, "argv ends");
    TEST(strcmp(text_at(stack[6]), "initrd_size=18446744073709551615") == 0, "envp[0], got %s",
         text_at(stack[6]));
    TEST(strcmp(text_at(stack[7]), "dtb_size=4096") == 0, "envp[1], got %s", text_at(stack[7]));
    TEST(stack[8] == 0, "envp ends");
    const uint64_t *vector = stack + 9;
    TEST(auxiliary(vector, ANSER_AT_TIMEBASE) == 10000000, "the timebase");
    const struct anser_start *start = at(auxiliary(vector, ANSER_AT_START));
    TEST(start && start->count == 3, "three start handles");
    TEST(strcmp(start->handles[1].name, "initrd") == 0 && start->handles[1].handle == 0x100000040,
         "with their names");
}

/* The longest command line, and the one with the most words. */
static void test_limits(void)
{
    char line[BOOTINFO_CMDLINE_MAX];
    for (size_t i = 0; i < sizeof(line) - 1; i++)
        line[i] = i % 2 ? ' ' : 'x';
    line[sizeof(line) - 1] = '\0';
    const uint64_t *stack = build(line);
    TEST(stack[0] > 32 && stack[0] <= 128, "many words: as many as fit, got %lu", stack[0]);
    TEST(stack[stack[0] + 1] == 0 && strcmp(text_at(stack[stack[0]]), "x") == 0,
         "and argv ends behind the last");
    memset(line, 'y', sizeof(line) - 1);
    stack = build(line);
    TEST(stack[0] == 2 && strcmp(text_at(stack[2]), line) == 0, "one long word arrives whole");
}

int main(void)
{
    test_contents();
    test_limits();
    return tap_done();
}
