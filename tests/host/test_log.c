/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's printf, and the log ring with its absolute positions. */
/* sources: kern/log.c */
#include <string.h>
#include "kern/log.h"
#include "sbi/sbi.h"
#include "tap.h"

static char console[1 << 20];
static size_t console_length;

void sbi_console_write(const char *text, size_t length)
{
    memcpy(console + console_length, text, length);
    console_length += length;
}

/* What has come out on the console since the last look. */
static const char *shown(void)
{
    console[console_length] = '\0';
    console_length = 0;
    return console;
}

#define PRINTS(expected, ...)                                                                      \
    do {                                                                                           \
        kprintf(__VA_ARGS__);                                                                      \
        const char *got = shown();                                                                 \
        TEST(strcmp(got, expected) == 0, "%s prints \"%s\", got \"%s\"", #__VA_ARGS__, expected,   \
             got);                                                                                 \
    } while (0)

static void test_formats(void)
{
    PRINTS("plain", "plain");
    PRINTS("a b c", "%s b %s", "a", "c");
    PRINTS("-7 7 4294967295", "%d %u %u", -7, 7u, 0xffffffffu);
    PRINTS("-2147483648", "%d", -2147483647 - 1);
    PRINTS("-9223372036854775808", "%ld", -0x7fffffffffffffffl - 1);
    PRINTS("18446744073709551615", "%lu", 0xfffffffffffffffful);
    PRINTS("ffffffffffffffff 0", "%lx %x", 0xfffffffffffffffful, 0u);
    PRINTS("[  42] [0042]", "[%4d] [%04d]", 42, 42);
    PRINTS("[ -42] [-042]", "[%4d] [%04d]", -42, -42);
    PRINTS("[12345] [-12345]", "[%2d] [%03d]", 12345, -12345);
    PRINTS("[  ab] [abcde]", "[%4s] [%4s]", "ab", "abcde");
    PRINTS("0000000080200000", "%016lx", 0x80200000ul);
    PRINTS("100%", "100%%");
}

static void test_console_off(void)
{
    uint64_t before = UINT64_MAX;
    char text[64];
    log_read(text, 0, &before);
    log_console(false);
    kprintf("quiet %d", 1);
    TEST(console_length == 0, "nothing reaches the console while it is off");
    log_console(true);
    uint64_t position = before;
    size_t length = log_read(text, sizeof(text), &position);
    TEST(length == 7 && memcmp(text, "quiet 1", 7) == 0, "but the ring has it");
    TEST(position == before + 7, "the position moved past it");
    TEST(log_read(text, sizeof(text), &position) == 0 && position == before + 7,
         "and then there is nothing more");
}

/* Reads everything from `position` in pieces of an odd size. */
static size_t read_all(char *to, uint64_t *position)
{
    size_t length = 0, piece;
    while ((piece = log_read(to + length, 777, position)) != 0)
        length += piece;
    return length;
}

static void test_ring(void)
{
    static char text[1 << 17], expected[1 << 17];
    uint64_t start = UINT64_MAX;
    log_read(text, 0, &start);
    log_console(false);
    size_t written = 0;
    for (unsigned i = 0; i < 20000; i++) {
        char number[8];
        snprintf(number, sizeof(number), "%05u", i);
        memcpy(expected + written, number, 5);
        log_write(number, 5);
        written += 5;
    }
    log_console(true);
    uint64_t position = start;
    size_t length = read_all(text, &position);
    TEST(length == 65536, "of 100000 bytes the last 65536 are there, got %zu", length);
    TEST(memcmp(text, expected + written - 65536, 65536) == 0, "and they are the last ones");
    TEST(position == start + written, "the position counts those that are lost, too");
    position = UINT64_MAX;
    TEST(log_read(text, 10, &position) == 0 && position == start + written,
         "a position in the future becomes the end");
}

static void test_wrap_on_console(void)
{
    static char text[70001];
    static char pattern[70001];
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        pattern[i] = (char)('a' + i % 26);
    log_write(pattern, 40000);
    const char *got = shown();
    TEST(strlen(got) == 40000 && memcmp(got, pattern, 40000) == 0,
         "a text that wraps around the ring's end reaches the console whole");
}

int main(void)
{
    test_formats();
    test_console_off();
    test_ring();
    test_wrap_on_console();
    return tap_done();
}
