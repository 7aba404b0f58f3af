/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers: Ethernet, ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200), TCP, UDP, ICMP. */
#include <string.h>
#include "packet.h"

/* The bytes that were not read yet. */
struct cursor {
    const uint8_t *bytes;
    size_t left;
};

/* The next `count` bytes, or NULL: there are fewer. */
static const uint8_t *take(struct cursor *cursor, size_t count)
{
    const uint8_t *bytes = cursor->bytes;
    if (cursor->left < count)
        return NULL;
    cursor->bytes += count;
    cursor->left -= count;
    return bytes;
}

static uint16_t read_16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void read_ports(struct packet *packet, const uint8_t *header)
{
    packet->has_ports = true;
    packet->source_port = read_16(header);
    packet->destination_port = read_16(header + 2);
}

/* `said`: bytes of it, as the IP header says. */
static void read_tcp(struct packet *packet, struct cursor *cursor, size_t said)
{
    const uint8_t *header = take(cursor, 20);
    if (!header)
        return;
    size_t size = (header[12] >> 4) * 4u;
    read_ports(packet, header);
    packet->tcp_flags = header[13];
    packet->payload = said > size ? (uint32_t)(said - size) : 0;
}

static void read_udp(struct packet *packet, struct cursor *cursor, size_t said)
{
    const uint8_t *header = take(cursor, 8);
    if (!header)
        return;
    read_ports(packet, header);
    packet->payload = said > 8 ? (uint32_t)(said - 8) : 0;
}

static void read_transport(struct packet *packet, struct cursor *cursor, size_t said)
{
    if (packet->fragment)
        return;
    switch (packet->protocol) {
    case PROTOCOL_TCP:
        read_tcp(packet, cursor, said);
        break;
    case PROTOCOL_UDP:
        read_udp(packet, cursor, said);
        break;
    case PROTOCOL_ICMP:
    case PROTOCOL_ICMP6:
        packet->icmp_type = cursor->left > 0 ? cursor->bytes[0] : 0;
        break;
    }
}

static void read_ip4(struct packet *packet, struct cursor *cursor)
{
    const uint8_t *header = take(cursor, 20);
    if (!header || header[0] >> 4 != 4)
        return;
    size_t size = (header[0] & 15) * 4u, total = read_16(header + 2);
    packet->address_length = 4;
    packet->source = header + 12;
    packet->destination = header + 16;
    packet->protocol = header[9];
    packet->fragment = read_16(header + 6) & 0x1fff;
    if (size >= 20 && total >= size && take(cursor, size - 20))
        read_transport(packet, cursor, total - size);
}

/* RFC 8200, 4: headers between IPv6's own and the payload. False: it is none that can be skipped.
 */
static bool skip_extension(struct packet *packet, struct cursor *cursor, size_t *said)
{
    enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };
    int kind = packet->protocol;
    if (kind != HOP_BY_HOP && kind != ROUTING && kind != FRAGMENT && kind != DESTINATION)
        return false;
    const uint8_t *header = take(cursor, 8);
    if (!header)
        return false;
    size_t size = kind == FRAGMENT ? 8 : (header[1] + 1u) * 8;
    packet->protocol = header[0];
    if (kind == FRAGMENT)
        packet->fragment = read_16(header + 2) & 0xfff8;
    *said = *said > size ? *said - size : 0;
    return take(cursor, size - 8) != NULL;
}

static void read_ip6(struct packet *packet, struct cursor *cursor)
{
    const uint8_t *header = take(cursor, 40);
    if (!header || header[0] >> 4 != 6)
        return;
    size_t said = read_16(header + 4);
    packet->address_length = 16;
    packet->source = header + 8;
    packet->destination = header + 24;
    packet->protocol = header[6];
    while (skip_extension(packet, cursor, &said))
        ;
    read_transport(packet, cursor, said);
}

static void read_arp(struct packet *packet, struct cursor *cursor)
{
    static const uint8_t ethernet_and_ip4[] = {0, 1, 8, 0, 6, 4};
    const uint8_t *header = take(cursor, 28);
    if (!header || memcmp(header, ethernet_and_ip4, sizeof(ethernet_and_ip4)) != 0)
        return;
    packet->address_length = 4;
    packet->arp_operation = read_16(header + 6);
    packet->source = header + 14;
    packet->destination = header + 24;
}

void packet_read(struct packet *packet, const uint8_t *frame, size_t length)
{
    struct cursor cursor = {frame, length};
    const uint8_t *header = take(&cursor, 14);
    *packet = (struct packet){.protocol = -1};
    if (!header)
        return;
    packet->destination_mac = header;
    packet->source_mac = header + 6;
    packet->ethertype = read_16(header + 12);
    if (packet->ethertype == ETHERTYPE_VLAN) {
        const uint8_t *tag = take(&cursor, 4);
        if (!tag)
            return;
        packet->ethertype = read_16(tag + 2);
    }
    switch (packet->ethertype) {
    case ETHERTYPE_IP4:
        read_ip4(packet, &cursor);
        break;
    case ETHERTYPE_IP6:
        read_ip6(packet, &cursor);
        break;
    case ETHERTYPE_ARP:
        read_arp(packet, &cursor);
        break;
    }
}
