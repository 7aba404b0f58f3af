/* SPDX-License-Identifier: BSD-2-Clause */
/* The first stack of a program, read back as the program would. */
/* sources: lib/stack_image.c */
#include <stdlib.h>
#include <string.h>
#include "lib/stack_image.h"
#include "tap.h"

#define TOP 0x3fffff0000ul

/* The image, and what an address in the program is here. */
static char *image;
static uint64_t base;

static void *at(uint64_t address)
{
    return image + (address - base);
}

static uint64_t *build(const struct stack_contents *contents)
{
    size_t size = stack_image_size(contents);
    image = malloc(size);
    base = stack_image_write(contents, image, TOP);
    TEST(size % 16 == 0 && base == TOP - size, "%zu bytes end at the top, sp is aligned", size);
    return (uint64_t *)image;
}

/* Checks a list of strings that begins at *word; moves on behind its NULL. */
static void check_strings(uint64_t **word, const char *const *strings, const char *what)
{
    for (size_t i = 0; strings[i] != NULL; i++) {
        TEST(strcmp(at(**word), strings[i]) == 0, "%s[%zu] is \"%s\"", what, i, strings[i]);
        (*word)++;
    }
    TEST(*(*word)++ == 0, "%s ends in NULL", what);
}

static void test_full(void)
{
    static const char *const arguments[] = {"ping", "", "a longer argument", NULL};
    static const char *const environment[] = {"HOME=/", NULL};
    static const struct stack_auxiliary auxiliary[] = {{6, 4096}, {ANSER_AT_TIMEBASE, 10000000}};
    static const struct anser_start_handle handles[] = {{"stdin", 0x100000020}, {"names", 0x40}};
    struct stack_contents contents = {arguments, environment, auxiliary, 2, handles, 2, NULL, NULL};
    uint64_t *word = build(&contents);
    TEST(*word++ == 3, "argc");
    check_strings(&word, arguments, "argv");
    check_strings(&word, environment, "envp");
    TEST(word[0] == 6 && word[1] == 4096, "first auxiliary entry");
    TEST(word[2] == ANSER_AT_TIMEBASE && word[3] == 10000000, "second auxiliary entry");
    TEST(word[4] == ANSER_AT_START, "start handles");
    TEST(word[6] == 0 && word[7] == 0, "AT_NULL");
    struct anser_start *start = at(word[5]);
    TEST((uint64_t *)start == word + 8, "the handles follow");
    TEST(start->count == 2 && memcmp(start->handles, handles, sizeof(handles)) == 0,
         "names and handles");
    free(image);
}

static void test_empty(void)
{
    static const char *const none[] = {NULL};
    struct stack_contents contents = {none, none, NULL, 0, NULL, 0, NULL, NULL};
    uint64_t *word = build(&contents);
    TEST(word[0] == 0 && word[1] == 0 && word[2] == 0, "no arguments, no environment");
    TEST(word[3] == ANSER_AT_START && *(uint64_t *)at(word[4]) == 0, "no handles, but their count");
    free(image);
}

/* A Linux program's: AT_RANDOM and AT_EXECFN lead to what was given. */
static void test_pointers(void)
{
    static const char *const arguments[] = {"x", NULL}, *const none[] = {NULL};
    struct stack_contents contents = {
        .arguments = arguments,
        .environment = none,
        .random = "0123456789abcdef",
        .path = "/programs/x",
    };
    uint64_t *word = build(&contents) + 4;
    TEST(word[0] == 25 && memcmp(at(word[1]), contents.random, 16) == 0, "AT_RANDOM: 16 bytes");
    TEST(word[2] == 31 && strcmp(at(word[3]), contents.path) == 0, "AT_EXECFN");
    TEST(word[4] == ANSER_AT_START && word[6] == 0, "the rest follows");
    TEST(word[3] + sizeof("/programs/x") <= TOP, "all of it lies below the top");
    free(image);
}

int main(void)
{
    test_pointers();
    test_full();
    test_empty();
    return tap_done();
}
