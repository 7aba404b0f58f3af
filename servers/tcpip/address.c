/* SPDX-License-Identifier: BSD-2-Clause */
/* See address.h. */
#include <string.h>
#include "address.h"
#include "errno.h"
#include <lwip/ip.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>

int address_read(const struct socket_address *from, ip_addr_t *to)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    u32_t words[4];
    memcpy(words, from->bytes, sizeof(words));
    if (from->family == SOCKET_FAMILY_4) {
        ip_addr_set_ip4_u32(to, words[0]);
        return 0;
    }
    if (from->family != SOCKET_FAMILY_6)
        return -EAFNOSUPPORT;
    if (memcmp(from->bytes, mapped, sizeof(mapped)) == 0) {
        ip_addr_set_ip4_u32(to, words[3]);
        return 0;
    }
    IP_ADDR6(to, words[0], words[1], words[2], words[3]);
    ip6_addr_clear_zone(ip_2_ip6(to));
    if (ip6_addr_has_scope(ip_2_ip6(to), IP6_UNKNOWN)) {
        if (from->zone != 0)
            ip6_addr_set_zone(ip_2_ip6(to), from->zone);
        else if (netif_default != NULL)
            ip6_addr_assign_zone(ip_2_ip6(to), IP6_UNKNOWN, netif_default);
    }
    return 0;
}

struct socket_address address_write(const ip_addr_t *from, uint16_t port)
{
    struct socket_address to = {.family = SOCKET_FAMILY_4, .port = port};
    if (IP_IS_V4(from)) {
        u32_t word = ip_addr_get_ip4_u32(from);
        memcpy(to.bytes, &word, sizeof(word));
        return to;
    }
    to.family = SOCKET_FAMILY_6; /* also the address of any family */
    to.zone = ip6_addr_zone(ip_2_ip6(from));
    memcpy(to.bytes, ip_2_ip6(from)->addr, sizeof(to.bytes));
    return to;
}

bool address_is_dark(const ip_addr_t *address)
{
    return IP_IS_V4(address) && ip4_addr_isloopback(ip_2_ip4(address)) &&
           ip4_addr_get_u32(ip_2_ip4(address)) != PP_HTONL(IPADDR_LOOPBACK);
}

bool address_is_ours(const ip_addr_t *address)
{
    struct netif *netif;
    if (address_is_dark(address))
        return false;
    if (ip_addr_isany(address) || ip_addr_ismulticast(address) || ip_addr_isloopback(address))
        return true;
    NETIF_FOREACH(netif)
    {
        if (IP_IS_V4(address) ? ip4_addr_eq(ip_2_ip4(address), netif_ip4_addr(netif))
                              : netif_get_ip6_addr_match(netif, ip_2_ip6(address)) >= 0)
            return true;
        if (IP_IS_V4(address) && ip4_addr_isbroadcast(ip_2_ip4(address), netif))
            return true;
    }
    return false;
}

/* Whether it is on an interface's link, by a router's word or an address that was set, or ours. */
static bool is_on_link(const ip6_addr_t *to, const struct netif *netif)
{
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
            ip6_addr_net_eq(to, netif_ip6_addr(netif, i)))
            return true;
    return false;
}

bool address_has_route(const ip_addr_t *from, const ip_addr_t *to)
{
    struct netif *netif = ip_route(from, to);
    if (netif == NULL || IP_IS_V4(to))
        return netif != NULL;
    /* Where there is no router either, lwIP names the first interface, and drops what is sent. */
    const ip6_addr_t *six = ip_2_ip6(to);
    return ip6_addr_isany(six) || ip6_addr_ismulticast(six) || ip6_addr_has_zone(six) ||
           is_on_link(six, netif) || nd6_find_route(six) != NULL;
}

int address_error(err_t error)
{
    switch (error) {
    case ERR_OK:
        return 0;
    case ERR_MEM:
    case ERR_BUF:
        return -ENOBUFS;
    case ERR_TIMEOUT:
        return -ETIMEDOUT;
    case ERR_RTE:
    case ERR_IF:
        return -ENETUNREACH;
    case ERR_INPROGRESS:
        return -EINPROGRESS;
    case ERR_USE:
        return -EADDRINUSE;
    case ERR_ALREADY:
        return -EALREADY;
    case ERR_ISCONN:
        return -EISCONN;
    case ERR_CONN:
        return -ENOTCONN;
    case ERR_RST:
    case ERR_ABRT:
    case ERR_CLSD:
        return -ECONNRESET;
    default:
        return -EINVAL;
    }
}
