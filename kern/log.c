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

/* Sends what was written since `from`, at most the whole ring, to the console. */
static void show(uint64_t from)
{
    if (!console_on)
        return;
    if (ring_end - from > RING_SIZE)
        from = ring_end - RING_SIZE;
    while (from != ring_end) {
        uint64_t begin = from % RING_SIZE;
        uint64_t length = ring_end - from;
        if (length > RING_SIZE - begin)
            length = RING_SIZE - begin;
        sbi_console_write(&ring[begin], length);
        from += length;
    }
}

void log_write(const char *text, size_t length)
{
    uint64_t from = ring_end;
    for (size_t i = 0; i < length; i++)
        put(text[i]);
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

/* One conversion: flags, width and length modifier, as parsed. */
struct conversion {
    unsigned width;
    bool left;
    char fill;
    bool wide; /* l */
};

static void put_padded(const struct conversion *how, const char *text, size_t length)
{
    size_t pad = how->width > length ? how->width - length : 0;
    for (size_t i = 0; !how->left && i < pad; i++)
        put(how->fill);
    for (size_t i = 0; i < length; i++)
        put(text[i]);
    for (size_t i = 0; how->left && i < pad; i++)
        put(' ');
}

static void put_number(const struct conversion *how, uint64_t value, unsigned base, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    struct conversion rest = *how;
    if (negative && how->fill == '0') {
        /* The sign stands before the zeros. */
        put('-');
        rest.width -= rest.width != 0;
    } else if (negative) {
        digits[--at] = '-';
    }
    put_padded(&rest, &digits[at], sizeof(digits) - at);
}

static void put_signed(const struct conversion *how, int64_t value)
{
    put_number(how, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
}

/* Reads flags, width and length after a '%'; returns where the conversion's letter stands. */
static const char *parse_conversion(const char *at, struct conversion *how)
{
    *how = (struct conversion){.fill = ' '};
    for (;; at++) {
        if (*at == '0')
            how->fill = '0';
        else if (*at == '-')
            how->left = true;
        else
            break;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        how->width = how->width * 10 + (unsigned)(*at - '0');
    for (; *at == 'l' || *at == 'z'; at++)
        how->wide = true;
    return at;
}

static void put_string(const struct conversion *how, const char *text)
{
    if (text == NULL)
        text = "(null)";
    put_padded(how, text, strlen(text));
}

void kvprintf(const char *format, va_list arguments)
{
    uint64_t from = ring_end;
    va_list rest;
    va_copy(rest, arguments);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(*at);
            continue;
        }
        struct conversion how;
        at = parse_conversion(at + 1, &how);
        switch (*at) {
        case 's':
            put_string(&how, va_arg(rest, const char *));
            break;
        case 'c':
            put((char)va_arg(rest, int));
            break;
        case 'd':
            put_signed(&how, how.wide ? va_arg(rest, int64_t) : va_arg(rest, int));
            break;
        case 'u':
            put_number(&how, how.wide ? va_arg(rest, uint64_t) : va_arg(rest, unsigned), 10, false);
            break;
        case 'x':
            put_number(&how, how.wide ? va_arg(rest, uint64_t) : va_arg(rest, unsigned), 16, false);
            break;
        case 'p':
            put('0');
            put('x');
            put_number(&how, (uint64_t)va_arg(rest, void *), 16, false);
            break;
        case '\0':
            at--; /* a lone '%' at the end: nothing to convert */
            break;
        default:
            put(*at); /* "%%", or a letter nobody knows, shown as it is */
        }
    }
    va_end(rest);
    show(from);
}

void kprintf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    kvprintf(format, arguments);
    va_end(arguments);
}
