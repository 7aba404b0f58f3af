/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams lie in the rings with a header before each. What is sent is referred to in the ring and
 * copied into the device's buffer at once, so the ring moves on at once, too.
 */
#include "datagram.h"
#include "address.h"
#include "errno.h"
#include "icmp.h"
#include "sum.h"
#include <lwip/ip.h>
#include <lwip/pbuf.h>
#include <lwip/udp.h>

#define LENGTH_MAX 65507u /* of a datagram's bytes over IPv4 */

static uint32_t padded(uint32_t length)
{
    return (uint32_t)sizeof(struct socket_datagram) + ((length + 7) & ~7u);
}

void datagram_put(struct endpoint *socket, struct pbuf *pbuf, uint16_t offset,
                  const ip_addr_t *from, uint16_t port)
{
    struct socket_datagram header = {.length = (uint32_t)pbuf->tot_len - offset,
                                     .peer = address_write(from, port)};
    uint32_t entry = padded(header.length);
    if (ring_ready(&socket->receive) < entry)
        return;
    ring_copy_in(&socket->receive, 0, &header, sizeof(header));
    uint32_t at = sizeof(header);
    for (; pbuf != NULL; pbuf = pbuf->next) {
        if (offset >= pbuf->len) {
            offset = (uint16_t)(offset - pbuf->len);
            continue;
        }
        ring_copy_in(&socket->receive, at, (const uint8_t *)pbuf->payload + offset,
                     (uint32_t)(pbuf->len - offset));
        at += (uint32_t)(pbuf->len - offset);
        offset = 0;
    }
    if (ring_advance(&socket->receive, entry))
        endpoint_tell(socket);
}

static void on_receive(void *argument, struct udp_pcb *udp, struct pbuf *pbuf,
                       const ip_addr_t *from, u16_t port)
{
    (void)udp;
    datagram_put(argument, pbuf, 0, from, port);
    pbuf_free(pbuf);
}

int64_t datagram_begin(struct endpoint *socket)
{
    u8_t type = socket->family == SOCKET_FAMILY_4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY;
    socket->udp = udp_new_ip_type(type);
    if (socket->udp == NULL)
        return -ENOBUFS;
    udp_recv(socket->udp, on_receive, socket);
    udp_set_multicast_ttl(socket->udp, 1); /* RFC 1112, 6.1: no further, unless it is asked for */
    ring_sleep(&socket->send, 1);
    return 0;
}

int64_t datagram_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t port)
{
    if (socket->udp->local_port != 0)
        return -EINVAL;
    return address_error(udp_bind(socket->udp, address, port));
}

int64_t datagram_connect(struct endpoint *socket, const ip_addr_t *address, uint16_t port)
{
    if (!ip_addr_isany(address) && !address_has_route(&socket->udp->local_ip, address))
        return -ENETUNREACH;
    err_t error = udp_connect(socket->udp, address, port);
    return address_error(error);
}

int64_t datagram_disconnect(struct endpoint *socket)
{
    udp_disconnect(socket->udp);
    return 0;
}

/* The address that a connected socket sends from. */
static ip_addr_t source_of(const struct udp_pcb *udp)
{
    ip_addr_t own = udp->local_ip;
    if (!(udp->flags & UDP_FLAGS_CONNECTED) || !ip_addr_isany(&own))
        return own;
    struct netif *netif = ip_route(&udp->local_ip, &udp->remote_ip);
    const ip_addr_t *source = netif == NULL ? NULL : ip_netif_get_local_ip(netif, &udp->remote_ip);
    return source == NULL ? own : *source;
}

int64_t datagram_name(struct endpoint *socket, bool peer, struct socket_address *name)
{
    const struct udp_pcb *udp = socket->udp;
    if (peer && !(udp->flags & UDP_FLAGS_CONNECTED))
        return -ENOTCONN;
    ip_addr_t own = source_of(udp);
    *name = peer ? address_write(&udp->remote_ip, udp->remote_port)
                 : address_write(&own, udp->local_port);
    return 0;
}

void datagram_close(struct endpoint *socket)
{
    datagram_send_all(socket);
    udp_remove(socket->udp);
    socket->udp = NULL;
    endpoint_free(socket);
}

/* Whether it may have sent the packet that an error is about. */
static bool is_sender(const struct udp_pcb *udp, const struct icmp_report *report)
{
    if (udp->local_port != report->error->from.port)
        return false;
    if (!ip_addr_isany(&udp->local_ip) && !ip_addr_eq(&udp->local_ip, &report->own))
        return false;
    return !(udp->flags & UDP_FLAGS_CONNECTED) || (udp->remote_port == report->error->to.port &&
                                                   ip_addr_eq(&udp->remote_ip, &report->peer));
}

bool datagram_report(const struct icmp_report *report)
{
    bool found = false;
    for (const struct udp_pcb *udp = udp_pcbs; udp != NULL; udp = udp->next) {
        if (!is_sender(udp, report))
            continue;
        found = true;
        /* The others are lwIP's own. */
        if (udp->recv == on_receive && (udp->flags & UDP_FLAGS_CONNECTED) && report->error->hard)
            endpoint_pend(udp->recv_arg, report->error->number);
    }
    return found;
}

/* 1: there is one; 0: none; -EPROTO: the ring holds what cannot be. */
static int next_datagram(struct endpoint *socket, struct datagram_next *next)
{
    int64_t ready = ring_ready(&socket->send);
    if (ready == 0)
        return 0;
    if (ready < (int64_t)sizeof(next->header))
        return -EPROTO;
    ring_copy_out(&socket->send, 0, &next->header, sizeof(next->header));
    if (next->header.length > LENGTH_MAX)
        return -EPROTO;
    next->entry = padded(next->header.length);
    return next->entry <= ready ? 1 : -EPROTO;
}

static struct pbuf *refer(void *bytes, uint32_t length)
{
    struct pbuf *pbuf = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_REF);
    if (pbuf != NULL)
        pbuf->payload = bytes;
    return pbuf;
}

struct pbuf *datagram_bytes(struct endpoint *socket, const struct datagram_next *next,
                            uint32_t skip)
{
    uint32_t first;
    uint32_t from = (uint32_t)sizeof(next->header) + skip;
    uint32_t length = next->header.length - skip;
    if (length == 0)
        return pbuf_alloc(PBUF_TRANSPORT, 0, PBUF_RAM);
    void *bytes = ring_span(&socket->send, from, &first);
    if (first > length)
        first = length;
    struct pbuf *pbuf = refer(bytes, first);
    if (pbuf == NULL || first == length)
        return pbuf;
    uint32_t second;
    bytes = ring_span(&socket->send, from + first, &second);
    struct pbuf *rest = refer(bytes, length - first);
    if (rest == NULL) {
        pbuf_free(pbuf);
        return NULL;
    }
    pbuf_cat(pbuf, rest);
    return pbuf;
}

static void send_one(struct endpoint *socket, const struct datagram_next *next)
{
    ip_addr_t to;
    bool connected = next->header.peer.family == SOCKET_FAMILY_NONE;
    if (!connected && address_read(&next->header.peer, &to) < 0)
        return;
    struct pbuf *pbuf = datagram_bytes(socket, next, 0);
    if (pbuf == NULL)
        return;
    if (connected)
        udp_send(socket->udp, pbuf);
    else
        udp_sendto(socket->udp, pbuf, &to, next->header.peer.port);
    pbuf_free(pbuf);
}

void datagram_send_each(struct endpoint *socket, datagram_send *send)
{
    struct datagram_next next;
    int status;
    do {
        while ((status = next_datagram(socket, &next)) == 1) {
            send(socket, &next);
            if (ring_advance(&socket->send, next.entry))
                endpoint_tell(socket);
        }
        if (status < 0) {
            endpoint_fail(socket, EPROTO);
            return;
        }
    } while (!ring_sleep(&socket->send, 1));
}

void datagram_send_all(struct endpoint *socket)
{
    datagram_send_each(socket, send_one);
}
