/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See icmp.h. lwIP's functions of these names are compiled under others (build.mk), so that what is
 * no ICMP costs nothing here.
 */
#include "icmp.h"
#include "address.h"
#include <lwip/icmp.h>
#include <lwip/icmp6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/icmp6.h>

#define MTU_LEAST 1280 /* of IPv6: no path has less, so whoever says so lies (RFC 8201, 4) */

void lwip_icmp_input(struct pbuf *pbuf, struct netif *netif);
void lwip_icmp6_input(struct pbuf *pbuf, struct netif *netif);

static bool is_whole(struct pbuf *pbuf, const struct netif *netif, bool six)
{
    u16_t sum = 0;
    if (!six) {
        IF__NETIF_CHECKSUM_ENABLED(netif, NETIF_CHECKSUM_CHECK_ICMP)
        sum = inet_chksum_pbuf(pbuf);
        return sum == 0;
    }
    IF__NETIF_CHECKSUM_ENABLED(netif, NETIF_CHECKSUM_CHECK_ICMP6)
    sum = ip6_chksum_pseudo(pbuf, IP6_NEXTH_ICMP6, pbuf->tot_len, ip6_current_src_addr(),
                            ip6_current_dest_addr());
    return sum == 0;
}

/* Fills in the addresses. The packet came from where the error goes, and went to one machine. */
static bool read_addresses(struct icmp_report *report, struct netif *netif)
{
    struct socket_address own = report->error->from, peer = report->error->to;
    own.zone = peer.zone = netif_get_index(netif);
    if (address_read(&own, &report->own) < 0 || address_read(&peer, &report->peer) < 0)
        return false;
    ip_addr_copy(report->by, *ip_current_src_addr());
    return ip_addr_eq(&report->own, ip_current_dest_addr()) && !ip_addr_ismulticast(&report->peer);
}

static bool give(const struct icmp_report *report)
{
    switch (report->error->protocol) {
    case ICMP_ERROR_TCP:
        return stream_report(report);
    case ICMP_ERROR_UDP:
        return datagram_report(report);
    default:
        return echo_report(report);
    }
}

/* Whether the message is an error about a packet of ours; then the socket knows. Fills in all of
 * it. */
static bool take(struct icmp_report *report, struct icmp_error *error, uint8_t family,
                 struct netif *netif)
{
    uint8_t bytes[ICMP_ERROR_BYTES];
    u16_t length = pbuf_copy_partial(report->message, bytes, sizeof(bytes), 0);
    return icmp_error_read(error, family, bytes, length) &&
           is_whole(report->message, netif, family == SOCKET_FAMILY_6) &&
           read_addresses(report, netif) && give(report);
}

void icmp_input(struct pbuf *pbuf, struct netif *netif)
{
    struct icmp_error error;
    struct icmp_report report = {.error = &error, .message = pbuf};
    (void)take(&report, &error, SOCKET_FAMILY_4, netif);
    lwip_icmp_input(pbuf, netif);
}

/* Whether the path is narrower than was known. So nobody can widen it. */
static bool narrows(const struct icmp_report *report, struct netif *netif)
{
    uint32_t mtu = report->error->mtu;
    return mtu >= MTU_LEAST && IP_IS_V6(&report->peer) &&
           mtu < nd6_get_destination_mtu(ip_2_ip6(&report->peer), netif);
}

static bool is_too_big(const struct pbuf *pbuf)
{
    return pbuf->len > 0 && *(const u8_t *)pbuf->payload == ICMP6_TYPE_PTB;
}

void icmp6_input(struct pbuf *pbuf, struct netif *netif)
{
    struct icmp_error error;
    struct icmp_report report = {.error = &error, .message = pbuf};
    bool ours = take(&report, &error, SOCKET_FAMILY_6, netif);
    if (!is_too_big(pbuf)) {
        lwip_icmp6_input(pbuf, netif);
        return;
    }
    /* lwIP would believe anything: by an MTU of 48 bytes it cuts packets without end. */
    if (!ours || !narrows(&report, netif)) {
        pbuf_free(pbuf);
        ICMP6_STATS_INC(icmp6.drop);
        return;
    }
    lwip_icmp6_input(pbuf, netif);
    path_shrink(&report.peer, error.mtu);
}
