/* SPDX-License-Identifier: BSD-2-Clause */
/* See stream_receive.h. */
#include "stream_receive.h"
#include "errno.h"
#include "stream.h"
#include <string.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#define SYN_WINDOW 65535u /* a window that is not scaled */

static struct endpoint *first_due;

bool stream_take(struct endpoint *socket, struct pbuf *pbuf)
{
    if (socket->held_count == SOCKET_HELD_MAX)
        return false;
    socket->held[socket->held_count++] = pbuf;
    if (!socket->due) {
        socket->due = true;
        socket->next_due = first_due;
        first_due = socket;
    }
    return true;
}

void stream_forget_due(struct endpoint *socket)
{
    if (!socket->due)
        return;
    struct endpoint **place = &first_due;
    while (*place != socket)
        place = &(*place)->next_due;
    *place = socket->next_due;
    socket->due = false;
}

struct endpoint *stream_next_due(void)
{
    struct endpoint *socket = first_due;
    if (socket != NULL)
        stream_forget_due(socket);
    return socket;
}

static uint32_t held_bytes(const struct endpoint *socket)
{
    uint32_t bytes = 0;
    for (unsigned i = 0; i < socket->held_count; i++)
        bytes += socket->held[i]->tot_len;
    return bytes;
}

static void forget_held(struct endpoint *socket, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pbuf_free(socket->held[i]);
    for (unsigned i = count; i < socket->held_count; i++)
        socket->held[i - count] = socket->held[i];
    socket->held_count -= count;
}

void stream_drop_held(struct endpoint *socket, bool all)
{
    if (!all)
        stream_receive(socket);
    forget_held(socket, socket->held_count);
}

static void copy_in(struct ring *ring, uint32_t at, const uint8_t *from, uint32_t length)
{
    uint32_t first = ring->size - ((ring->mine + at) & (ring->size - 1));
    if (first > length)
        first = length;
    memcpy(ring_entry(ring, at), from, first);
    memcpy(ring->entries, from + first, length - first);
}

/* Copies whole pbufs as long as there is room; *room is what is left of it. */
static void fill_ring(struct endpoint *socket, uint32_t *room)
{
    uint32_t put = 0;
    unsigned count = 0;
    for (; count < socket->held_count && socket->held[count]->tot_len <= *room - put; count++)
        for (const struct pbuf *pbuf = socket->held[count]; pbuf != NULL; pbuf = pbuf->next) {
            copy_in(&socket->receive, put, pbuf->payload, pbuf->len);
            put += pbuf->len;
        }
    if (put == 0)
        return;
    *room -= put;
    if (ring_advance(&socket->receive, put))
        endpoint_tell(socket);
    forget_held(socket, count);
}

/* The window that the peer can be offered: it may know of 64 KiB only (RFC 7323). */
static uint32_t whole_window(const struct endpoint *socket)
{
    uint32_t most = socket->tcp == NULL ? socket->receive.size : TCP_WND_MAX(socket->tcp);
    return most < socket->receive.size ? most : socket->receive.size;
}

/* Offers the peer what has room, beside what it may still send. */
static void open_window(struct endpoint *socket, uint32_t room)
{
    struct tcp_pcb *tcp = socket->tcp;
    uint32_t held = held_bytes(socket);
    uint32_t may = room > held ? room - held : 0, most = whole_window(socket);
    if (may > most)
        may = most;
    if (may <= tcp->rcv_wnd || (socket->peer_ended && socket->held_count == 0))
        return;
    uint32_t known = tcp->rcv_ann_right_edge - tcp->rcv_nxt;
    for (uint32_t more = may - tcp->rcv_wnd; more > 0;) {
        uint32_t step = more < 0xffff ? more : 0xffff;
        tcp_recved(tcp, (u16_t)step);
        more -= step;
    }
    /* The peer may have stopped: it is told without being asked. */
    if (known < most / 2 && tcp->rcv_ann_wnd >= most / 2) {
        tcp_ack_now(tcp);
        tcp_output(tcp);
    }
}

void stream_show_end(struct endpoint *socket)
{
    if (socket->peer_ended && socket->held_count == 0 && socket->slot != NULL &&
        !(socket->state & SOCKET_RECEIVE_ENDED))
        endpoint_show(socket, SOCKET_RECEIVE_ENDED);
}

bool stream_receive(struct endpoint *socket)
{
    if (socket->slot == NULL)
        return true; /* not accepted yet: it is held */
    if (socket->receive_shut || socket->closing) {
        uint32_t held = held_bytes(socket);
        forget_held(socket, socket->held_count);
        if (socket->tcp != NULL && held > 0)
            tcp_recved(socket->tcp, (u16_t)(held < 0xffff ? held : 0xffff));
        return true;
    }
    for (;;) {
        int64_t ready = ring_ready(&socket->receive);
        if (ready < 0)
            return false;
        uint32_t room = (uint32_t)ready;
        fill_ring(socket, &room);
        if (socket->tcp != NULL && (socket->state & SOCKET_CONNECTED))
            open_window(socket, room);
        uint32_t half = whole_window(socket) / 2;
        if (room >= half || ring_sleep(&socket->receive, half))
            break;
    }
    stream_show_end(socket);
    return true;
}

void stream_limit_window(struct tcp_pcb *tcp, uint32_t window)
{
    /* What was in a SYN holds, and a smaller ring has to: the rest is held outside of it. */
    if (window < SYN_WINDOW)
        window = SYN_WINDOW;
    if (tcp->rcv_wnd > window)
        tcp->rcv_wnd = window;
    if (tcp->rcv_ann_wnd > window)
        tcp->rcv_ann_wnd = window;
    /* lwIP takes its whole window as announced, though a SYN cannot hold more than this. */
    if (tcp->rcv_ann_right_edge - tcp->rcv_nxt > SYN_WINDOW)
        tcp->rcv_ann_right_edge = tcp->rcv_nxt + SYN_WINDOW;
}
