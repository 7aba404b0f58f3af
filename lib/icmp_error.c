/* SPDX-License-Identifier: BSD-2-Clause */
/* See icmp_error.h. Numbers and what is hard are as on Linux (net/ipv4/icmp.c, net/ipv6/icmp.c). */
#include "icmp_error.h"
#include <string.h>
#include <anser/errors.h>

#define HEADER        8 /* of the message; the packet that it quotes comes behind it */
#define QUOTED        8 /* bytes of what the packet carried: every error quotes as many */
#define ANY           0xff
#define ECHO_REQUEST  8
#define ECHO_REQUEST6 128
#define ICMP          1
#define ICMP6         58
#define FRAGMENT      44 /* the extension header that our own packets may have */

/* Errors that hosts act on. */
static const struct row {
    uint8_t family;
    uint8_t type;
    uint8_t code;
    bool hard;
    uint16_t number;
    const char *text;
} rows[] = {
    {SOCKET_FAMILY_4, 3, 0, false, ANSER_ENETUNREACH, "destination network unreachable"},
    {SOCKET_FAMILY_4, 3, 1, false, ANSER_EHOSTUNREACH, "destination host unreachable"},
    {SOCKET_FAMILY_4, 3, 2, true, ANSER_ENOPROTOOPT, "destination protocol unreachable"},
    {SOCKET_FAMILY_4, 3, 3, true, ANSER_ECONNREFUSED, "destination port unreachable"},
    {SOCKET_FAMILY_4, 3, 4, false, 0, "fragmentation needed"},
    {SOCKET_FAMILY_4, 3, 5, false, ANSER_EOPNOTSUPP, "source route failed"},
    {SOCKET_FAMILY_4, 3, 6, true, ANSER_ENETUNREACH, "destination network unknown"},
    {SOCKET_FAMILY_4, 3, 7, true, ANSER_EHOSTDOWN, "destination host unknown"},
    {SOCKET_FAMILY_4, 3, 8, true, ANSER_ENONET, "source host isolated"},
    {SOCKET_FAMILY_4, 3, 9, true, ANSER_ENETUNREACH, "destination network prohibited"},
    {SOCKET_FAMILY_4, 3, 10, true, ANSER_EHOSTUNREACH, "destination host prohibited"},
    {SOCKET_FAMILY_4, 3, 11, false, ANSER_ENETUNREACH, "network unreachable for this service"},
    {SOCKET_FAMILY_4, 3, 12, false, ANSER_EHOSTUNREACH, "host unreachable for this service"},
    {SOCKET_FAMILY_4, 3, 13, true, ANSER_EHOSTUNREACH, "packet filtered"},
    {SOCKET_FAMILY_4, 3, 14, true, ANSER_EHOSTUNREACH, "precedence violation"},
    {SOCKET_FAMILY_4, 3, 15, true, ANSER_EHOSTUNREACH, "precedence cutoff"},
    {SOCKET_FAMILY_4, 11, 0, false, ANSER_EHOSTUNREACH, "time to live exceeded"},
    {SOCKET_FAMILY_4, 12, ANY, true, ANSER_EPROTO, "parameter problem"},
    {SOCKET_FAMILY_6, 1, 0, false, ANSER_ENETUNREACH, "no route"},
    {SOCKET_FAMILY_6, 1, 1, true, ANSER_EACCES, "administratively prohibited"},
    {SOCKET_FAMILY_6, 1, 2, false, ANSER_EHOSTUNREACH, "beyond scope of source address"},
    {SOCKET_FAMILY_6, 1, 3, false, ANSER_EHOSTUNREACH, "address unreachable"},
    {SOCKET_FAMILY_6, 1, 4, true, ANSER_ECONNREFUSED, "port unreachable"},
    {SOCKET_FAMILY_6, 1, 5, true, ANSER_EACCES, "source address failed policy"},
    {SOCKET_FAMILY_6, 1, 6, true, ANSER_EACCES, "route rejected"},
    {SOCKET_FAMILY_6, 1, ANY, true, ANSER_EPROTO, "destination unreachable"},
    {SOCKET_FAMILY_6, 2, ANY, false, ANSER_EMSGSIZE, "packet too big"},
    {SOCKET_FAMILY_6, 3, ANY, false, ANSER_EHOSTUNREACH, "hop limit exceeded"},
    {SOCKET_FAMILY_6, 4, ANY, true, ANSER_EPROTO, "parameter problem"},
};

static uint16_t word16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t word32(const uint8_t *bytes)
{
    return (uint32_t)word16(bytes) << 16 | word16(bytes + 2);
}

static const struct row *find(uint8_t family, const uint8_t *message)
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].family == family && rows[i].type == message[0] &&
            (rows[i].code == message[1] || rows[i].code == ANY))
            return &rows[i];
    return NULL;
}

static uint32_t mtu_of(uint8_t family, const uint8_t *message)
{
    if (family == SOCKET_FAMILY_4)
        return message[0] == 3 && message[1] == 4 ? word16(message + 6) : 0;
    return message[0] == 2 ? word32(message + 4) : 0;
}

/* What the packet carried, with the protocol in *protocol. NULL: it cannot be told. */
static const uint8_t *carried_4(struct icmp_error *error, const uint8_t *packet, size_t length,
                                uint8_t *protocol)
{
    if (length < 20 || packet[0] >> 4 != 4)
        return NULL;
    size_t header = (packet[0] & 15u) * 4u;
    if (header < 20 || length < header + QUOTED || (word16(packet + 6) & 0x1fff) != 0)
        return NULL;
    *protocol = packet[9];
    memcpy(error->from.bytes, packet + 12, 4);
    memcpy(error->to.bytes, packet + 16, 4);
    return packet + header;
}

static const uint8_t *carried_6(struct icmp_error *error, const uint8_t *packet, size_t length,
                                uint8_t *protocol)
{
    size_t header = 40;
    if (length < header + QUOTED || packet[0] >> 4 != 6)
        return NULL;
    *protocol = packet[6];
    memcpy(error->from.bytes, packet + 8, 16);
    memcpy(error->to.bytes, packet + 24, 16);
    if (*protocol != FRAGMENT)
        return packet + header;
    *protocol = packet[header];
    bool first = (word16(packet + header + 2) & 0xfff8) == 0;
    header += 8;
    return first && length >= header + QUOTED ? packet + header : NULL;
}

static bool read_carried(struct icmp_error *error, const uint8_t *carried, uint8_t protocol)
{
    bool six = error->from.family == SOCKET_FAMILY_6;
    if (protocol == (six ? ICMP6 : ICMP)) {
        error->protocol = ICMP_ERROR_ECHO;
        error->from.port = word16(carried + 4);
        error->sequence = word16(carried + 6);
        return carried[0] == (six ? ECHO_REQUEST6 : ECHO_REQUEST);
    }
    error->protocol = protocol;
    error->from.port = word16(carried);
    error->to.port = word16(carried + 2);
    error->sequence = protocol == ICMP_ERROR_TCP ? word32(carried + 4) : 0;
    return protocol == ICMP_ERROR_TCP || protocol == ICMP_ERROR_UDP;
}

bool icmp_error_read(struct icmp_error *error, uint8_t family, const uint8_t *message,
                     size_t length)
{
    uint8_t protocol;
    const struct row *row = length < HEADER ? NULL : find(family, message);
    if (row == NULL)
        return false;
    *error = (struct icmp_error){.text = row->text,
                                 .number = row->number,
                                 .hard = row->hard,
                                 .mtu = mtu_of(family, message),
                                 .from = {.family = family},
                                 .to = {.family = family}};
    const uint8_t *carried = (family == SOCKET_FAMILY_4 ? carried_4 : carried_6)(
        error, message + HEADER, length - HEADER, &protocol);
    return carried != NULL && read_carried(error, carried, protocol);
}
