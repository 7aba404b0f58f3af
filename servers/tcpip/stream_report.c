/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICMP errors about segments. One ends a connection only while it is being opened (RFC 1122,
 * 4.2.3.9), and only if it quotes a sequence number that is in flight (RFC 5927, 4.1): of
 * everything in a segment, that is what a stranger cannot know.
 */
#include "endpoint.h"
#include "icmp.h"
#include <lwip/priv/tcp_priv.h>

static struct tcp_pcb *find(const struct icmp_report *report)
{
    struct tcp_pcb *tcp = tcp_active_pcbs;
    while (tcp != NULL && !(tcp->local_port == report->error->from.port &&
                            tcp->remote_port == report->error->to.port &&
                            ip_addr_eq(&tcp->local_ip, &report->own) &&
                            ip_addr_eq(&tcp->remote_ip, &report->peer)))
        tcp = tcp->next;
    return tcp;
}

bool stream_report(const struct icmp_report *report)
{
    const struct icmp_error *error = report->error;
    struct tcp_pcb *tcp = find(report);
    if (tcp == NULL || TCP_SEQ_LT(error->sequence, tcp->lastack) ||
        TCP_SEQ_GEQ(error->sequence, tcp->snd_nxt))
        return false;
    struct endpoint *socket = tcp->callback_arg;
    /* Before a connection is complete, the argument of one that came is its listener's. */
    if (socket == NULL || tcp->state == SYN_RCVD || error->number == 0 || error->mtu != 0)
        return true;
    socket->soft_error = error->number;
    if (tcp->state == SYN_SENT)
        tcp_abandon(tcp, 0); /* the socket fails with that */
    return true;
}
