/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths over IPv6 that take less than the link does. lwIP makes segments as large as fits when a
 * connection begins, and cuts each later one that is too large into fragments; but it does so at
 * the cost of its own copy, and of the checksum, which nobody makes for a fragment. So segments are
 * made smaller when a path shrinks, and what has to be cut nevertheless is a copy with a checksum.
 */
#include "icmp.h"
#include <lwip/inet_chksum.h>
#include <lwip/ip6_frag.h>
#include <lwip/priv/tcp_priv.h>

err_t lwip_ip6_frag(struct pbuf *packet, struct netif *netif, const ip6_addr_t *to);

/* ---- Smaller segments. ----------------------------------------------------------------------- */

/* Cuts the first unsent segment. What is left of it ends the stream, if the whole did. */
static bool cut_first(struct tcp_pcb *tcp, u16_t most)
{
    struct tcp_seg *segment = tcp->unsent;
    u8_t flags = TCPH_FLAGS(segment->tcphdr);
    if (segment->len <= most)
        return true;
    if (tcp_split_unsent_seg(tcp, most) != ERR_OK)
        return false;
    TCPH_UNSET_FLAG(segment->tcphdr, flags & (TCP_FIN | TCP_PSH));
    return true;
}

/* False: no memory. */
static bool cut_unsent(struct tcp_pcb *tcp, u16_t most)
{
    struct tcp_seg *first = tcp->unsent;
    bool good = true;
    for (struct tcp_seg *segment = first; segment != NULL && good; segment = segment->next) {
        tcp->unsent = segment;
        good = cut_first(tcp, most);
    }
    tcp->unsent = first;
    return good;
}

/* What is in flight did not get through, so it is sent again. */
static void shrink(struct tcp_pcb *tcp, u16_t most)
{
    bool again = tcp_rexmit_rto_prepare(tcp) == ERR_OK;
    /* As long as there are larger segments, lwIP must not know a smaller size. */
    if (cut_unsent(tcp, most))
        tcp->mss = most;
    if (again)
        tcp_rexmit_rto_commit(tcp);
}

void path_shrink(const ip_addr_t *peer, unsigned mtu)
{
    u16_t most = (u16_t)(mtu - IP6_HLEN - TCP_HLEN);
    struct tcp_pcb *next;
    for (struct tcp_pcb *tcp = tcp_active_pcbs; tcp != NULL; tcp = next) {
        next = tcp->next;
        if (tcp->state >= ESTABLISHED && tcp->mss > most && ip_addr_eq(&tcp->remote_ip, peer))
            shrink(tcp, most);
    }
}

/* ---- Fragments. ------------------------------------------------------------------------------ */

/* The segment behind the IPv6 header of a packet in one piece. */
static void make_sum(struct pbuf *packet)
{
    const struct ip6_hdr *ip = packet->payload;
    ip6_addr_t from, to;
    ip6_addr_copy_from_packed(from, ip->src);
    ip6_addr_copy_from_packed(to, ip->dest);
    pbuf_remove_header(packet, IP6_HLEN);
    struct tcp_hdr *tcp = packet->payload;
    tcp->chksum = 0;
    tcp->chksum = ip6_chksum_pseudo(packet, IP6_NEXTH_TCP, packet->tot_len, &from, &to);
    pbuf_add_header(packet, IP6_HLEN);
}

err_t ip6_frag(struct pbuf *packet, struct netif *netif, const ip6_addr_t *to)
{
    const struct ip6_hdr *ip = packet->payload;
    if (IP6H_NEXTH(ip) != IP6_NEXTH_TCP || packet->tot_len < IP6_HLEN + TCP_HLEN)
        return lwip_ip6_frag(packet, netif, to);
    struct pbuf *copy = pbuf_clone(PBUF_LINK, PBUF_RAM, packet);
    if (copy == NULL)
        return ERR_MEM;
    make_sum(copy);
    err_t error = lwip_ip6_frag(copy, netif, to);
    pbuf_free(copy);
    return error;
}
