/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floods of SYNs. lwIP drops what comes to a listener whose backlog is full, and it is, for 20
 * seconds, after a few SYNs whose senders do not exist. So the oldest half-open connection makes
 * room for a new one: who is really there has answered by then. Connections that are complete, and
 * wait for the application, are never thrown out.
 */
#include <stddef.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

int flood_guard(struct tcp_pcb *pcb);

int flood_guard(struct tcp_pcb *pcb)
{
    if (pcb->state != LISTEN)
        return ERR_OK;
    const struct tcp_pcb_listen *listener = (const struct tcp_pcb_listen *)(void *)pcb;
    if (listener->accepts_pending < listener->backlog)
        return ERR_OK;
    struct tcp_pcb *oldest = NULL;
    for (struct tcp_pcb *tcp = tcp_active_pcbs; tcp != NULL; tcp = tcp->next)
        if (tcp->state == SYN_RCVD && tcp->listener == listener &&
            (oldest == NULL || tcp_ticks - tcp->tmr > tcp_ticks - oldest->tmr ||
             tcp->tmr == oldest->tmr))
            oldest = tcp; /* of the same age: the list's newest come first */
    if (oldest != NULL)
        tcp_abandon(oldest, 0);
    return ERR_OK;
}
