/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames between the network servers' buffers and lwIP. Received ones become pbufs that refer to
 * the lent buffer, which goes back when lwIP or the socket has let go of it; only when most buffers
 * are held, by whomever, frames are copied. What is sent is copied once, from where it lies (a
 * client's ring) into the device's buffer; a TCP checksum is made in the same pass, or by the
 * device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/abi.h>
#include "channel.h"
#include "errno.h"
#include "ethernet.h"
#include "stack.h"
#include "start.h"
#include "sum.h"
#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include <netif/ethernet.h>

/* Both sides call their structure so. */
#define netif netif_client
#include "netif.h"
#undef netif

#define RECEIVE_BUFFERS 512
#define SEND_BUFFERS    256 /* with the others, a region of less than 2 MiB */
#define BUFFER_SIZE     2048
#define HELD_MAX        (RECEIVE_BUFFERS * 3 / 4) /* beyond that, frames are copied */
#define BURST_MAX       256 /* frames of one interface before the others have their turn */

/* A received frame in its lent buffer. */
struct frame {
    struct pbuf_custom custom; /* first: lwIP gives back a pointer to it */
    struct netif_region *region;
    struct interface *interface;
    struct frame *next; /* of the free ones */
    uint16_t buffer;
};

struct interface {
    struct ethernet ethernet;
    struct netif netif;
    struct netif_client client;
    struct frame *free;
    struct frame frames[RECEIVE_BUFFERS];
    uint32_t held;
    anser_handle server;
    anser_handle notify;
};

static struct interface *interfaces[ETHERNET_MAX];

struct ethernet *ethernet_at(unsigned index)
{
    return index < ETHERNET_MAX && interfaces[index] != NULL ? &interfaces[index]->ethernet : NULL;
}

/* ---- Receiving. ------------------------------------------------------------------------------ */

static void frame_free(struct pbuf *pbuf)
{
    struct frame *frame = (struct frame *)pbuf;
    struct interface *interface = frame->interface;
    netif_lend(&interface->client, frame->region, frame->buffer);
    interface->held--;
    frame->next = interface->free;
    interface->free = frame;
}

static struct pbuf *frame_in_place(struct interface *interface, const struct netif_frame *from,
                                   uint8_t *bytes)
{
    struct frame *frame = interface->free;
    if (frame == NULL || interface->held >= HELD_MAX)
        return NULL;
    interface->free = frame->next;
    interface->held++;
    frame->region = interface->client.region;
    frame->buffer = from->buffer;
    return pbuf_alloced_custom(PBUF_RAW, (u16_t)from->length, PBUF_REF, &frame->custom, bytes,
                               (u16_t)from->length);
}

static struct pbuf *frame_copy(struct interface *interface, const struct netif_frame *from,
                               const uint8_t *bytes)
{
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t)from->length, PBUF_RAM);
    if (pbuf != NULL)
        memcpy(pbuf->payload, bytes, from->length);
    netif_lend(&interface->client, interface->client.region, from->buffer);
    if (pbuf == NULL)
        interface->ethernet.dropped++;
    else
        interface->ethernet.copied++;
    return pbuf;
}

void ethernet_trust(struct netif *netif)
{
    NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_UDP |
                                       NETIF_CHECKSUM_GEN_ICMP | NETIF_CHECKSUM_GEN_ICMP6);
}

static void check_sums(struct netif *netif)
{
    NETIF_SET_CHECKSUM_CTRL(netif, NETIF_CHECKSUM_ENABLE_ALL);
}

static void receive_frame(struct interface *interface, const struct netif_frame *from)
{
    uint8_t *bytes = netif_frame_bytes(&interface->client, from);
    struct pbuf *pbuf = frame_in_place(interface, from, bytes);
    if (pbuf == NULL)
        pbuf = frame_copy(interface, from, bytes);
    if (pbuf == NULL)
        return;
    interface->ethernet.received++;
    interface->ethernet.received_bytes += from->length;
    if (from->flags & NETIF_SUM_GOOD)
        ethernet_trust(&interface->netif);
    else
        check_sums(&interface->netif);
    if (interface->netif.input(pbuf, &interface->netif) != ERR_OK)
        pbuf_free(pbuf);
}

void ethernet_receive(void)
{
    for (unsigned i = 0; i < ETHERNET_MAX && interfaces[i] != NULL; i++) {
        struct interface *interface = interfaces[i];
        struct netif_frame frame;
        int burst = 0;
        netif_awake(&interface->client);
        while (interface->ethernet.attached && burst++ < BURST_MAX &&
               netif_receive(&interface->client, &frame) == 1)
            receive_frame(interface, &frame);
    }
}

/* ---- Sending. -------------------------------------------------------------------------------- */

/* Where the TCP header of a frame begins, and the pseudo header's sum; 0: it is no TCP segment, or
 * a part of one. The first pbuf holds all headers, for lwIP made them there. */
static unsigned find_tcp(const struct pbuf *pbuf, uint16_t *pseudo)
{
    const uint8_t *bytes = pbuf->payload;
    if (pbuf->len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
        return 0;
    const struct eth_hdr *eth = (const struct eth_hdr *)bytes;
    const uint8_t *addresses;
    size_t address_bytes;
    unsigned header;
    if (eth->type == PP_HTONS(ETHTYPE_IP)) {
        const struct ip_hdr *ip = (const struct ip_hdr *)(bytes + SIZEOF_ETH_HDR);
        if (IPH_PROTO(ip) != IP_PROTO_TCP || (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
            return 0;
        header = SIZEOF_ETH_HDR + IPH_HL_BYTES(ip);
        addresses = (const uint8_t *)&ip->src;
        address_bytes = 8;
    } else if (eth->type == PP_HTONS(ETHTYPE_IPV6)) {
        const struct ip6_hdr *ip = (const struct ip6_hdr *)(bytes + SIZEOF_ETH_HDR);
        if (IP6H_NEXTH(ip) != IP6_NEXTH_TCP)
            return 0;
        header = SIZEOF_ETH_HDR + IP6_HLEN;
        addresses = (const uint8_t *)&ip->src;
        address_bytes = 32;
    } else {
        return 0;
    }
    if (pbuf->len < header + TCP_HLEN)
        return 0;
    uint16_t sum = sum_bytes(addresses, (int)address_bytes);
    sum = sum_join(sum, PP_HTONS(IP_PROTO_TCP), 0);
    *pseudo = sum_join(sum, lwip_htons((u16_t)(pbuf->tot_len - header)), 0);
    return header;
}

/* Copies all of it and returns the sum of what begins at `from`, which lies in the first piece. */
static uint16_t copy_and_sum(uint8_t *to, const struct pbuf *pbuf, unsigned from)
{
    memcpy(to, pbuf->payload, from);
    uint16_t sum =
        sum_copy(to + from, (const uint8_t *)pbuf->payload + from, (size_t)(pbuf->len - from));
    size_t at = pbuf->len;
    for (pbuf = pbuf->next; pbuf != NULL; at += pbuf->len, pbuf = pbuf->next)
        sum = sum_join(sum, sum_copy(to + at, pbuf->payload, pbuf->len), at - from);
    return sum;
}

static void copy(uint8_t *to, const struct pbuf *pbuf)
{
    for (; pbuf != NULL; to += pbuf->len, pbuf = pbuf->next)
        memcpy(to, pbuf->payload, pbuf->len);
}

/* Fills a buffer; what the device has to do is said in *frame. */
static void fill(struct interface *interface, const struct pbuf *pbuf, uint8_t *to,
                 struct netif_frame *frame)
{
    uint16_t pseudo;
    unsigned tcp = find_tcp(pbuf, &pseudo);
    if (tcp == 0) {
        copy(to, pbuf);
        return;
    }
    uint16_t *field = (uint16_t *)(to + tcp + offsetof(struct tcp_hdr, chksum));
    if (interface->client.attached.flags & NETIF_CHECKSUM) {
        copy(to, pbuf);
        memcpy(field, &pseudo, sizeof(pseudo));
        frame->flags = NETIF_SUM_NEEDED;
        frame->sum_start = (uint16_t)tcp;
        frame->sum_offset = offsetof(struct tcp_hdr, chksum);
        return;
    }
    uint16_t sum = (uint16_t)~sum_join(pseudo, copy_and_sum(to, pbuf, tcp), 0);
    memcpy(field, &sum, sizeof(sum));
}

static err_t send_frame(struct netif *netif, struct pbuf *pbuf)
{
    struct interface *interface = netif->state;
    struct netif_frame frame = {.length = pbuf->tot_len};
    if (!interface->ethernet.attached)
        return ERR_IF;
    if (pbuf->tot_len > BUFFER_SIZE)
        return ERR_BUF;
    uint8_t *to = netif_buffer(&interface->client, &frame.buffer);
    if (to == NULL) {
        stack_starve();
        interface->ethernet.dropped++;
        return ERR_MEM;
    }
    fill(interface, pbuf, to, &frame);
    netif_send(&interface->client, &frame);
    interface->ethernet.sent++;
    interface->ethernet.sent_bytes += frame.length;
    return ERR_OK;
}

bool ethernet_has_room(void)
{
    for (unsigned i = 0; i < ETHERNET_MAX && interfaces[i] != NULL; i++) {
        struct netif_client *client = &interfaces[i]->client;
        uint16_t buffer;
        if (!interfaces[i]->ethernet.attached || netif_buffer(client, &buffer) == NULL)
            continue;
        netif_buffer_return(client, buffer);
        return true;
    }
    return false;
}

/* ---- The interface itself. ------------------------------------------------------------------- */

static void follow_link(struct interface *interface)
{
    bool up = interface->ethernet.attached && (interface->client.info.flags & NETIF_LINK_UP);
    if (up && !netif_is_link_up(&interface->netif))
        netif_set_link_up(&interface->netif); /* DHCP and neighbours begin again */
    else if (!up && netif_is_link_up(&interface->netif))
        netif_set_link_down(&interface->netif);
}

void ethernet_news(unsigned index)
{
    if (index >= ETHERNET_MAX || interfaces[index] == NULL)
        return;
    struct interface *interface = interfaces[index];
    int status = netif_news(&interface->client);
    interface->ethernet.attached = status >= 0;
    if (status < 0)
        fprintf(stderr, "tcpip: net%u: %s\n", index, strerror(-status));
    follow_link(interface);
}

bool ethernet_flush(void)
{
    bool more = false;
    for (unsigned i = 0; i < ETHERNET_MAX && interfaces[i] != NULL; i++) {
        struct interface *interface = interfaces[i];
        if (!interface->ethernet.attached)
            continue;
        if (netif_flush(&interface->client) < 0) {
            ethernet_news(i);
            more = true; /* only netif_sleep asks for notices again */
        } else if (!netif_sleep(&interface->client, stack_starves())) {
            more = true;
        }
    }
    return more;
}

static err_t begin_netif(struct netif *netif)
{
    struct interface *interface = netif->state;
    netif->name[0] = 'n';
    netif->name[1] = 'e';
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = send_frame;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, interface->client.info.address, ETH_HWADDR_LEN);
    netif->mtu = interface->client.info.mtu != 0 ? interface->client.info.mtu : 1500;
    netif->hostname = "anser";
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    check_sums(netif);
    return ERR_OK;
}

static int attach(struct interface *interface)
{
    const struct netif_attach wanted = {
        .mode = NETIF_MODE_DEFAULT,
        .receive = RECEIVE_BUFFERS,
        .send = SEND_BUFFERS,
        .buffer_size = BUFFER_SIZE,
        .wants = NETIF_CHECKSUM,
    };
    return netif_open(&interface->client, interface->server, interface->notify, &wanted);
}

static struct interface *make_interface(anser_handle server, anser_handle notify)
{
    struct interface *interface = calloc(1, sizeof(*interface));
    if (interface == NULL)
        return NULL;
    interface->server = server;
    interface->notify = notify;
    interface->ethernet.netif = &interface->netif;
    interface->ethernet.client = &interface->client;
    for (unsigned i = 0; i < RECEIVE_BUFFERS; i++) {
        struct frame *frame = &interface->frames[i];
        frame->custom.custom_free_function = frame_free;
        frame->interface = interface;
        frame->next = interface->free;
        interface->free = frame;
    }
    return interface;
}

static void begin_interface(unsigned index, anser_handle server, anser_handle notify)
{
    struct interface *interface = make_interface(server, notify);
    int status = interface == NULL ? -ENOMEM : attach(interface);
    if (status < 0) {
        fprintf(stderr, "tcpip: net%u: %s\n", index, strerror(-status));
        free(interface);
        return;
    }
    interfaces[index] = interface;
    interface->ethernet.attached = true;
    netif_add(&interface->netif, NULL, NULL, NULL, interface, begin_netif, ethernet_input);
    netif_create_ip6_linklocal_address(&interface->netif, 1);
    netif_set_ip6_autoconfig_enabled(&interface->netif, 1);
    netif_set_up(&interface->netif);
    follow_link(interface);
}

unsigned ethernet_begin(anser_handle receive)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ETHERNET_MAX; i++) {
        char name[] = "net0";
        name[3] = (char)('0' + i);
        anser_handle server = start_handle(name);
        anser_handle notify = server == 0 ? 0 : channel_mint(receive, STACK_BADGE_NET + count);
        if (notify <= 0)
            continue;
        begin_interface(count, server, notify);
        count += interfaces[count] != NULL;
    }
    return count;
}
