/* SPDX-License-Identifier: BSD-2-Clause */
/* See socket_text.h. */
#include "socket_text.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS 8

/* ---- Writing. -------------------------------------------------------------------------------- */

static unsigned group(const struct socket_address *address, unsigned i)
{
    return (unsigned)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
}

/* The longest run of two or more groups that are zero: its first one; *length 0: none. */
static unsigned longest_zeros(const struct socket_address *address, unsigned *length)
{
    unsigned best = 0;
    *length = 1;
    for (unsigned i = 0; i < GROUPS; i++) {
        unsigned run = 0;
        while (i + run < GROUPS && group(address, i + run) == 0)
            run++;
        if (run > *length) {
            best = i;
            *length = run;
        }
    }
    if (*length == 1)
        *length = 0;
    return best;
}

static void write_6(const struct socket_address *address, char *text)
{
    unsigned length;
    unsigned zeros = longest_zeros(address, &length);
    size_t at = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        if (length > 0 && i == zeros) {
            at += (size_t)snprintf(text + at, SOCKET_TEXT - at, "::");
            i += length - 1;
            continue;
        }
        bool first = i == 0 || (length > 0 && i == zeros + length);
        at += (size_t)snprintf(text + at, SOCKET_TEXT - at, "%s%x", first ? "" : ":",
                               group(address, i));
    }
    if (address->zone != 0)
        snprintf(text + at, SOCKET_TEXT - at, "%%%u", address->zone);
}

const char *socket_text(const struct socket_address *address, char text[SOCKET_TEXT])
{
    const uint8_t *bytes = address->bytes;
    if (address->family == SOCKET_FAMILY_4)
        snprintf(text, SOCKET_TEXT, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
    else if (address->family == SOCKET_FAMILY_6)
        write_6(address, text);
    else
        snprintf(text, SOCKET_TEXT, "-");
    return text;
}

/* ---- Reading. -------------------------------------------------------------------------------- */

static bool read_4(const char *text, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;
        for (; isdigit((unsigned char)*text) && digits < 4; text++, digits++)
            value = 10 * value + (unsigned)(*text - '0');
        if (digits == 0 || digits > 3 || value > 255 || *text != (i < 3 ? '.' : '\0'))
            return false;
        bytes[i] = (uint8_t)value;
        text++;
    }
    return true;
}

/* Groups up to the end or a "::"; *text is left there. Their number, or -1. */
static int read_groups(const char **text, uint8_t *bytes, int most)
{
    int count = 0;
    if (**text == '\0' || (*text)[0] == ':')
        return 0;
    for (;;) {
        char *end;
        if (count < most - 1 && strchr(*text, '.') != NULL &&
            strcspn(*text, ".") < strcspn(*text, ":") && read_4(*text, bytes + 2 * count)) {
            *text += strlen(*text);
            return count + 2;
        }
        if (count == most || !isxdigit((unsigned char)**text))
            return -1;
        unsigned long value = strtoul(*text, &end, 16);
        if (value > 0xffff || end - *text > 4)
            return -1;
        bytes[2 * count] = (uint8_t)(value >> 8);
        bytes[2 * count++ + 1] = (uint8_t)value;
        *text = end;
        if (*end != ':' || end[1] == ':')
            return count;
        (*text)++;
    }
}

static bool read_6(const char *text, uint8_t bytes[16])
{
    uint8_t rest[16];
    int head = read_groups(&text, bytes, GROUPS);
    if (head < 0)
        return false;
    if (*text == '\0')
        return head == GROUPS;
    if (strncmp(text, "::", 2) != 0)
        return false;
    text += 2;
    int tail = read_groups(&text, rest, GROUPS - head - 1);
    if (tail < 0 || *text != '\0')
        return false;
    memset(bytes + 2 * head, 0, (size_t)(16 - 2 * head));
    memcpy(bytes + 16 - 2 * tail, rest, (size_t)(2 * tail));
    return true;
}

bool socket_text_read(const char *text, struct socket_address *address)
{
    char copy[SOCKET_TEXT];
    *address = (struct socket_address){.family = SOCKET_FAMILY_4};
    if (read_4(text, address->bytes))
        return true;
    size_t length = strcspn(text, "%");
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    address->family = SOCKET_FAMILY_6;
    if (text[length] == '%') {
        char *end;
        unsigned long zone = strtoul(text + length + 1, &end, 10);
        if (end == text + length + 1 || *end != '\0' || zone > 255)
            return false;
        address->zone = (uint8_t)zone;
    }
    return read_6(copy, address->bytes);
}
