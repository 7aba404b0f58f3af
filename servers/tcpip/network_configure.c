/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be changed: by the words of the command line, and by clients with the right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "address.h"
#include "channel.h"
#include "clock.h"
#include "errno.h"
#include "ethernet.h"
#include "network.h"
#include "realtime.h"
#include "record.h"
#include "stack.h"
#include "start.h"
#include <lwip/apps/sntp.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>

/* What was said at the start, and holds when a lease brings something else. */
static struct {
    bool given[DNS_MAX_SERVERS];
    ip_addr_t resolvers[DNS_MAX_SERVERS];
} fixed;

static int set_resolver(uint64_t which, const ip_addr_t *address)
{
    if (which >= DNS_MAX_SERVERS)
        return -EINVAL;
    fixed.given[which] = !ip_addr_isany(address);
    fixed.resolvers[which] = *address;
    dns_setserver((u8_t)which, address);
    return 0;
}

/* ---- The lease, which a successor of this server goes on with while it asks for its own. ------
 */

#define LEASE_KEY 0 /* no client's badge */

static void keep_lease(struct netif *netif)
{
    const uint64_t words[KEEP_WORDS] = {
        ip4_addr_get_u32(netif_ip4_addr(netif)),
        ip4_addr_get_u32(netif_ip4_netmask(netif)),
        ip4_addr_get_u32(netif_ip4_gw(netif)),
        ip_addr_get_ip4_u32(dns_getserver(0)),
    };
    if (dhcp_supplied_address(netif))
        record_store(LEASE_KEY, words, 0);
    else if (words[0] != 0)
        record_drop(LEASE_KEY); /* somebody has given it another address */
}

static void use_kept_lease(struct netif *netif)
{
    struct keep_answer kept;
    anser_handle none;
    if (record_next(LEASE_KEY, &kept, &none) != 1)
        return;
    handle_close(none);
    if (kept.key != LEASE_KEY)
        return;
    ip4_addr_t address = {(u32_t)kept.words[0]}, mask = {(u32_t)kept.words[1]};
    ip4_addr_t gateway = {(u32_t)kept.words[2]};
    ip_addr_t resolver = {0};
    netif_set_addr(netif, &address, &mask, &gateway);
    ip_addr_set_ip4_u32_val(resolver, (u32_t)kept.words[3]);
    dns_setserver(0, &resolver);
}

/* A lease sets the resolvers; those that somebody chose stay. */
static void on_change(struct netif *netif)
{
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++)
        if (fixed.given[i])
            dns_setserver(i, &fixed.resolvers[i]);
    if (ethernet_at(0)->netif == netif)
        keep_lease(netif);
}

static int set_dhcp(struct netif *netif, bool on)
{
    if (!on) {
        dhcp_release_and_stop(netif);
        return 0;
    }
    if (dhcp_supplied_address(netif))
        return address_error(dhcp_renew(netif));
    return address_error(dhcp_start(netif));
}

static int set_address(struct netif *netif, const ip_addr_t *address, uint64_t bits)
{
    ip4_addr_t mask;
    if (IP_IS_V6(address)) {
        s8_t place;
        if (bits != 64 || ip_addr_isany(address))
            return -EINVAL;
        err_t error = netif_add_ip6_address(netif, ip_2_ip6(address), &place);
        return error == ERR_VAL ? -ENOBUFS : address_error(error);
    }
    if (bits < 1 || bits > 32 || ip_addr_ismulticast(address))
        return -EINVAL;
    dhcp_release_and_stop(netif);
    ip4_addr_set_u32(&mask, lwip_htonl((u32_t)(0xfffffffful << (32 - bits))));
    netif_set_addr(netif, ip_2_ip4(address), &mask, netif_ip4_gw(netif));
    return 0;
}

static int set_sntp(const ip_addr_t *server)
{
    sntp_stop();
    if (server == NULL)
        return 0;
    sntp_setoperatingmode(SNTP_OPMODE_POLL);
    sntp_setserver(0, server);
    sntp_init();
    return 0;
}

/* lwIP's SNTP client has an answer. */
void clock_of_day_set(uint32_t seconds, uint32_t microseconds)
{
    uint64_t nanoseconds = seconds * 1000000000ul + microseconds * 1000ul;
    anser_handle clock = start_handle(REALTIME_SERVICE);
    int status = clock == 0 ? -ENODEV : realtime_set(clock, nanoseconds, clock_now());
    if (status < 0)
        fprintf(stderr, "tcpip: the clock cannot be set: %s\n", strerror(-status));
}

/* ---- Clients. -------------------------------------------------------------------------------- */

static int configure(struct netif *netif, const struct network_configure *asked)
{
    ip_addr_t address = *IP4_ADDR_ANY;
    bool given = asked->address.family != SOCKET_FAMILY_NONE;
    if (given && address_read(&asked->address, &address) < 0)
        return -EINVAL;
    switch (asked->what) {
    case NETWORK_SET_UP:
        if (asked->value != 0)
            netif_set_up(netif);
        else
            netif_set_down(netif);
        return 0;
    case NETWORK_SET_DHCP:
        return set_dhcp(netif, asked->value != 0);
    case NETWORK_SET_ADDRESS:
        return given ? set_address(netif, &address, asked->value) : -EINVAL;
    case NETWORK_SET_GATEWAY:
        if (!given || IP_IS_V6(&address))
            return -EINVAL;
        netif_set_gw(netif, ip_2_ip4(&address));
        return 0;
    case NETWORK_SET_RESOLVER:
        return set_resolver(asked->value, &address);
    case NETWORK_SET_SNTP:
        return set_sntp(given ? &address : NULL);
    default:
        return -EINVAL;
    }
}

int64_t network_configure(const void *request, uint64_t badge, void *answer)
{
    (void)answer;
    const struct network_configure *asked = request;
    const struct ethernet *ethernet = ethernet_at(asked->interface);
    if (!(badge & INIT_BADGE_CONTROL))
        return -EPERM;
    if (ethernet == NULL)
        return -ENODEV;
    int status = configure(ethernet->netif, asked);
    stack_work();
    return status;
}

/* ---- The command line. ----------------------------------------------------------------------- */

static const char *value_of(const char *word, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, name, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

/* ADDRESS/BITS */
static int read_prefix(const char *text, ip_addr_t *address, unsigned long *bits)
{
    char copy[64];
    const char *slash = strchr(text, '/');
    if (slash == NULL || (size_t)(slash - text) >= sizeof(copy))
        return -EINVAL;
    snprintf(copy, sizeof(copy), "%.*s", (int)(slash - text), text);
    char *end;
    *bits = strtoul(slash + 1, &end, 10);
    return *end == '\0' && ipaddr_aton(copy, address) ? 0 : -EINVAL;
}

static int apply_word(struct netif *netif, const char *word, bool *is_static)
{
    ip_addr_t address;
    unsigned long bits;
    const char *value = value_of(word, "address");
    if (value != NULL) {
        if (read_prefix(value, &address, &bits) < 0)
            return -EINVAL;
        *is_static = true;
        return netif == NULL ? 0 : set_address(netif, &address, bits);
    }
    if ((value = value_of(word, "gateway")) != NULL) {
        if (!ipaddr_aton(value, &address) || IP_IS_V6(&address))
            return -EINVAL;
        if (netif != NULL)
            netif_set_gw(netif, ip_2_ip4(&address));
        return 0;
    }
    if ((value = value_of(word, "resolver")) != NULL)
        return ipaddr_aton(value, &address) ? set_resolver(fixed.given[0], &address) : -EINVAL;
    if ((value = value_of(word, "sntp")) != NULL)
        return ipaddr_aton(value, &address) ? set_sntp(&address) : -EINVAL;
    return -EINVAL;
}

/* All interfaces but a first one that has a fixed address ask for theirs. */
static void begin_dhcp(bool first_is_static)
{
    const struct ethernet *ethernet;
    for (unsigned i = 0; (ethernet = ethernet_at(i)) != NULL; i++) {
        if (i == 0 && !first_is_static)
            use_kept_lease(ethernet->netif);
        if (i > 0 || !first_is_static)
            dhcp_start(ethernet->netif);
        netif_set_status_callback(ethernet->netif, on_change);
    }
}

int network_begin(int count, char **words)
{
    const struct ethernet *first = ethernet_at(0);
    struct netif *netif = first == NULL ? NULL : first->netif;
    bool is_static = false;
    netif_set_default(netif);
    for (int i = 0; i < count; i++) {
        if (apply_word(netif, words[i], &is_static) == 0)
            continue;
        fprintf(stderr, "tcpip: '%s' is none of address=A/BITS gateway=A resolver=A sntp=A\n",
                words[i]);
        return -EINVAL;
    }
    begin_dhcp(is_static);
    return 0;
}
