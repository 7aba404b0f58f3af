/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log ring, and the kernel's printf. Text is formatted straight into the ring and goes from
 * there to the console: no line buffer that could be too short, and the firmware gets addresses in
 * the kernel image, as it wants them.
 */
#include "kern/log.h"
#include "sbi/sbi.h"

#define RING_SIZE 65536ul

static char ring[RING_SIZE];
static uint64_t ring_end; /* absolute position of the next character */
static bool console_on = true;

void log_console(bool on)
{
    console_on = on;
}

static void put(char c)
{
    ring[ring_end++ % RING_SIZE] = c;
}

/* Sends what was written since `from`, less than the whole ring, to the console. */
static void show(uint64_t from)
{
    while (console_on && from != ring_end) {
        uint64_t begin = from % RING_SIZE;
        uint64_t length = ring_end - from;
        if (length > RING_SIZE - begin)
            length = RING_SIZE - begin;
        sbi_console_write(&ring[begin], length);
        from += length;
    }
}

/* Text, with blanks before it where it is shorter than the width. */
static void put_padded(const char *text, size_t length, size_t width)
{
    for (; width > length; width--)
        put(' ');
    for (size_t i = 0; i < length; i++)
        put(text[i]);
}

void log_write(const char *text, size_t length)
{
    uint64_t from = ring_end;
    put_padded(text, length, 0);
    show(from);
}

size_t log_read(char *buffer, size_t size, uint64_t *position)
{
    uint64_t from = *position;
    if (from > ring_end)
        from = ring_end;
    if (ring_end - from > RING_SIZE)
        from = ring_end - RING_SIZE;
    size_t count = 0;
    while (count < size && from != ring_end)
        buffer[count++] = ring[from++ % RING_SIZE];
    *position = from;
    return count;
}

/* One conversion, as parsed: "%", zeros, width, "l", and then its letter. */
struct conversion {
    bool zeros;
    bool wide;
    size_t width;
};

static void put_number(const struct conversion *how, uint64_t value, unsigned base, bool negative)
{
    char digits[24]; /* room for the longest number and its sign */
    size_t at = sizeof(digits);
    size_t least = how->zeros ? how->width - negative : 1;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || (sizeof(digits) - at < least && at > 1));
    if (negative)
        digits[--at] = '-';
    put_padded(&digits[at], sizeof(digits) - at, how->width);
}

/* Reads what stands between a '%' and the conversion's letter; returns where that is. */
static const char *parse_conversion(const char *at, struct conversion *how)
{
    *how = (struct conversion){.zeros = *at == '0'};
    for (; *at >= '0' && *at <= '9'; at++)
        how->width = how->width * 10 + (unsigned)(*at - '0');
    for (; *at == 'l'; at++)
        how->wide = true;
    return at;
}

void kvprintf(const char *format, va_list arguments)
{
    uint64_t from = ring_end;
    for (const char *at = format; *at != '\0'; at++) {
        struct conversion how;
        const char *text;
        int64_t value;
        if (*at != '%') {
            put(*at);
            continue;
        }
        at = parse_conversion(at + 1, &how);
        switch (*at) {
        case 's':
            text = va_arg(arguments, const char *);
            put_padded(text, strlen(text), how.width);
            break;
        case 'd':
            value = how.wide ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            put_number(&how, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
            break;
        case 'u':
        case 'x':
            value = how.wide ? va_arg(arguments, int64_t) : va_arg(arguments, unsigned);
            put_number(&how, (uint64_t)value, *at == 'u' ? 10 : 16, false);
            break;
        default:
            put(*at); /* "%%", or a letter nobody knows, shown as it is */
        }
    }
    show(from);
}

void kprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    kvprintf(format, arguments);
    va_end(arguments);
}
