/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of bytes. What is sent stays in the client's ring until the peer has acknowledged it, and
 * lwIP refers to it there. What is received is copied into the ring once, from the device's buffer.
 * The window is what has room in the ring: room is given back to the peer whenever data comes, and
 * only when less than half is left the client has to tell that it took some.
 *
 * socket->tcp is lwIP's as well: it is NULL from the moment that lwIP has freed it, or may do so
 * without telling us (both sides have ended and everything is acknowledged).
 */
#include "stream.h"
#include "address.h"
#include "errno.h"
#include "stream_receive.h"
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#define POLL_INTERVAL  4  /* half seconds */
#define IDLE_POLLS_MAX 30 /* of a socket that is closing: then its peer is given up */
#define BACKLOG_MAX    255

/* The connection that was reset last: a callback has to tell lwIP if it was its own. */
static const struct tcp_pcb *was_reset;

static err_t callback_result(const struct tcp_pcb *tcp)
{
    bool mine = was_reset == tcp;
    was_reset = NULL;
    return mine ? ERR_ABRT : ERR_OK;
}

/* ---- The end. -------------------------------------------------------------------------------- */

/* The client is gone, and data comes that nobody will read. */
static err_t receive_nobody(void *argument, struct tcp_pcb *tcp, struct pbuf *pbuf, err_t error)
{
    (void)argument;
    (void)error;
    if (pbuf == NULL)
        return ERR_OK;
    pbuf_free(pbuf);
    tcp_abort(tcp);
    return ERR_ABRT;
}

/* Leaves the connection to lwIP, which ends it in order. */
static void leave(struct endpoint *socket)
{
    struct tcp_pcb *tcp = socket->tcp;
    socket->tcp = NULL;
    if (tcp == NULL)
        return;
    tcp_arg(tcp, NULL);
    tcp_sent(tcp, NULL);
    tcp_err(tcp, NULL);
    tcp_poll(tcp, NULL, 0);
    tcp_recv(tcp, receive_nobody);
    /* lwIP resets where the window shows that not all was read; ours is smaller than its own. */
    tcp->rcv_wnd = TCP_WND_MAX(tcp);
    tcp_close(tcp);
}

/* Ends it at once, with a reset. */
static void reset(struct endpoint *socket)
{
    struct tcp_pcb *tcp = socket->tcp;
    socket->tcp = NULL;
    if (tcp == NULL)
        return;
    tcp_arg(tcp, NULL);
    tcp_err(tcp, NULL);
    tcp_abort(tcp);
    was_reset = tcp;
}

/* A closing socket has nothing more to send. */
static void finish(struct endpoint *socket)
{
    leave(socket);
    endpoint_show(socket, SOCKET_DRAINED);
    endpoint_free(socket);
}

/* The rings are not what they can be: the client's fault, and its end. True: the socket is gone. */
static bool break_off(struct endpoint *socket)
{
    reset(socket);
    if (!socket->closing) {
        endpoint_fail(socket, EPROTO);
        return false;
    }
    endpoint_free(socket);
    return true;
}

/* ---- Sending. -------------------------------------------------------------------------------- */

/* Hands to lwIP what is new in the ring. False: it takes no more now. */
static bool hand_over(struct endpoint *socket, uint32_t ready)
{
    while (socket->queued < ready) {
        uint32_t length;
        void *bytes = ring_span(&socket->send, socket->queued, &length);
        if (length > 0xffff)
            length = 0xffff - 0xffff % TCP_MSS;
        if (length > tcp_sndbuf(socket->tcp))
            length = tcp_sndbuf(socket->tcp);
        bool more = socket->queued + length < ready;
        if (length == 0 ||
            tcp_write(socket->tcp, bytes, (u16_t)length, more ? TCP_WRITE_FLAG_MORE : 0) != ERR_OK)
            return false;
        socket->queued += length;
    }
    return true;
}

/* The end of what is sent, once all of it is with lwIP. */
static void end_sending(struct endpoint *socket)
{
    if (!socket->ends || socket->ended)
        return;
    err_t error = tcp_shutdown(socket->tcp, 0, 1);
    socket->ended = error == ERR_OK || error == ERR_CONN;
}

/* Everything is done, in both directions: lwIP will not tell when it frees the connection. */
static bool is_over(const struct endpoint *socket)
{
    return socket->ended && socket->queued == 0 && (socket->peer_ended || socket->closing);
}

/* Both sides have ended: lwIP does the rest. */
static void leave_or_finish(struct endpoint *socket)
{
    if (socket->closing)
        finish(socket);
    else
        leave(socket);
}

/* True: the socket is gone. One that is not accepted yet has no ring. */
static bool pump_send(struct endpoint *socket)
{
    if (socket->tcp == NULL || socket->slot == NULL || !(socket->state & SOCKET_CONNECTED) ||
        socket->ended)
        return false;
    int64_t ready;
    bool all;
    do {
        ready = ring_ready(&socket->send);
        if (ready < 0 || ready < socket->queued)
            return break_off(socket);
        all = hand_over(socket, (uint32_t)ready);
        /* A full ring needs no bell: room comes with acknowledgements. */
    } while (all && !socket->ends && ready < socket->send.size &&
             !ring_sleep(&socket->send, (uint32_t)ready + 1));
    if (all)
        end_sending(socket);
    tcp_output(socket->tcp);
    if (!is_over(socket))
        return false;
    bool closing = socket->closing;
    leave_or_finish(socket);
    return closing;
}

static err_t on_sent(void *argument, struct tcp_pcb *tcp, u16_t length)
{
    struct endpoint *socket = argument;
    was_reset = NULL;
    socket->idle_polls = 0;
    socket->soft_error = 0;
    if (length > socket->queued || ring_ready(&socket->send) < length) {
        break_off(socket);
        return callback_result(tcp);
    }
    socket->queued -= length;
    if (ring_advance(&socket->send, length))
        endpoint_tell(socket);
    if (!socket->ended)
        pump_send(socket);
    else if (is_over(socket))
        leave_or_finish(socket);
    return callback_result(tcp);
}

void stream_output_all(void)
{
    struct tcp_pcb *next;
    for (struct tcp_pcb *tcp = tcp_active_pcbs; tcp != NULL; tcp = next) {
        next = tcp->next;
        if (tcp->unsent != NULL || (tcp->flags & TF_ACK_NOW))
            tcp_output(tcp);
    }
}

/* ---- What lwIP tells. ------------------------------------------------------------------------ */

static err_t on_receive(void *argument, struct tcp_pcb *tcp, struct pbuf *pbuf, err_t error)
{
    struct endpoint *socket = argument;
    (void)error;
    was_reset = NULL;
    if (pbuf == NULL) {
        socket->peer_ended = true;
        stream_show_end(socket);
        if (is_over(socket))
            leave_or_finish(socket);
        return ERR_OK;
    }
    if (stream_take(socket, pbuf))
        return ERR_OK;
    if (!stream_receive(socket)) {
        pbuf_free(pbuf);
        break_off(socket);
    } else if (!stream_take(socket, pbuf)) {
        return ERR_MEM;
    }
    return callback_result(tcp);
}

void stream_receive_burst(void)
{
    for (struct endpoint *socket; (socket = stream_next_due()) != NULL;)
        if (!stream_receive(socket))
            break_off(socket);
}

static void unlink_waiting(struct endpoint *socket)
{
    struct endpoint *listener = socket->listener;
    struct endpoint **place = &listener->first_waiting;
    while (*place != NULL && *place != socket)
        place = &(*place)->next_waiting;
    if (*place == NULL)
        return;
    *place = socket->next_waiting;
    listener->waiting--;
    __atomic_store_n(&listener->slot->waiting, listener->waiting, __ATOMIC_RELEASE);
}

static int error_of(const struct endpoint *socket, err_t error)
{
    /* Given up: by lwIP, for want of answers, or because of the error. */
    if (error != ERR_RST)
        return socket->soft_error != 0 ? socket->soft_error : ETIMEDOUT;
    if (!(socket->state & SOCKET_CONNECTED))
        return ECONNREFUSED;
    /* A peer that had ended could only refuse what was sent. */
    return socket->peer_ended ? EPIPE : ECONNRESET;
}

/* lwIP has freed the connection. */
static void on_error(void *argument, err_t error)
{
    struct endpoint *socket = argument;
    if (socket == NULL)
        return;
    socket->tcp = NULL;
    stream_drop_held(socket, error != ERR_CLSD);
    if (socket->slot == NULL) {
        unlink_waiting(socket);
        endpoint_free(socket);
    } else if (socket->closing) {
        endpoint_show(socket, SOCKET_DRAINED);
        endpoint_free(socket);
    } else if (error != ERR_CLSD) {
        int number = error_of(socket, error);
        socket->state &= ~SOCKET_CONNECTING;
        endpoint_fail(socket, number);
    }
}

/* Every two seconds: what could not be done for want of memory, and peers that do not answer. */
static err_t on_poll(void *argument, struct tcp_pcb *tcp)
{
    struct endpoint *socket = argument;
    was_reset = NULL;
    if (!socket->closing || ++socket->idle_polls < IDLE_POLLS_MAX) {
        pump_send(socket);
        return callback_result(tcp);
    }
    reset(socket);
    endpoint_show(socket, SOCKET_DRAINED);
    endpoint_free(socket);
    return callback_result(tcp);
}

static void watch(struct endpoint *socket)
{
    tcp_arg(socket->tcp, socket);
    tcp_recv(socket->tcp, on_receive);
    tcp_sent(socket->tcp, on_sent);
    tcp_err(socket->tcp, on_error);
    tcp_poll(socket->tcp, on_poll, POLL_INTERVAL);
}

static void keep_name(struct endpoint *socket)
{
    socket->own = address_write(&socket->tcp->local_ip, socket->tcp->local_port);
}

static err_t on_connected(void *argument, struct tcp_pcb *tcp, err_t error)
{
    struct endpoint *socket = argument;
    (void)error;
    was_reset = NULL;
    stream_limit_window(tcp, socket->receive.size);
    keep_name(socket);
    socket->state &= ~SOCKET_CONNECTING;
    endpoint_show(socket, SOCKET_CONNECTED);
    pump_send(socket);
    return callback_result(tcp);
}

static err_t on_accept(void *argument, struct tcp_pcb *tcp, err_t error)
{
    struct endpoint *listener = argument;
    if (listener == NULL || error != ERR_OK || tcp == NULL)
        return ERR_VAL;
    struct endpoint *socket = endpoint_make(listener->session, listener->family, SOCKET_STREAM);
    if (socket == NULL)
        return ERR_MEM;
    socket->tcp = tcp;
    socket->listener = listener;
    socket->state = SOCKET_CONNECTED;
    tcp_backlog_delayed(tcp);
    stream_limit_window(tcp, 0);
    watch(socket);
    struct endpoint **last = &listener->first_waiting;
    while (*last != NULL)
        last = &(*last)->next_waiting;
    *last = socket;
    listener->waiting++;
    __atomic_store_n(&listener->slot->waiting, listener->waiting, __ATOMIC_RELEASE);
    endpoint_tell(listener);
    return ERR_OK;
}

/* ---- Requests. ------------------------------------------------------------------------------- */

static struct tcp_pcb *new_tcp(const struct endpoint *socket)
{
    if (socket->family == SOCKET_FAMILY_4)
        return tcp_new_ip_type(IPADDR_TYPE_V4);
    return tcp_new_ip_type(socket->only_6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
}

int64_t stream_begin(struct endpoint *socket)
{
    socket->tcp = new_tcp(socket);
    if (socket->tcp == NULL)
        return -ENOBUFS;
    watch(socket);
    return 0;
}

/* Could one connection be for both? */
static bool overlap(const ip_addr_t *one, const ip_addr_t *two)
{
    if (IP_IS_ANY_TYPE_VAL(*one) || IP_IS_ANY_TYPE_VAL(*two))
        return true;
    if (IP_IS_V6(one) != IP_IS_V6(two))
        return false;
    return ip_addr_isany(one) || ip_addr_isany(two) || ip_addr_eq(one, two);
}

/* Is there a listener that this address would share connections with? lwIP lets those be that reuse
 * addresses, and then the last one gets all. */
static bool is_listened_at(const ip_addr_t *address, uint16_t port)
{
    const struct tcp_pcb_listen *listener = tcp_listen_pcbs.listen_pcbs;
    while (listener != NULL &&
           (listener->local_port != port || !overlap(&listener->local_ip, address)))
        listener = listener->next;
    return listener != NULL;
}

static bool is_bound_at(const ip_addr_t *address, uint16_t port, bool reuses)
{
    const struct tcp_pcb *bound = tcp_bound_pcbs;
    while (bound != NULL && (bound->local_port != port || !overlap(&bound->local_ip, address) ||
                             (reuses && ip_get_option(bound, SOF_REUSEADDR))))
        bound = bound->next;
    return bound != NULL;
}

int64_t stream_bind(struct endpoint *socket, const ip_addr_t *address, uint16_t port)
{
    if (socket->tcp == NULL || socket->listens || socket->tcp->local_port != 0)
        return -EINVAL;
    bool reuses = ip_get_option(socket->tcp, SOF_REUSEADDR) != 0;
    if (port != 0 && (is_listened_at(address, port) || is_bound_at(address, port, reuses)))
        return -EADDRINUSE;
    err_t error = tcp_bind(socket->tcp, address, port);
    return error == ERR_VAL ? -EADDRNOTAVAIL : address_error(error);
}

int64_t stream_connect(struct endpoint *socket, const ip_addr_t *address, uint16_t port)
{
    if (socket->state & SOCKET_CONNECTED)
        return -EISCONN;
    if (socket->state & SOCKET_CONNECTING)
        return -EALREADY;
    if (socket->tcp == NULL || socket->listens)
        return -EINVAL;
    /* The unspecified address is this machine, as elsewhere. */
    ip_addr_t target = *address;
    if (ip_addr_isany(&target))
        ip_addr_set_loopback(IP_IS_V6(&target), &target);
    if (address_is_dark(&target) || !address_has_route(&socket->tcp->local_ip, &target))
        return -ENETUNREACH;
    socket->state |= SOCKET_CONNECTING;
    err_t error = tcp_connect(socket->tcp, &target, port, on_connected);
    if (error != ERR_OK) {
        socket->state &= ~SOCKET_CONNECTING;
        return address_error(error);
    }
    endpoint_show(socket, 0);
    return -EINPROGRESS;
}

int64_t stream_listen(struct endpoint *socket, uint64_t backlog)
{
    if (backlog > BACKLOG_MAX)
        backlog = BACKLOG_MAX;
    if (backlog == 0)
        backlog = 1;
    if (socket->listens) {
        tcp_backlog_set((struct tcp_pcb_listen *)(void *)socket->tcp, backlog);
        return 0;
    }
    if (socket->tcp == NULL || socket->state != 0)
        return -EINVAL;
    if (socket->tcp->local_port == 0) {
        const ip_addr_t any = socket->tcp->local_ip;
        err_t error = tcp_bind(socket->tcp, &any, 0);
        if (error != ERR_OK)
            return address_error(error);
    }
    if (is_listened_at(&socket->tcp->local_ip, socket->tcp->local_port))
        return -EADDRINUSE;
    err_t error;
    struct tcp_pcb *listener = tcp_listen_with_backlog_and_err(socket->tcp, (u8_t)backlog, &error);
    if (listener == NULL)
        return address_error(error);
    socket->tcp = listener;
    socket->listens = true;
    tcp_arg(listener, socket);
    tcp_accept(listener, on_accept);
    endpoint_show(socket, SOCKET_LISTENING);
    return 0;
}

void stream_accepted(struct endpoint *socket, struct socket_address *peer)
{
    socket->listener = NULL;
    socket->next_waiting = NULL;
    if (socket->tcp != NULL) {
        *peer = address_write(&socket->tcp->remote_ip, socket->tcp->remote_port);
        keep_name(socket);
        tcp_backlog_accepted(socket->tcp);
    }
    endpoint_show(socket, 0);
    stream_pump(socket);
}

int64_t stream_shutdown(struct endpoint *socket, bool receive, bool send)
{
    if (!(socket->state & SOCKET_CONNECTED) || socket->tcp == NULL)
        return -ENOTCONN;
    if (receive) {
        socket->receive_shut = true;
        stream_drop_held(socket, true);
        endpoint_show(socket, SOCKET_RECEIVE_ENDED);
    }
    if (send) {
        socket->ends = true;
        endpoint_show(socket, SOCKET_SEND_ENDED);
        pump_send(socket);
    }
    return 0;
}

static void close_listener(struct endpoint *socket)
{
    struct endpoint *next;
    for (struct endpoint *waiting = socket->first_waiting; waiting != NULL; waiting = next) {
        next = waiting->next_waiting;
        stream_drop_held(waiting, true);
        reset(waiting);
        endpoint_free(waiting);
    }
    tcp_arg(socket->tcp, NULL);
    tcp_accept(socket->tcp, NULL);
    tcp_close(socket->tcp);
    socket->tcp = NULL;
}

/* What a client has not read is lost, and the peer is to know (RFC 2525, 2.17). */
static bool is_unread(struct endpoint *socket)
{
    return socket->held_count > 0 || ring_ready(&socket->receive) != socket->receive.size;
}

int64_t stream_close(struct endpoint *socket)
{
    if (socket->listens) {
        close_listener(socket);
    } else if (socket->tcp != NULL && (socket->state & SOCKET_CONNECTED) && socket->linger != 1 &&
               !is_unread(socket)) {
        stream_drop_held(socket, true);
        socket->closing = true;
        socket->ends = true;
        /* Gone already: all was sent. */
        if (pump_send(socket))
            return 0;
        if (!is_over(socket))
            return 1;
        leave(socket);
    } else {
        reset(socket);
    }
    stream_drop_held(socket, true);
    endpoint_free(socket);
    return 0;
}

int64_t stream_name(struct endpoint *socket, bool peer, struct socket_address *name)
{
    const struct tcp_pcb *tcp = socket->tcp;
    if (peer && (tcp == NULL || !(socket->state & SOCKET_CONNECTED)))
        return -ENOTCONN;
    if (tcp == NULL) {
        *name = socket->own;
        if (name->family == SOCKET_FAMILY_NONE)
            name->family = socket->family;
        return 0;
    }
    *name = peer ? address_write(&tcp->remote_ip, tcp->remote_port)
                 : address_write(&tcp->local_ip, tcp->local_port);
    return 0;
}

void stream_pump(struct endpoint *socket)
{
    if (socket->listens)
        return;
    if (!stream_receive(socket)) {
        break_off(socket);
        return;
    }
    pump_send(socket);
}
