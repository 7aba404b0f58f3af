/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How lwIP is built for the TCP/IP server: what is in it, how much of everything there is, and what
 * is tuned. docs/network.md tells why. Everything that a peer can make us hold has a limit here or
 * in the server; what is exhausted is refused or dropped.
 */
#ifndef ANSER_TCPIP_PORT_LWIPOPTS_H
#define ANSER_TCPIP_PORT_LWIPOPTS_H

/* ---- One thread, and the raw API. ------------------------------------------------------------ */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

/* ---- Memory: pools of fixed size; what is of any size comes from memory.c. ------------------- */
#include <stddef.h>
#include <anser/socket.h>
void *memory_allocate(size_t size);
void *memory_allocate_zeroed(size_t count, size_t size);
void memory_free(void *memory);
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC    memory_allocate
#define MEM_CUSTOM_CALLOC    memory_allocate_zeroed
#define MEM_CUSTOM_FREE      memory_free
#define MEM_ALIGNMENT        8

#define MEMP_NUM_PBUF            8192 /* references into send rings */
#define MEMP_NUM_TCP_SEG         8192
#define MEMP_NUM_TCP_PCB         1024
#define MEMP_NUM_TCP_PCB_LISTEN  128
#define MEMP_NUM_UDP_PCB         256
#define MEMP_NUM_RAW_PCB         64
#define MEMP_NUM_ARP_QUEUE       64
#define MEMP_NUM_ND6_QUEUE       64
#define MEMP_NUM_IGMP_GROUP      32
#define MEMP_NUM_MLD6_GROUP      32
#define MEMP_NUM_FRAG_PBUF       128
#define PBUF_POOL_SIZE           4 /* frames that are received come in lent buffers */
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/* ---- Ethernet, ARP, neighbours. -------------------------------------------------------------- */
#define LWIP_ARP                  1
#define ARP_TABLE_SIZE            127
#define ARP_QUEUEING              1
#define ARP_QUEUE_LEN             8
#define ETHARP_SUPPORT_VLAN       0
#define LWIP_ND6_NUM_NEIGHBORS    127
#define LWIP_ND6_NUM_DESTINATIONS 127
#define LWIP_ND6_NUM_PREFIXES     8
#define LWIP_ND6_NUM_ROUTERS      4
#define LWIP_ND6_QUEUEING         1
#define LWIP_ND6_ALLOW_RA_UPDATES 1

/* ---- IP. ------------------------------------------------------------------------------------- */
#define LWIP_IPV4                     1
#define LWIP_IPV6                     1
#define IP_FORWARD                    0
#define IP_DEFAULT_TTL                64
#define IP_REASSEMBLY                 1
#define IP_REASS_MAX_PBUFS            96 /* two datagrams of 64 KiB; the oldest goes when it is full */
#define MEMP_NUM_REASSDATA            16
#define IP_REASS_FREE_OLDEST          1
#define IP_FRAG                       1
#define LWIP_IPV6_REASS               1
#define LWIP_IPV6_FRAG                1
#define IP_SOF_BROADCAST              1
#define LWIP_IPV6_AUTOCONFIG          1
#define LWIP_IPV6_NUM_ADDRESSES       4
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 1
#define LWIP_IPV6_MLD                 1
#define LWIP_IGMP                     1
#define LWIP_ICMP                     1
#define LWIP_RAW                      1
#define LWIP_MULTICAST_TX_OPTIONS     1
#define LWIP_CHECKSUM_ON_COPY         0

#define LWIP_NETIF_LOOPBACK        1
#define LWIP_HAVE_LOOPIF           1
#define LWIP_LOOPBACK_MAX_PBUFS    2048
#define LWIP_NETIF_HOSTNAME        1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK   1
#define LWIP_NETIF_TX_SINGLE_PBUF  0

/* ---- Configuration by the network. ----------------------------------------------------------- */
#define LWIP_DHCP 1
#define LWIP_DHCP_DOES_ACD_CHECK                                                                   \
    0 /* a machine of a user network would wait seconds for nothing                                \
       */
#define LWIP_ACD         0
#define LWIP_DNS         1
#define DNS_MAX_SERVERS  2
#define DNS_TABLE_SIZE   16
#define DNS_MAX_REQUESTS 16
#define DNS_MAX_RETRIES  3
/* The resolver of an IPv6 router would take the place of DHCP's in lwIP's one table. */
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 0

/* ---- UDP. ------------------------------------------------------------------------------------ */
#define LWIP_UDP         1
#define SO_REUSE         1
#define SO_REUSE_RXTOALL 1

/* ---- TCP. ------------------------------------------------------------------------------------ */
#define LWIP_TCP                  1
#define LWIP_TCP_KEEPALIVE        1
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1 /* acknowledge.c */
#define TCP_LISTEN_BACKLOG        1
/* 4 bytes less than fits: pieces of whole words keep rings and frames aligned to each other, and
 * who copies out of a ring takes a third of the instructions then. */
#define TCP_MSS             SOCKET_SEGMENT
#define LWIP_WND_SCALE      1
#define TCP_RCV_SCALE       5
#define TCP_WND             (1u << 20) /* the largest ring; smaller ones offer less */
#define TCP_SND_BUF         (1u << 20)
#define TCP_SND_QUEUELEN    4096
#define TCP_SNDLOWAT        32768
#define TCP_OVERSIZE        0 /* nothing is copied */
#define TCP_QUEUE_OOSEQ     1
#define LWIP_TCP_SACK_OUT   1
#define TCP_OOSEQ_MAX_BYTES (256u << 10)
#define TCP_OOSEQ_MAX_PBUFS 192
#define LWIP_TCP_TIMESTAMPS 0
#define LWIP_TCP_RTO_TIME   1000 /* RFC 6298 */
#define TCP_MSL             5000 /* TIME-WAIT lasts for twice that, milliseconds */
/* When the application has taken much, stream.c announces the window itself. */
#define TCP_WND_UPDATE_THRESHOLD TCP_WND

/* The check compares the window with a pool that nothing comes from here. */
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1

/* Guards a listener against floods of SYNs (stream_flood.c). */
struct tcp_pcb;
int flood_guard(struct tcp_pcb *pcb);
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, optlen, opt1len, opt2, p) flood_guard(pcb)

/* ---- Checksums: of TCP segments in the pass that copies them into the device's buffer, or by
 * the device (ethernet.c). Received ones are checked, unless the device has; loopback has none. --
 */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define CHECKSUM_GEN_TCP             0
#define CHECKSUM_CHECK_TCP           1

/* ---- Counters, for `ip -s`. ------------------------------------------------------------------ */
#define LWIP_STATS       1
#define LWIP_STATS_LARGE 1
#define MEM_STATS        0
#define MEMP_STATS       1
#define SYS_STATS        0

/* ---- SNTP, if asked (lwIP's application). ---------------------------------------------------- */
#include <stdint.h>
void clock_of_day_set(uint32_t seconds, uint32_t microseconds);
#define SNTP_SERVER_DNS                1
#define SNTP_MAX_SERVERS               2
#define SNTP_GET_SERVERS_FROM_DHCP     0
#define SNTP_STARTUP_DELAY             0
#define SNTP_UPDATE_DELAY              3600000
#define SNTP_SET_SYSTEM_TIME_US(s, us) clock_of_day_set(s, us)

/* A deadline is never missed by a jump of lwIP's 32 bits of milliseconds. */
#define LWIP_PERF                  0
#define LWIP_NUM_SYS_TIMEOUT_EXTRA 8
#define MEMP_NUM_SYS_TIMEOUT       (LWIP_NUM_SYS_TIMEOUT_INTERNAL + LWIP_NUM_SYS_TIMEOUT_EXTRA)

#endif
