/* SPDX-License-Identifier: BSD-2-Clause */
/* See echo.h. A client chooses sequence number and data, nothing else: type, identifier and
 * checksum are made here, so no right is needed. */
#include "echo.h"
#include <string.h>
#include "address.h"
#include "datagram.h"
#include "errno.h"
#include "icmp.h"
#include "seed.h"
#include <lwip/icmp.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/prot/icmp6.h>
#include <lwip/raw.h>

#define HEADER sizeof(struct icmp_echo_hdr) /* the same in ICMPv6 */

/* All echo sockets, for their identifiers; few. */
#define ECHO_MAX 32
static struct endpoint *sockets[ECHO_MAX];

static bool is_taken(uint16_t id)
{
    for (unsigned i = 0; i < ECHO_MAX; i++)
        if (sockets[i] != NULL && sockets[i]->echo_id == id)
            return true;
    return false;
}

static u8_t on_receive(void *argument, struct raw_pcb *raw, struct pbuf *pbuf,
                       const ip_addr_t *from)
{
    struct endpoint *socket = argument;
    struct icmp_echo_hdr header;
    u16_t offset = ip_current_header_tot_len();
    u8_t type = IP_IS_V6(from) ? ICMP6_TYPE_EREP : ICMP_ER;
    (void)raw;
    if (pbuf->tot_len < offset || pbuf_copy_partial(pbuf, &header, HEADER, offset) != HEADER)
        return 0;
    if (header.type != type || header.id != lwip_htons(socket->echo_id))
        return 0;
    if (socket->echo_connected && socket->echo_one && !ip_addr_eq(from, &socket->echo_peer))
        return 0;
    datagram_put(socket, pbuf, offset, from, socket->echo_id);
    return 0; /* lwIP ignores answers, and so do not others */
}

static bool enlist(struct endpoint *socket)
{
    for (unsigned i = 0; i < ECHO_MAX; i++)
        if (sockets[i] == NULL) {
            sockets[i] = socket;
            return true;
        }
    return false;
}

static void strike(const struct endpoint *socket)
{
    for (unsigned i = 0; i < ECHO_MAX; i++)
        if (sockets[i] == socket)
            sockets[i] = NULL;
}

int64_t echo_begin(struct endpoint *socket)
{
    bool four = socket->family == SOCKET_FAMILY_4;
    do {
        socket->echo_id = (uint16_t)seed_random();
    } while (socket->echo_id == 0 || is_taken(socket->echo_id));
    if (!enlist(socket))
        return -ENOBUFS;
    socket->raw = raw_new_ip_type(four ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6,
                                  four ? IP_PROTO_ICMP : IP6_NEXTH_ICMP6);
    if (socket->raw == NULL) {
        strike(socket);
        return -ENOBUFS;
    }
    raw_recv(socket->raw, on_receive, socket);
    if (!four) {
        socket->raw->chksum_reqd = 1;
        socket->raw->chksum_offset = offsetof(struct icmp6_echo_hdr, chksum);
    }
    ring_sleep(&socket->send, 1);
    return 0;
}

int64_t echo_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t id)
{
    if (id != 0 && id != socket->echo_id && is_taken(id))
        return -EADDRINUSE;
    if (id != 0)
        socket->echo_id = id;
    return ip_addr_isany(address) ? 0 : address_error(raw_bind(socket->raw, address));
}

/* Whether the address is one machine's, which then answers by it. */
static bool is_of_one(const ip_addr_t *address, const struct netif *netif)
{
    return !ip_addr_isany(address) && !ip_addr_ismulticast(address) &&
           !ip_addr_isbroadcast(address, netif);
}

int64_t echo_connect(struct endpoint *socket, const ip_addr_t *address)
{
    struct netif *netif = ip_route(&socket->raw->local_ip, address);
    if (netif == NULL || !address_has_route(&socket->raw->local_ip, address))
        return -ENETUNREACH;
    socket->echo_peer = *address;
    socket->echo_one = is_of_one(address, netif);
    socket->echo_connected = true;
    return 0;
}

int64_t echo_name(struct endpoint *socket, bool peer, struct socket_address *name)
{
    if (peer && !socket->echo_connected)
        return -ENOTCONN;
    *name = address_write(peer ? &socket->echo_peer : &socket->raw->local_ip, socket->echo_id);
    return 0;
}

void echo_close(struct endpoint *socket)
{
    strike(socket);
    raw_remove(socket->raw);
    socket->raw = NULL;
    endpoint_free(socket);
}

static bool is_sender(const struct endpoint *socket, const struct icmp_report *report)
{
    return socket != NULL && socket->echo_id == report->error->from.port &&
           socket->family == report->error->from.family &&
           (!socket->echo_connected || ip_addr_eq(&socket->echo_peer, &report->peer));
}

bool echo_report(const struct icmp_report *report)
{
    bool found = false;
    for (unsigned i = 0; i < ECHO_MAX; i++) {
        if (!is_sender(sockets[i], report))
            continue;
        found = true;
        if (sockets[i]->echo_errors)
            datagram_put(sockets[i], report->message, 0, &report->by, sockets[i]->echo_id);
        else if (sockets[i]->echo_connected && report->error->hard)
            endpoint_pend(sockets[i], report->error->number);
    }
    return found;
}

static void send_one(struct endpoint *socket, const struct datagram_next *next)
{
    ip_addr_t to = socket->echo_peer;
    struct icmp_echo_hdr header;
    if (next->header.length < HEADER)
        return;
    if (next->header.peer.family == SOCKET_FAMILY_NONE ? !socket->echo_connected
                                                       : address_read(&next->header.peer, &to) < 0)
        return;
    if (IP_IS_V6(&to) != (socket->family == SOCKET_FAMILY_6))
        return;
    ring_copy_out(&socket->send, sizeof(next->header), &header, HEADER);
    header.type = IP_IS_V6(&to) ? ICMP6_TYPE_EREQ : ICMP_ECHO;
    header.code = 0;
    header.chksum = 0;
    header.id = lwip_htons(socket->echo_id);
    struct pbuf *pbuf = pbuf_alloc(PBUF_IP, HEADER, PBUF_RAM);
    struct pbuf *data = datagram_bytes(socket, next, HEADER);
    if (pbuf == NULL || data == NULL) {
        if (pbuf != NULL)
            pbuf_free(pbuf);
        if (data != NULL)
            pbuf_free(data);
        return;
    }
    memcpy(pbuf->payload, &header, HEADER);
    pbuf_cat(pbuf, data);
    if (!IP_IS_V6(&to))
        ((struct icmp_echo_hdr *)pbuf->payload)->chksum = inet_chksum_pbuf(pbuf);
    raw_sendto(socket->raw, pbuf, &to);
    pbuf_free(pbuf);
}

void echo_send_all(struct endpoint *socket)
{
    datagram_send_each(socket, send_one);
}
