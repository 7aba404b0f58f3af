/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may have which address, and who is reached by which. */
#include "transcript.h"
#include <stdio.h>

struct trial {
    int family, type, reuse, port_reuse, only_6;
    const char *address;
    int listens;
};

static int begin(const struct trial *trial, uint16_t port, int *result)
{
    int fd = socket(trial->family, trial->type, 0);
    if (trial->reuse)
        set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (trial->port_reuse)
        set_number(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (trial->only_6)
        set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    *result = bind_at(fd, trial->address, port);
    if (*result == 0 && trial->listens)
        *result = listen(fd, 4);
    return fd;
}

static void describe(char *text, size_t size, const struct trial *trial)
{
    snprintf(text, size, "%s %s%s%s%s%s", trial->type == SOCK_STREAM ? "stream" : "datagrams",
             trial->address, trial->only_6 ? " V6ONLY" : "", trial->reuse ? " REUSEADDR" : "",
             trial->port_reuse ? " REUSEPORT" : "", trial->listens ? " listens" : "");
}

/* May the second have the port of the first? */
static void conflict(struct trial one, struct trial two)
{
    char first[80], second[80], line[200];
    int result;
    describe(first, sizeof(first), &one);
    describe(second, sizeof(second), &two);
    snprintf(line, sizeof(line), "%s; %s", first, second);
    int fd = begin(&one, 0, &result);
    if (result < 0)
        say(first, result);
    int other = begin(&two, port_of(fd), &result);
    say(line, result);
    close(other);
    close(fd);
}

#define S4(...)                                                                                    \
    (struct trial)                                                                                 \
    {                                                                                              \
        .family = AF_INET, .type = SOCK_STREAM, __VA_ARGS__                                        \
    }
#define S6(...)                                                                                    \
    (struct trial)                                                                                 \
    {                                                                                              \
        .family = AF_INET6, .type = SOCK_STREAM, __VA_ARGS__                                       \
    }
#define D4(...)                                                                                    \
    (struct trial)                                                                                 \
    {                                                                                              \
        .family = AF_INET, .type = SOCK_DGRAM, __VA_ARGS__                                         \
    }
#define D6(...)                                                                                    \
    (struct trial)                                                                                 \
    {                                                                                              \
        .family = AF_INET6, .type = SOCK_DGRAM, __VA_ARGS__                                        \
    }

static void stream_conflicts(void)
{
    section("conflicts of streams");
    conflict(S4(.address = "127.0.0.1"), S4(.address = "127.0.0.1"));
    conflict(S4(.address = "127.0.0.1"), S4(.address = "0.0.0.0"));
    conflict(S4(.address = "0.0.0.0"), S4(.address = "127.0.0.1"));
    conflict(S4(.address = "127.0.0.1"), S4(.address = "127.0.0.2"));
    conflict(S4(.address = "127.0.0.1", .listens = 1), S4(.address = "127.0.0.1"));
    conflict(S4(.address = "127.0.0.1", .reuse = 1), S4(.address = "127.0.0.1", .reuse = 1));
    conflict(S4(.address = "127.0.0.1", .reuse = 1),
             S4(.address = "127.0.0.1", .reuse = 1, .listens = 1));
    conflict(S4(.address = "127.0.0.1", .reuse = 1, .listens = 1),
             S4(.address = "127.0.0.1", .reuse = 1));
    conflict(S4(.address = "0.0.0.0", .reuse = 1, .listens = 1),
             S4(.address = "127.0.0.1", .reuse = 1, .listens = 1));
    conflict(S4(.address = "127.0.0.1", .reuse = 1), S4(.address = "127.0.0.1"));
    conflict(S4(.address = "127.0.0.1", .port_reuse = 1, .listens = 1),
             S4(.address = "127.0.0.1", .port_reuse = 1, .listens = 1));
    conflict(S4(.address = "127.0.0.1", .port_reuse = 1, .listens = 1),
             S4(.address = "127.0.0.1", .listens = 1));
    conflict(S6(.address = "::"), S4(.address = "0.0.0.0"));
    conflict(S6(.address = "::", .listens = 1), S4(.address = "127.0.0.1", .listens = 1));
    conflict(S4(.address = "127.0.0.1", .listens = 1), S6(.address = "::", .listens = 1));
    conflict(S6(.address = "::", .only_6 = 1, .listens = 1),
             S4(.address = "0.0.0.0", .listens = 1));
    conflict(S4(.address = "0.0.0.0", .listens = 1),
             S6(.address = "::", .only_6 = 1, .listens = 1));
    conflict(S6(.address = "::1", .listens = 1), S4(.address = "127.0.0.1", .listens = 1));
    conflict(S6(.address = "::ffff:127.0.0.1"), S4(.address = "127.0.0.1"));
    conflict(S4(.address = "127.0.0.1"), D4(.address = "127.0.0.1"));
    conflict(S6(.address = "::"), S6(.address = "::1"));
    conflict(S6(.address = "::", .only_6 = 1), S6(.address = "::ffff:127.0.0.1", .only_6 = 1));
}

static void datagram_conflicts(void)
{
    section("conflicts of datagram sockets");
    conflict(D4(.address = "127.0.0.1"), D4(.address = "127.0.0.1"));
    conflict(D4(.address = "127.0.0.1"), D4(.address = "0.0.0.0"));
    conflict(D4(.address = "0.0.0.0"), D4(.address = "127.0.0.1"));
    conflict(D4(.address = "127.0.0.1"), D4(.address = "127.0.0.3"));
    conflict(D4(.address = "127.0.0.1", .reuse = 1), D4(.address = "127.0.0.1", .reuse = 1));
    conflict(D4(.address = "127.0.0.1", .reuse = 1), D4(.address = "127.0.0.1"));
    conflict(D4(.address = "127.0.0.1", .port_reuse = 1),
             D4(.address = "127.0.0.1", .port_reuse = 1));
    conflict(D6(.address = "::"), D4(.address = "127.0.0.1"));
    conflict(D6(.address = "::", .only_6 = 1), D4(.address = "127.0.0.1"));
    conflict(D6(.address = "::1"), D4(.address = "127.0.0.1"));
}

static void other_addresses(void)
{
    section("other addresses");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(bind_at(fd, "192.0.2.1", 0));
    DO(bind_at(fd, "255.255.255.255", 0));
    DO(bind_at(fd, "224.0.0.1", 0));
    DO(bind_at(fd, "127.1.2.3", 0));
    call_port("own", fd);
    say_names("it", fd);
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    DO(bind_at(fd, "2001:db8::1", 0));
    DO(bind_at(fd, "fe80::1234", 0));
    DO(bind_at(fd, "::ffff:0.0.0.0", 0));
    say_names("it", fd);
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    DO(bind_at(fd, "192.0.2.1", 0));
    DO(bind_at(fd, "224.0.0.1", 0));
    close(fd);
}

/* Does a connection to `to` arrive at a listener at `at`, and what is it called on both sides? */
static void reach(int family, const char *at, const char *to, int only_6)
{
    union address peer;
    socklen_t length = sizeof(peer);
    int fd = socket(family, SOCK_STREAM, 0), to_family = strchr(to, ':') ? AF_INET6 : AF_INET;
    forget_ports();
    note("a listener at %s%s, %s", at, only_6 ? " V6ONLY" : "", to);
    if (family == AF_INET6)
        set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, only_6);
    if (bind_at(fd, at, 0) < 0 || listen(fd, 1) < 0)
        say("bind, listen", -1);
    call_port("L", fd);
    int client = socket(to_family, SOCK_STREAM, 0);
    union address address = address_of(to_family, to, port_of(fd));
    if (DO(connect(client, &address.any, length_of(&address))) == 0) {
        call_port("C", client);
        memset(&peer, 0, sizeof(peer));
        int server = accept(fd, &peer.any, &length);
        say_address("from", &peer, length);
        say_names("connected", client);
        say_names("accepted", server);
        close(server);
    }
    close(client);
    close(fd);
    settle();
}

static void reached(void)
{
    section("who is reached by which address");
    reach(AF_INET, "127.0.0.1", "127.0.0.1", 0);
    reach(AF_INET, "0.0.0.0", "127.0.0.1", 0);
    reach(AF_INET, "0.0.0.0", "0.0.0.0", 0);
    reach(AF_INET, "0.0.0.0", "127.0.0.5", 0);
    reach(AF_INET, "127.0.0.5", "127.0.0.5", 0);
    reach(AF_INET, "127.0.0.5", "127.0.0.1", 0);
    reach(AF_INET, "0.0.0.0", "::1", 0);
    reach(AF_INET, "0.0.0.0", "::ffff:127.0.0.1", 0);
    reach(AF_INET6, "::1", "::1", 0);
    reach(AF_INET6, "::", "::1", 0);
    reach(AF_INET6, "::", "::", 0);
    reach(AF_INET6, "::", "127.0.0.1", 0);
    reach(AF_INET6, "::", "::ffff:127.0.0.1", 0);
    reach(AF_INET6, "::", "127.0.0.1", 1);
    reach(AF_INET6, "::", "::1", 1);
    reach(AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 0);
    reach(AF_INET6, "::ffff:127.0.0.1", "::1", 0);
}

static void mapped_datagrams(void)
{
    char bytes[8];
    union address from;
    socklen_t length = sizeof(from);
    section("datagrams between families");
    int six = socket(AF_INET6, SOCK_DGRAM, 0), four = bound_socket(AF_INET, SOCK_DGRAM);
    DO(bind_at(six, "::", 0));
    call_port("six", six);
    call_port("four", four);
    union address to = loopback(AF_INET, port_of(six));
    DO(sendto(four, "abc", 3, 0, &to.any, sizeof(to.in)));
    settle();
    memset(&from, 0, sizeof(from));
    DO(recvfrom(six, bytes, 8, MSG_DONTWAIT, &from.any, &length));
    say_address("from", &from, length);
    DO(sendto(six, "de", 2, 0, &from.any, length));
    settle();
    length = sizeof(from);
    DO(recvfrom(four, bytes, 8, MSG_DONTWAIT, &from.any, &length));
    say_address("from", &from, length);
    DO(sendto(six, "de", 2, 0, &from.any, length));
    DO(connect_to(six, AF_INET6, port_of(four)));
    say_names("six", six);
    close(six);
    six = socket(AF_INET6, SOCK_DGRAM, 0);
    set_number(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    to = address_of(AF_INET6, "::ffff:127.0.0.1", port_of(four));
    DO(sendto(six, "x", 1, 0, &to.any, sizeof(to.in6)));
    DO(connect(six, &to.any, sizeof(to.in6)));
    close(six);
    close(four);
}

static void options_of_binding(void)
{
    section("V6ONLY after bind");
    int fd = bound_socket(AF_INET6, SOCK_STREAM);
    DO(set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    close(fd);
    section("a port is free again");
    int ends[2];
    int listens = listen_at(AF_INET, 1);
    uint16_t port = port_of(listens);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(ends[0], AF_INET, port);
    ends[1] = accept(listens, NULL, NULL);
    close(listens);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(bind_at(fd, "127.0.0.1", port));
    set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    DO(bind_at(fd, "127.0.0.1", port));
    close(fd);
    /* This end waits for what is late. */
    close(ends[1]);
    settle();
    close(ends[0]);
    settle();
    fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(bind_at(fd, "127.0.0.1", port));
    set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    DO(bind_at(fd, "127.0.0.1", port));
    DO(listen(fd, 1));
    close(fd);
}

void transcribe_addresses(void)
{
    stream_conflicts();
    datagram_conflicts();
    other_addresses();
    reached();
    mapped_datagrams();
    options_of_binding();
}
