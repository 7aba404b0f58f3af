/* SPDX-License-Identifier: BSD-2-Clause */
/* See options.h. What all pcbs have in common stands at the same place in each of lwIP's. */
#include "options.h"
#include "address.h"
#include "errno.h"
#include <lwip/igmp.h>
#include <lwip/ip.h>
#include <lwip/mld6.h>
#include <lwip/raw.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#define SECONDS_MAX 32767u

/* NULL: lwIP has done with it. */
static struct ip_pcb *common(const struct endpoint *socket)
{
    return (struct ip_pcb *)(void *)socket->tcp;
}

static int64_t set_flag(struct endpoint *socket, unsigned flag, uint64_t value)
{
    struct ip_pcb *pcb = common(socket);
    if (pcb == NULL)
        return 0; /* the connection is over: it makes no difference */
    if (value != 0)
        ip_set_option(pcb, flag);
    else
        ip_reset_option(pcb, flag);
    return 0;
}

static uint64_t get_flag(const struct endpoint *socket, unsigned flag)
{
    const struct ip_pcb *pcb = common(socket);
    return pcb != NULL && ip_get_option(pcb, flag) != 0;
}

/* An option of connections; `tcp` is none of a listener. */
static int64_t set_tcp(struct tcp_pcb *tcp, uint32_t option, uint64_t value)
{
    if (option != SOCKET_OPTION_NO_DELAY && (value == 0 || value > SECONDS_MAX))
        return -EINVAL;
    switch (option) {
    case SOCKET_OPTION_NO_DELAY:
        if (value != 0)
            tcp_nagle_disable(tcp);
        else
            tcp_nagle_enable(tcp);
        return 0;
    case SOCKET_OPTION_KEEP_IDLE:
        tcp->keep_idle = (u32_t)value * 1000;
        return 0;
    case SOCKET_OPTION_KEEP_INTERVAL:
        tcp->keep_intvl = (u32_t)value * 1000;
        return 0;
    default:
        tcp->keep_cnt = (u32_t)value;
        return 0;
    }
}

static uint64_t get_tcp(const struct tcp_pcb *tcp, uint32_t option)
{
    switch (option) {
    case SOCKET_OPTION_NO_DELAY:
        return tcp_nagle_disabled(tcp);
    case SOCKET_OPTION_KEEP_IDLE:
        return tcp->keep_idle / 1000;
    case SOCKET_OPTION_KEEP_INTERVAL:
        return tcp->keep_intvl / 1000;
    default:
        return tcp->keep_cnt;
    }
}

static bool is_of_tcp(uint32_t option)
{
    return option == SOCKET_OPTION_NO_DELAY || option == SOCKET_OPTION_KEEP_IDLE ||
           option == SOCKET_OPTION_KEEP_INTERVAL || option == SOCKET_OPTION_KEEP_COUNT;
}

static int64_t set_only_6(struct endpoint *socket, uint64_t value)
{
    struct ip_pcb *pcb = common(socket);
    if (socket->family != SOCKET_FAMILY_6 || socket->kind == SOCKET_ECHO || pcb == NULL)
        return -ENOPROTOOPT;
    bool bound =
        socket->kind == SOCKET_STREAM ? socket->tcp->local_port != 0 : socket->udp->local_port != 0;
    if (bound)
        return -EINVAL;
    socket->only_6 = value != 0;
    u8_t type = socket->only_6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY;
    IP_SET_TYPE_VAL(pcb->local_ip, type);
    IP_SET_TYPE_VAL(pcb->remote_ip, type);
    return 0;
}

static int64_t set_byte(struct endpoint *socket, uint32_t option, uint64_t value)
{
    struct ip_pcb *pcb = common(socket);
    if (value > 255 || (option == SOCKET_OPTION_HOPS && value == 0))
        return -EINVAL;
    if (pcb == NULL)
        return 0;
    if (option == SOCKET_OPTION_HOPS)
        pcb->ttl = (u8_t)value;
    else
        pcb->tos = (u8_t)value;
    return 0;
}

static int64_t set_group_hops(struct endpoint *socket, uint64_t value)
{
    if (socket->kind != SOCKET_DATAGRAM)
        return -ENOPROTOOPT;
    if (value > 255)
        return -EINVAL;
    udp_set_multicast_ttl(socket->udp, (u8_t)value);
    return 0;
}

static int64_t change_group(const struct socket_option *asked)
{
    ip_addr_t group;
    bool join = asked->option == SOCKET_OPTION_JOIN;
    int status = address_read(&asked->address, &group);
    if (status < 0 || !ip_addr_ismulticast(&group))
        return -EINVAL;
    err_t error;
    if (IP_IS_V4(&group))
        error = (join ? igmp_joingroup : igmp_leavegroup)(IP4_ADDR_ANY4, ip_2_ip4(&group));
    else
        error = (join ? mld6_joingroup : mld6_leavegroup)(IP6_ADDR_ANY6, ip_2_ip6(&group));
    return error == ERR_VAL ? -EADDRNOTAVAIL : address_error(error);
}

static int64_t set_of_tcp(struct endpoint *socket, const struct socket_option *asked)
{
    if (socket->kind != SOCKET_STREAM)
        return -ENOPROTOOPT;
    if (socket->tcp == NULL || socket->listens)
        return 0;
    return set_tcp(socket->tcp, asked->option, asked->value);
}

int64_t options_set(struct endpoint *socket, const struct socket_option *asked)
{
    if (is_of_tcp(asked->option))
        return set_of_tcp(socket, asked);
    switch (asked->option) {
    case SOCKET_OPTION_KEEP_ALIVE:
        return set_flag(socket, SOF_KEEPALIVE, asked->value);
    case SOCKET_OPTION_REUSE_ADDRESS:
        return set_flag(socket, SOF_REUSEADDR, asked->value);
    case SOCKET_OPTION_BROADCAST:
        return set_flag(socket, SOF_BROADCAST, asked->value);
    case SOCKET_OPTION_ONLY_6:
        return set_only_6(socket, asked->value);
    case SOCKET_OPTION_HOPS:
    case SOCKET_OPTION_SERVICE_TYPE:
        return set_byte(socket, asked->option, asked->value);
    case SOCKET_OPTION_GROUP_HOPS:
        return set_group_hops(socket, asked->value);
    case SOCKET_OPTION_JOIN:
    case SOCKET_OPTION_LEAVE:
        return socket->kind == SOCKET_DATAGRAM ? change_group(asked) : -ENOPROTOOPT;
    case SOCKET_OPTION_LINGER:
        if (asked->value > SECONDS_MAX)
            return -EINVAL;
        socket->linger = (uint32_t)asked->value;
        return 0;
    case SOCKET_OPTION_ERRORS:
        socket->echo_errors = asked->value != 0;
        return socket->kind == SOCKET_ECHO ? 0 : -ENOPROTOOPT;
    default:
        return -ENOPROTOOPT;
    }
}

int64_t options_get(struct endpoint *socket, uint32_t option, uint64_t *value)
{
    const struct ip_pcb *pcb = common(socket);
    *value = 0;
    if (is_of_tcp(option)) {
        if (socket->kind != SOCKET_STREAM)
            return -ENOPROTOOPT;
        if (socket->tcp != NULL && !socket->listens)
            *value = get_tcp(socket->tcp, option);
        return 0;
    }
    switch (option) {
    case SOCKET_OPTION_KEEP_ALIVE:
        *value = get_flag(socket, SOF_KEEPALIVE);
        return 0;
    case SOCKET_OPTION_REUSE_ADDRESS:
        *value = get_flag(socket, SOF_REUSEADDR);
        return 0;
    case SOCKET_OPTION_BROADCAST:
        *value = get_flag(socket, SOF_BROADCAST);
        return 0;
    case SOCKET_OPTION_ONLY_6:
        *value = socket->only_6;
        return 0;
    case SOCKET_OPTION_HOPS:
        *value = pcb != NULL ? pcb->ttl : IP_DEFAULT_TTL;
        return 0;
    case SOCKET_OPTION_GROUP_HOPS:
        *value = socket->kind == SOCKET_DATAGRAM ? udp_get_multicast_ttl(socket->udp) : 1;
        return 0;
    case SOCKET_OPTION_SERVICE_TYPE:
        *value = pcb != NULL ? pcb->tos : 0;
        return 0;
    case SOCKET_OPTION_LINGER:
        *value = socket->linger;
        return 0;
    case SOCKET_OPTION_ERRORS:
        *value = socket->echo_errors;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}
