/* SPDX-License-Identifier: BSD-2-Clause */
/* What an Ethernet frame holds, as far as a line of text and a filter need it. Pure: reads bytes
 * that anybody may have sent, and never one behind their end. */
#ifndef ANSER_PROGRAMS_CAPTURE_PACKET_H
#define ANSER_PROGRAMS_CAPTURE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* EtherTypes (IEEE 802). */
#define ETHERTYPE_IP4  0x0800
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IP6  0x86dd

/* IP protocols (IANA). */
#define PROTOCOL_ICMP  1
#define PROTOCOL_TCP   6
#define PROTOCOL_UDP   17
#define PROTOCOL_ICMP6 58

/* TCP flags (RFC 9293, 3.1). */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

struct packet {
    const uint8_t *source_mac;      /* NULL: the frame is cut before its end */
    const uint8_t *destination_mac; /* likewise */
    uint16_t ethertype;
    unsigned address_length; /* 4, 16; 0: no IP and no ARP, or cut */
    const uint8_t *source;   /* IP addresses; of ARP, sender and target */
    const uint8_t *destination;
    int protocol;  /* of IP; -1: none, or cut */
    bool fragment; /* not the first of an IP packet: no ports */
    bool has_ports;
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t tcp_flags;
    uint32_t payload;  /* bytes behind the TCP or UDP header, as the IP header says */
    uint8_t icmp_type; /* of ICMP and ICMPv6 */
    uint16_t arp_operation;
};

/* Reads `length` bytes of a frame. What is cut off or malformed is left out. */
void packet_read(struct packet *packet, const uint8_t *frame, size_t length);

#endif
