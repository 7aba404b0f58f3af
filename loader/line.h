/* SPDX-License-Identifier: BSD-2-Clause */
/* Putting one line of text together in a buffer of fixed size. */
#ifndef ANSER_LINE_H
#define ANSER_LINE_H

#include <stddef.h>
#include <stdint.h>

/* The text is always NUL-terminated; what does not fit is cut off. size is at least 1. */
struct line {
    char *text;
    size_t size;
    size_t length;
};

struct line line_begin(char *text, size_t size);
void line_add(struct line *line, const char *text);

/* As above, but control characters and bytes beyond ASCII become "?": for foreign names. */
void line_add_foreign(struct line *line, const char *text);

void line_add_hex(struct line *line, uint64_t number);
void line_add_decimal(struct line *line, uint64_t number);

#endif
