/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses from text and to text. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "address.h"

/* ---- From text. ------------------------------------------------------------------------------ */

/* Up to `digits_max` digits of the base; -1: none, or larger than `most`. *text moves behind them.
 */
static long read_digits(const char **text, int base, unsigned digits_max, long most)
{
    static const char digits[] = "0123456789abcdef";
    long value = 0;
    unsigned count = 0;
    for (; count < digits_max && **text; count++, ++*text) {
        char lower = (char)(**text >= 'A' && **text <= 'F' ? **text + 32 : **text);
        const char *digit = strchr(digits, lower);
        if (!digit || digit - digits >= base)
            break;
        value = value * base + (digit - digits);
    }
    return count == 0 || value > most ? -1 : value;
}

static unsigned read_4(const char *text, uint8_t *bytes)
{
    for (unsigned i = 0; i < 4; i++) {
        long value = read_digits(&text, 10, 3, 255);
        if (value < 0 || *text != (i < 3 ? '.' : '\0'))
            return 0;
        text++;
        bytes[i] = (uint8_t)value;
    }
    return 4;
}

/* Groups until the end or a double colon, at most `most`. Returns how many; -1: malformed. */
static int read_groups(const char **text, uint8_t *bytes, int most)
{
    int count = 0;
    while (**text && count < most) {
        long value = read_digits(text, 16, 4, 0xffff);
        if (value < 0)
            return -1;
        bytes[2 * count] = (uint8_t)(value >> 8);
        bytes[2 * count++ + 1] = (uint8_t)value;
        if (**text == '\0' || (*text)[0] != ':')
            break;
        if ((*text)[1] == ':')
            break;
        if (!*++*text)
            return -1; /* ends in a single colon */
    }
    return count;
}

static unsigned read_16(const char *text, uint8_t *bytes)
{
    uint8_t tail[16];
    memset(bytes, 0, 16);
    int head = text[0] == ':' && text[1] == ':' ? 0 : read_groups(&text, bytes, 8);
    if (head < 0)
        return 0;
    if (strncmp(text, "::", 2) != 0)
        return head == 8 && !*text ? 16 : 0;
    text += 2;
    int rest = read_groups(&text, tail, 8);
    if (rest < 0 || *text || head + rest > 7)
        return 0;
    memcpy(bytes + 16 - 2 * rest, tail, 2 * (size_t)rest);
    return 16;
}

unsigned address_read(const char *text, uint8_t bytes[16])
{
    return strchr(text, ':') ? read_16(text, bytes) : read_4(text, bytes);
}

/* ---- To text. -------------------------------------------------------------------------------- */

/* RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals. */
static int longest_zeros(const uint8_t *bytes, int *length)
{
    int best = -1;
    *length = 1;
    for (int i = 0; i < 8; i++) {
        int run = 0;
        while (i + run < 8 && !bytes[2 * (i + run)] && !bytes[2 * (i + run) + 1])
            run++;
        if (run > *length) {
            best = i;
            *length = run;
        }
    }
    return best;
}

static void write_16(char *text, const uint8_t *bytes)
{
    int length, zeros = longest_zeros(bytes, &length);
    for (int i = 0; i < 8; i++) {
        if (i == zeros) {
            text += sprintf(text, "::");
            i += length - 1;
            continue;
        }
        bool first = i == 0 || (zeros >= 0 && i == zeros + length);
        text += sprintf(text, "%s%x", first ? "" : ":",
                        (unsigned)(bytes[2 * i] << 8 | bytes[2 * i + 1]));
    }
}

char *address_write(char text[ADDRESS_TEXT_MAX], const uint8_t *bytes, unsigned length)
{
    if (length == 4)
        sprintf(text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    else if (length == 6)
        sprintf(text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                bytes[4], bytes[5]);
    else
        write_16(text, bytes);
    return text;
}
