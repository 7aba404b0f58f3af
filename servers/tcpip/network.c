/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to be told: interfaces, addresses, routes, resolvers, connections. */
#include "network.h"
#include <string.h>
#include "address.h"
#include "errno.h"
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>

/* Hands out what was filled in, a structure of 64 bytes that begins with the status. */
static int64_t tell(void *answer, const void *told)
{
    memcpy(answer, told, ANSER_REGISTER_BYTES);
    return 0;
}

/* The loopback is the last one. */
static struct netif *interface_at(uint32_t index)
{
    for (u8_t number = 2;; number++) {
        struct netif *netif = netif_get_by_index(number);
        if (netif == NULL)
            return index == 0 ? netif_get_by_index(1) : NULL;
        if (index-- == 0)
            return netif;
    }
}

static bool is_loopback(const struct netif *netif)
{
    return netif_get_index(netif) == 1;
}

static uint32_t flags_of(const struct netif *netif)
{
    uint32_t flags = 0;
    if (netif_is_up(netif))
        flags |= NETWORK_UP;
    if (netif_is_link_up(netif))
        flags |= NETWORK_LINK;
    if (is_loopback(netif))
        return flags | NETWORK_LOOPBACK;
    flags |= NETWORK_BROADCAST;
    if (netif_dhcp_data(netif) != NULL && netif_dhcp_data(netif)->state != 0)
        flags |= NETWORK_DHCP;
    if (dhcp_supplied_address(netif))
        flags |= NETWORK_LEASED;
    return flags;
}

int64_t network_interface(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    const struct netif *netif = interface_at(asked->index);
    if (netif == NULL)
        return -ENOENT;
    struct network_interface told = {
        .name = "lo",
        .mtu = netif->mtu != 0 ? netif->mtu : 65535,
        .flags = flags_of(netif),
        .number = netif_get_index(netif),
    };
    if (!is_loopback(netif)) {
        memcpy(told.name, "net0", 5);
        told.name[3] = (char)('0' + asked->index % 10);
        memcpy(told.hardware, netif->hwaddr, sizeof(told.hardware));
    }
    return tell(answer, &told);
}

static uint32_t prefix_of(const ip4_addr_t *mask)
{
    return (uint32_t)__builtin_popcount(ip4_addr_get_u32(mask));
}

int64_t network_address(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    const struct netif *netif = interface_at(asked->of);
    uint32_t index = asked->index;
    if (netif == NULL)
        return -ENODEV;
    if (!ip4_addr_isany(netif_ip4_addr(netif)) && index-- == 0) {
        struct network_address told = {.address = address_write(netif_ip_addr4(netif), 0),
                                       .prefix = prefix_of(netif_ip4_netmask(netif))};
        return tell(answer, &told);
    }
    for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        u8_t state = netif_ip6_addr_state(netif, i);
        if (ip6_addr_isinvalid(state) || index-- > 0)
            continue;
        struct network_address told = {.address = address_write(netif_ip_addr6(netif, i), 0),
                                       .prefix = is_loopback(netif) ? 128 : 64,
                                       .tentative = ip6_addr_istentative(state) != 0};
        return tell(answer, &told);
    }
    return -ENOENT;
}

/* The n-th route of an interface over IPv4: its network, and what its gateway leads to. */
static bool route4(const struct netif *netif, uint32_t *index, struct network_route *told)
{
    ip_addr_t network = {0};
    if (ip4_addr_isany(netif_ip4_addr(netif)))
        return false;
    if ((*index)-- == 0) {
        ip_addr_set_ip4_u32_val(network, ip4_addr_get_u32(netif_ip4_addr(netif)) &
                                             ip4_addr_get_u32(netif_ip4_netmask(netif)));
        told->to = address_write(&network, (uint16_t)prefix_of(netif_ip4_netmask(netif)));
        return true;
    }
    if (is_loopback(netif) || ip4_addr_isany(netif_ip4_gw(netif)) || (*index)-- > 0)
        return false;
    told->to.family = SOCKET_FAMILY_4;
    told->by = address_write(netif_ip_gw4(netif), 0);
    return true;
}

static bool route6(const struct netif *netif, uint32_t *index, struct network_route *told)
{
    ip_addr_t address;
    for (unsigned i = 0; i < LWIP_ND6_NUM_PREFIXES; i++) {
        if (prefix_list[i].netif != netif || (*index)-- > 0)
            continue;
        ip_addr_copy_from_ip6(address, prefix_list[i].prefix);
        told->to = address_write(&address, 64);
        return true;
    }
    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        const struct nd6_neighbor_cache_entry *router = default_router_list[i].neighbor_entry;
        if (router == NULL || router->netif != netif || (*index)-- > 0)
            continue;
        ip_addr_copy_from_ip6(address, router->next_hop_address);
        told->to.family = SOCKET_FAMILY_6;
        told->by = address_write(&address, 0);
        return true;
    }
    return false;
}

int64_t network_route(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    struct network_route told = {0};
    uint32_t index = asked->index;
    const struct netif *netif;
    for (uint32_t i = 0; (netif = interface_at(i)) != NULL; i++) {
        if (!route4(netif, &index, &told) && !route6(netif, &index, &told))
            continue;
        told.by.port = netif_get_index(netif);
        return tell(answer, &told);
    }
    return -ENOENT;
}

int64_t network_resolver(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    uint32_t index = asked->index;
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        const ip_addr_t *resolver = dns_getserver(i);
        if (ip_addr_isany(resolver) || index-- > 0)
            continue;
        struct network_address told = {.address = address_write(resolver, 53)};
        return tell(answer, &told);
    }
    return -ENOENT;
}

static uint8_t state_of(enum tcp_state state)
{
    static const uint8_t states[] = {
        [CLOSED] = NETWORK_STATE_NONE,
        [LISTEN] = NETWORK_STATE_LISTEN,
        [SYN_SENT] = NETWORK_STATE_SYN_SENT,
        [SYN_RCVD] = NETWORK_STATE_SYN_RCVD,
        [ESTABLISHED] = NETWORK_STATE_ESTABLISHED,
        [FIN_WAIT_1] = NETWORK_STATE_FIN_WAIT_1,
        [FIN_WAIT_2] = NETWORK_STATE_FIN_WAIT_2,
        [CLOSE_WAIT] = NETWORK_STATE_CLOSE_WAIT,
        [CLOSING] = NETWORK_STATE_CLOSING,
        [LAST_ACK] = NETWORK_STATE_LAST_ACK,
        [TIME_WAIT] = NETWORK_STATE_TIME_WAIT,
    };
    return states[state];
}

static const struct tcp_pcb *nth(const struct tcp_pcb *tcp, uint32_t *index)
{
    while (tcp != NULL && *index > 0) {
        tcp = tcp->next;
        (*index)--;
    }
    return tcp;
}

static void tell_tcp(const struct tcp_pcb *tcp, struct network_connection *told)
{
    told->kind = SOCKET_STREAM;
    told->state = state_of(tcp->state);
    told->own = address_write(&tcp->local_ip, tcp->local_port);
    if (tcp->state == LISTEN)
        return; /* the structure ends earlier */
    told->peer = address_write(&tcp->remote_ip, tcp->remote_port);
    told->unsent = tcp->snd_lbb - tcp->lastack;
}

static bool tell_udp(uint32_t index, struct network_connection *told)
{
    const struct udp_pcb *udp = udp_pcbs;
    while (udp != NULL && index-- > 0)
        udp = udp->next;
    if (udp == NULL)
        return false;
    told->kind = SOCKET_DATAGRAM;
    told->own = address_write(&udp->local_ip, udp->local_port);
    if (udp->flags & UDP_FLAGS_CONNECTED)
        told->peer = address_write(&udp->remote_ip, udp->remote_port);
    return true;
}

int64_t network_connection(const void *request, uint64_t badge, void *answer)
{
    (void)badge;
    const struct network_query *asked = request;
    struct network_connection told = {0};
    uint32_t index = asked->index;
    const struct tcp_pcb *tcp = nth(tcp_listen_pcbs.pcbs, &index);
    if (tcp == NULL)
        tcp = nth(tcp_active_pcbs, &index);
    if (tcp == NULL)
        tcp = nth(tcp_tw_pcbs, &index);
    if (tcp != NULL)
        tell_tcp(tcp, &told);
    else if (!tell_udp(index, &told))
        return -ENOENT;
    return tell(answer, &told);
}
