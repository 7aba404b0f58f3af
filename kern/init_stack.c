/* SPDX-License-Identifier: BSD-2-Clause */
/* Laying out init's stack: strings and structures from the top down, then the vectors below. */
#include "kern/init_stack.h"
#include <anser/bootinfo.h>
#include "kern/clock.h"

/* System V ABI, "Auxiliary Vector". */
#define AT_NULL   0
#define AT_PHDR   3
#define AT_PHENT  4
#define AT_PHNUM  5
#define AT_PAGESZ 6
#define AT_ENTRY  9
#define AT_RANDOM 25

#define HEADER_SIZE  56
#define ARGUMENTS    64 /* at most; more words of the command line are left out */
#define WORDS_MAX    128
#define RANDOM_WORDS 2

/* A page is room enough for the longest command line and everything else. */
_Static_assert(BOOTINFO_CMDLINE_MAX + WORDS_MAX * 8 + sizeof(struct init_stack) + 512 < PAGE_SIZE,
               "init's first stack fits a page");

struct builder {
    uint8_t *page;
    uint64_t base; /* user address of the page */
    uint64_t at;   /* offset of what was put last */
    uint64_t words[WORDS_MAX];
    unsigned count;
};

static uint64_t put(struct builder *b, const void *bytes, size_t size)
{
    b->at = (b->at - size) & ~7ul;
    memcpy(b->page + b->at, bytes, size);
    return b->base + b->at;
}

static void word(struct builder *b, uint64_t value)
{
    b->words[b->count++] = value;
}

static void auxiliary(struct builder *b, uint64_t type, uint64_t value)
{
    word(b, type);
    word(b, value);
}

/* argv: the name, then the words of the command line. */
static void put_arguments(struct builder *b, const char *line)
{
    size_t length = strlen(line) + 1;
    uint64_t name = put(b, "init", 5);
    uint64_t copy = put(b, line, length);
    char *text = (char *)b->page + b->at;
    word(b, 0); /* argc, when it is known */
    word(b, name);
    for (size_t i = 0; i + 1 < length; i++) {
        if (text[i] == ' ')
            text[i] = '\0';
        else if ((i == 0 || text[i - 1] == '\0') && b->count <= ARGUMENTS)
            word(b, copy + i);
    }
    b->words[0] = b->count - 1;
    word(b, 0);
}

/* "name=value" of the environment. */
static void put_number(struct builder *b, const char *name, uint64_t value)
{
    char text[48], digits[20];
    size_t length = strlen(name), count = 0;
    memcpy(text, name, length);
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count != 0)
        text[length++] = digits[--count];
    text[length++] = '\0';
    word(b, put(b, text, length));
}

/*
 * AT_RANDOM from what differs between boots: two clocks, stirred (splitmix64). Good for seeding
 * hash tables, not for keys; init finds better in the device tree.
 */
static uint64_t put_random(struct builder *b)
{
    uint64_t state = cycles_now() ^ time_now() << 32;
    uint64_t values[RANDOM_WORDS];
    for (unsigned i = 0; i < RANDOM_WORDS; i++) {
        uint64_t z = state += 0x9e3779b97f4a7c15ul;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ul;
        z = (z ^ z >> 27) * 0x94d049bb133111ebul;
        values[i] = z ^ z >> 31;
    }
    return put(b, values, sizeof(values));
}

static uint64_t put_handles(struct builder *b, const struct anser_start_handle *handles)
{
    uint64_t count = INIT_HANDLES;
    put(b, handles, INIT_HANDLES * sizeof(*handles));
    return put(b, &count, sizeof(count));
}

uint64_t init_stack_build(uint8_t page[PAGE_SIZE], uint64_t top, const struct init_stack *what)
{
    struct builder b = {.page = page, .base = top - PAGE_SIZE, .at = PAGE_SIZE};
    put_arguments(&b, what->command_line);
    put_number(&b, "initrd_size=", what->initrd_size);
    put_number(&b, "dtb_size=", what->device_tree_size);
    word(&b, 0);
    auxiliary(&b, AT_PHDR, what->headers);
    auxiliary(&b, AT_PHENT, HEADER_SIZE);
    auxiliary(&b, AT_PHNUM, what->header_count);
    auxiliary(&b, AT_PAGESZ, PAGE_SIZE);
    auxiliary(&b, AT_ENTRY, what->entry);
    auxiliary(&b, AT_RANDOM, put_random(&b));
    auxiliary(&b, ANSER_AT_TIMEBASE, what->timebase);
    auxiliary(&b, ANSER_AT_START, put_handles(&b, what->handles));
    auxiliary(&b, AT_NULL, 0);
    b.at = (b.at - b.count * 8) & ~15ul;
    memcpy(page + b.at, b.words, b.count * 8);
    return b.base + b.at;
}
