/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP acknowledges every second segment (RFC 5681, 4.2). Where segments come in bursts that
 * are looked at in one go, that is a frame for each two of them; here it is one for eight, or for
 * what the burst had. The first segments of a connection are acknowledged with their burst, as
 * Linux does: a peer that writes a little, and a little more, waits with the second for that
 * (Nagle). lwIP's own file is compiled in here, with another idea of tcp_ack.
 */
#include <stdbool.h>
#include "acknowledge.h"
#include <lwip/priv/tcp_priv.h>

#define SEGMENTS_MAX 8
#define PLACES       32
#define QUICK_MAX    16 /* first segments of a connection */

/* Connections that have segments to acknowledge with the burst. */
static struct {
    struct tcp_pcb *tcp;
    unsigned segments;
} due[PLACES];
static unsigned due_count;

static void now(struct tcp_pcb *tcp)
{
    tcp_clear_flags(tcp, TF_ACK_DELAY);
    tcp_ack_now(tcp);
}

/* Counts its first segments. */
static bool is_young(struct tcp_pcb *tcp)
{
    uintptr_t segments = (uintptr_t)tcp_ext_arg_get(tcp, 0);
    if (segments == QUICK_MAX)
        return false;
    tcp_ext_arg_set(tcp, 0, (void *)(segments + 1));
    return true;
}

static void acknowledge_later(struct tcp_pcb *tcp)
{
    if (!(tcp->flags & TF_ACK_DELAY)) {
        tcp_set_flags(tcp, TF_ACK_DELAY);
        if (!is_young(tcp))
            return;
    }
    unsigned place = 0;
    while (place < due_count && due[place].tcp != tcp)
        place++;
    if (place == PLACES) {
        now(tcp);
        return;
    }
    if (place == due_count) {
        due[due_count].tcp = tcp;
        due[due_count++].segments = 1;
    }
    if (++due[place].segments < SEGMENTS_MAX)
        return;
    due[place] = due[--due_count];
    now(tcp);
}

/* A connection may have ended in the same burst. */
static bool is_alive(const struct tcp_pcb *tcp)
{
    const struct tcp_pcb *active = tcp_active_pcbs;
    while (active != NULL && active != tcp)
        active = active->next;
    return active != NULL;
}

void acknowledge_burst(void)
{
    while (due_count > 0) {
        struct tcp_pcb *tcp = due[--due_count].tcp;
        if (!is_alive(tcp) || !(tcp->flags & TF_ACK_DELAY))
            continue;
        now(tcp);
        tcp_output(tcp);
    }
}

#undef tcp_ack
#define tcp_ack(tcp) acknowledge_later(tcp)
#include <core/tcp_in.c>
