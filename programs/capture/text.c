/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets as lines. */
#include <stdio.h>
#include "address.h"
#include "text.h"

struct ends {
    char source[ADDRESS_TEXT_MAX];
    char destination[ADDRESS_TEXT_MAX];
};

static void write_flags(char text[8], unsigned flags)
{
    static const struct {
        unsigned flag;
        char letter;
    } letters[] = {{TCP_SYN, 'S'}, {TCP_FIN, 'F'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'}, {TCP_ACK, '.'}};
    for (unsigned i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
        if (flags & letters[i].flag)
            *text++ = letters[i].letter;
    *text = '\0';
}

static void write_transport(char *text, size_t room, const struct packet *packet,
                            const struct ends *ends)
{
    char flags[8] = "";
    bool tcp = packet->protocol == PROTOCOL_TCP;
    if (tcp)
        write_flags(flags, packet->tcp_flags);
    snprintf(text, room, "%s.%u > %s.%u: %s%s%s, %u bytes", ends->source, packet->source_port,
             ends->destination, packet->destination_port, tcp ? "tcp " : "udp", flags,
             tcp && !*flags ? "none" : "", (unsigned)packet->payload);
}

static void write_ip(char *text, size_t room, const struct packet *packet, const struct ends *ends)
{
    int used = snprintf(text, room, "%s > %s: ", ends->source, ends->destination);
    text += used;
    room -= (size_t)used;
    if (packet->fragment)
        snprintf(text, room, "fragment, protocol %d", packet->protocol);
    else if (packet->protocol == PROTOCOL_ICMP)
        snprintf(text, room, "icmp type %u", packet->icmp_type);
    else if (packet->protocol == PROTOCOL_ICMP6)
        snprintf(text, room, "icmp6 type %u", packet->icmp_type);
    else
        snprintf(text, room, "protocol %d", packet->protocol);
}

static void write_arp(char *text, size_t room, const struct packet *packet, const struct ends *ends)
{
    if (packet->arp_operation == 1)
        snprintf(text, room, "arp who has %s, tell %s", ends->destination, ends->source);
    else
        snprintf(text, room, "arp operation %u of %s for %s", packet->arp_operation, ends->source,
                 ends->destination);
}

void text_write(char text[TEXT_MAX], const struct packet *packet)
{
    struct ends ends;
    if (!packet->source_mac) {
        snprintf(text, TEXT_MAX, "cut before the end of its header");
        return;
    }
    if (packet->address_length == 0) {
        address_write(ends.source, packet->source_mac, 6);
        address_write(ends.destination, packet->destination_mac, 6);
        snprintf(text, TEXT_MAX, "%s > %s: ethertype %04x", ends.source, ends.destination,
                 packet->ethertype);
        return;
    }
    address_write(ends.source, packet->source, packet->address_length);
    address_write(ends.destination, packet->destination, packet->address_length);
    if (packet->ethertype == ETHERTYPE_ARP)
        write_arp(text, TEXT_MAX, packet, &ends);
    else if (packet->has_ports)
        write_transport(text, TEXT_MAX, packet, &ends);
    else
        write_ip(text, TEXT_MAX, packet, &ends);
}
