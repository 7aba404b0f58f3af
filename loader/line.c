/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for the loader's messages: see line.h. */
#include "loader/line.h"

struct line line_begin(char *text, size_t size)
{
    text[0] = 0;
    return (struct line){text, size, 0};
}

static void line_add_byte(struct line *line, char byte)
{
    if (line->length + 1 >= line->size)
        return;
    line->text[line->length++] = byte;
    line->text[line->length] = 0;
}

void line_add(struct line *line, const char *text)
{
    while (*text)
        line_add_byte(line, *text++);
}

void line_add_foreign(struct line *line, const char *text)
{
    for (; *text; text++)
        line_add_byte(line, *text >= ' ' && *text <= '~' ? *text : '?');
}

static void line_add_number(struct line *line, uint64_t number, unsigned base)
{
    char digits[24];
    char *digit = digits + sizeof digits;
    *--digit = 0;
    do {
        *--digit = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    line_add(line, digit);
}

void line_add_hex(struct line *line, uint64_t number)
{
    line_add(line, "0x");
    line_add_number(line, number, 16);
}

void line_add_decimal(struct line *line, uint64_t number)
{
    line_add_number(line, number, 10);
}
