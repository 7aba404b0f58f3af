/* SPDX-License-Identifier: BSD-2-Clause */
/* Laying out init's stack: the vectors from the page's start up, what they point to from its end.
 */
#include "loader/init_stack.h"
#include "loader/line.h"

#include <string.h>

/* System V ABI, "Auxiliary Vector". */
#define AT_NULL 0

#define PAGE_SIZE ANSER_PAGE_SIZE
#define ARGUMENTS 64 /* at most; more words of the command line are left out */

/* A page is room enough for the longest command line and everything else. */
_Static_assert(BOOTINFO_CMDLINE_MAX + ARGUMENTS * 8 + sizeof(struct init_stack) + 1024 < PAGE_SIZE,
               "init's first stack fits a page");

struct builder {
    uint8_t *page;
    uint64_t base;  /* user address of the page */
    uint64_t at;    /* offset of what was put last */
    uint64_t *word; /* the next one of the vectors */
};

static uint64_t put(struct builder *b, const void *bytes, size_t size)
{
    b->at = (b->at - size) & ~7ul;
    memcpy(b->page + b->at, bytes, size);
    return b->base + b->at;
}

/* argc; then argv: the name, then the words of the command line. */
static void put_arguments(struct builder *b, const char *line)
{
    uint64_t copy = put(b, line, strlen(line) + 1);
    char *text = (char *)b->page + b->at;
    uint64_t *count = b->word++;
    *b->word++ = put(b, "init", sizeof("init"));
    *count = 1;
    for (size_t i = 0; line[i] != '\0'; i++) {
        if (line[i] == ' ') {
            text[i] = '\0';
        } else if ((i == 0 || line[i - 1] == ' ') && *count < ARGUMENTS) {
            *b->word++ = copy + i;
            ++*count;
        }
    }
    *b->word++ = 0;
}

/* "name=value" of the environment. */
static void put_number(struct builder *b, const char *name, uint64_t value)
{
    char text[48];
    struct line line = line_begin(text, sizeof(text));
    line_add(&line, name);
    line_add_decimal(&line, value);
    *b->word++ = put(b, text, line.length + 1);
}

uint64_t init_stack_build(uint8_t page[PAGE_SIZE], uint64_t top, const struct init_stack *what)
{
    struct builder b = {page, top - PAGE_SIZE, PAGE_SIZE, (uint64_t *)page};
    uint64_t handles = BOOTINFO_INIT_HANDLES;
    put(&b, what->handles, sizeof(what->handles));
    uint64_t start = put(&b, &handles, sizeof(handles));
    /* The kernel's own entries only: what a C library asks for besides, init's library knows. */
    const uint64_t auxiliary[] = {
        ANSER_AT_TIMEBASE, what->timebase, ANSER_AT_START, start, AT_NULL, 0,
    };
    put_arguments(&b, what->command_line);
    put_number(&b, "initrd_size=", what->initrd_size);
    put_number(&b, "dtb_size=", what->device_tree_size);
    *b.word++ = 0;
    memcpy(b.word, auxiliary, sizeof(auxiliary));
    return b.base;
}
