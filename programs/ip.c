/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `ip`: what the TCP/IP server knows, and changes of it.
 *
 *     ip [-s] [addr | route | stats | connections]
 *     ip dhcp INTERFACE | ip up INTERFACE | ip down INTERFACE
 *     ip addr INTERFACE A/BITS | ip gateway INTERFACE A | ip resolver A | ip sntp A|off
 */
#include <anser/network.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "errno.h"
#include "socket_text.h"
#include "start.h"

/* Asks for an entry of a list; the answer is 64 bytes. Returns its status. */
static int64_t ask(uint64_t type, uint32_t index, uint32_t of, void *answer)
{
    const struct network_query query = {.type = type, .index = index, .of = of};
    struct channel_out out = {.data = &query, .length = sizeof(query)};
    struct channel_in in = {.data = answer, .capacity = ANSER_REGISTER_BYTES};
    memset(answer, 0, ANSER_REGISTER_BYTES);
    int error = channel_call(start_handle(SOCKET_SERVICE), &out, &in, CLOCK_NEVER);
    return error < 0 ? error : *(const int64_t *)answer;
}

/* A list has ended: well, or with an error. */
static int end_of(int64_t status)
{
    if (status == -ENOENT || status == -ENODEV)
        return 0;
    fprintf(stderr, "ip: %s\n", strerror((int)-status));
    return 1;
}

/* ---- Showing. -------------------------------------------------------------------------------- */

static int show_counters(uint32_t of, const char *title)
{
    struct network_counter counter;
    int64_t status = 0;
    printf("    %s:", title);
    for (uint32_t i = 0; (status = ask(NETWORK_COUNTER, i, of, &counter)) >= 0; i++)
        printf("%s %" PRIu64 " %.*s", i == 0 ? "" : ",", counter.value, (int)sizeof(counter.name),
               counter.name);
    putchar('\n');
    return end_of(status);
}

static int show_addresses(uint32_t interface)
{
    struct network_address found;
    char text[SOCKET_TEXT];
    int64_t status;
    for (uint32_t i = 0; (status = ask(NETWORK_ADDRESS, i, interface, &found)) >= 0; i++)
        printf("    %s/%" PRIu32 "%s\n", socket_text(&found.address, text), found.prefix,
               found.tentative ? " tentative" : "");
    return end_of(status);
}

static void show_interface(const struct network_interface *found)
{
    const uint8_t *mac = found->hardware;
    uint32_t flags = found->flags;
    printf("%" PRIu32 ": %.8s  %s%s%s%s  mtu %u", found->number, found->name,
           flags & NETWORK_UP ? "up" : "down", flags & NETWORK_LINK ? "" : ", no link",
           flags & NETWORK_LOOPBACK ? ", loopback" : "",
           flags & NETWORK_LEASED ? ", dhcp" : (flags & NETWORK_DHCP ? ", dhcp asks" : ""),
           found->mtu);
    if (!(flags & NETWORK_LOOPBACK))
        printf("  %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    putchar('\n');
}

static int show_interfaces(bool statistics)
{
    struct network_interface found;
    int64_t status;
    int failed = 0;
    for (uint32_t i = 0; (status = ask(NETWORK_INTERFACE, i, 0, &found)) >= 0; i++) {
        show_interface(&found);
        failed |= show_addresses(i);
        if (statistics && !(found.flags & NETWORK_LOOPBACK))
            failed |= show_counters(i, "frames");
    }
    return failed | end_of(status);
}

static int show_routes(void)
{
    struct network_route found;
    struct network_address resolver;
    char to[SOCKET_TEXT], by[SOCKET_TEXT];
    int64_t status;
    for (uint32_t i = 0; (status = ask(NETWORK_ROUTE, i, 0, &found)) >= 0; i++) {
        printf("%s/%u", socket_text(&found.to, to), found.to.port);
        if (found.by.family != SOCKET_FAMILY_NONE)
            printf(" by %s", socket_text(&found.by, by));
        printf(" interface %u\n", found.by.port);
    }
    int failed = end_of(status);
    for (uint32_t i = 0; (status = ask(NETWORK_RESOLVER, i, 0, &resolver)) >= 0; i++)
        printf("resolver %s\n", socket_text(&resolver.address, to));
    return failed | end_of(status);
}

static int show_statistics(void)
{
    return show_interfaces(true) | show_counters(NETWORK_OF_IP, "IPv4") |
           show_counters(NETWORK_OF_IP6, "IPv6") | show_counters(NETWORK_OF_ICMP, "ICMP") |
           show_counters(NETWORK_OF_UDP, "UDP") | show_counters(NETWORK_OF_TCP, "TCP") |
           show_counters(NETWORK_OF_STACK, "stack");
}

static int show_connections(void)
{
    static const char *states[] = {"-",           "listen",     "syn-sent",   "syn-rcvd",
                                   "established", "fin-wait-1", "fin-wait-2", "close-wait",
                                   "closing",     "last-ack",   "time-wait"};
    struct network_connection found;
    char own[SOCKET_TEXT], peer[SOCKET_TEXT];
    int64_t status;
    for (uint32_t i = 0; (status = ask(NETWORK_CONNECTION, i, 0, &found)) >= 0; i++) {
        const char *state =
            found.state < sizeof(states) / sizeof(states[0]) ? states[found.state] : "?";
        printf("%s %-11s %s %u  %s %u  unsent %" PRIu32 "\n",
               found.kind == SOCKET_STREAM ? "tcp" : "udp", state, socket_text(&found.own, own),
               found.own.port, socket_text(&found.peer, peer), found.peer.port, found.unsent);
    }
    return end_of(status);
}

/* ---- Changing. ------------------------------------------------------------------------------- */

static int change(struct network_configure *wanted)
{
    uint64_t answer[ANSER_REGISTER_BYTES / 8] = {0};
    struct channel_out out = {.data = wanted, .length = sizeof(*wanted)};
    struct channel_in in = {.data = answer, .capacity = sizeof(answer)};
    wanted->type = NETWORK_CONFIGURE;
    int64_t status = channel_call(start_handle(SOCKET_SERVICE), &out, &in, CLOCK_NEVER);
    if (status >= 0)
        status = (int64_t)answer[0];
    if (status < 0)
        fprintf(stderr, "ip: %s\n", strerror((int)-status));
    return status < 0;
}

/* The number of an interface by its name; -1 after a message. */
static int64_t find_interface(const char *name)
{
    struct network_interface found;
    for (uint32_t i = 0; ask(NETWORK_INTERFACE, i, 0, &found) >= 0; i++)
        if (strncmp(name, found.name, sizeof(found.name)) == 0)
            return i;
    fprintf(stderr, "ip: there is no interface '%s'\n", name);
    return -1;
}

static bool read_address(const char *text, struct socket_address *address, uint64_t *bits)
{
    char copy[SOCKET_TEXT];
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    char *end = NULL;
    if (slash != NULL)
        *bits = strtoul(slash + 1, &end, 10);
    if (length < sizeof(copy) && (slash != NULL) == (bits != NULL) &&
        (end == NULL || (*end == '\0' && end != slash + 1))) {
        memcpy(copy, text, length);
        copy[length] = '\0';
        if (socket_text_read(copy, address) &&
            (bits == NULL || *bits <= (address->family == SOCKET_FAMILY_4 ? 32 : 128)))
            return true;
    }
    fprintf(stderr, "ip: '%s' is no address%s\n", text,
            bits == NULL ? "" : " with a prefix, A/BITS");
    return false;
}

static int usage(void)
{
    fputs("usage: ip [-s] [addr|route|stats|connections]\n"
          "       ip dhcp|up|down INTERFACE\n"
          "       ip addr INTERFACE A/BITS, ip gateway INTERFACE A, ip resolver A, ip sntp A|off\n",
          stderr);
    return 2;
}

static int change_interface(const char *what, const char *name)
{
    static const struct {
        const char *word;
        uint32_t what;
        uint64_t value;
    } words[] = {
        {"dhcp", NETWORK_SET_DHCP, 1}, {"up", NETWORK_SET_UP, 1}, {"down", NETWORK_SET_UP, 0}};
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(what, words[i].word) != 0)
            continue;
        int64_t interface = find_interface(name);
        struct network_configure wanted = {
            .interface = (uint32_t)interface, .what = words[i].what, .value = words[i].value};
        return interface < 0 ? 1 : change(&wanted);
    }
    return usage();
}

static int change_servers(const char *what, const char *text)
{
    struct network_configure wanted = {0};
    if (strcmp(what, "resolver") == 0)
        wanted.what = NETWORK_SET_RESOLVER;
    else if (strcmp(what, "sntp") == 0)
        wanted.what = NETWORK_SET_SNTP;
    else
        return change_interface(what, text);
    bool off = wanted.what == NETWORK_SET_SNTP && strcmp(text, "off") == 0;
    if (!off && !read_address(text, &wanted.address, NULL))
        return 1;
    return change(&wanted);
}

static int change_address(const char *what, const char *name, const char *text)
{
    struct network_configure wanted = {.what = NETWORK_SET_ADDRESS};
    bool gateway = strcmp(what, "gateway") == 0;
    if (!gateway && strcmp(what, "addr") != 0)
        return usage();
    int64_t interface = find_interface(name);
    if (interface < 0 || !read_address(text, &wanted.address, gateway ? NULL : &wanted.value))
        return 1;
    wanted.interface = (uint32_t)interface;
    if (gateway)
        wanted.what = NETWORK_SET_GATEWAY;
    return change(&wanted);
}

static int show(const char *what, bool statistics)
{
    if (strcmp(what, "addr") == 0)
        return show_interfaces(statistics);
    if (strcmp(what, "route") == 0)
        return show_routes();
    if (strcmp(what, "stats") == 0)
        return show_statistics();
    if (strcmp(what, "connections") == 0)
        return show_connections();
    return usage();
}

int main(int argc, char **argv)
{
    if (start_handle(SOCKET_SERVICE) == 0) {
        fputs("ip: there is no service " SOCKET_SERVICE " for this program\n", stderr);
        return 1;
    }
    bool statistics = argc > 1 && strcmp(argv[1], "-s") == 0;
    argc -= statistics;
    argv += statistics;
    switch (argc) {
    case 1:
        return statistics ? show_statistics() : show_interfaces(false);
    case 2:
        return show(argv[1], statistics);
    case 3:
        return change_servers(argv[1], argv[2]);
    case 4:
        return change_address(argv[1], argv[2], argv[3]);
    default:
        return usage();
    }
}
