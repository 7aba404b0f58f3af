/* SPDX-License-Identifier: BSD-2-Clause */
/* getsockopt and setsockopt: what options are before they are set, when they are set, and with
 * lengths and values that cannot be. */
#include "transcript.h"
#include <netinet/tcp.h>
#include <stdio.h>

static const struct {
    const char *name;
    int level, option;
    int values[5]; /* to be set; the last is repeated */
} rows[] = {
    {"SO_DEBUG", SOL_SOCKET, SO_DEBUG, {0, 0}},
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, {1, 7, 0}},
    {"SO_TYPE", SOL_SOCKET, SO_TYPE, {1}},
    {"SO_ERROR", SOL_SOCKET, SO_ERROR, {1}},
    {"SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, {1, 0}},
    {"SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, {1, -1, 0}},
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, {1, 0}},
    {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, {1, 0}},
    {"SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, {3, 0}},
    {"SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, {1, 0}},
    {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, {0}},
    {"SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, {2}},
    {"SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN, {1}},
    {"SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL, {1}},
    {"SO_DOMAIN", SOL_SOCKET, SO_DOMAIN, {1}},
    {"SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP, {0}},
    {"unknown", SOL_SOCKET, 9999, {1}},
    {"unknown level", 9999, 1, {1}},
    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, {1, 2, 0}},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK, {1, 0}},
    {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, {15, 0, 32767, 32768, -1}},
    {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, {15, 0, 32767, 32768, -1}},
    {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, {9, 0, 127, 128, -1}},
    {"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, {3, 0}},
    {"TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, {0}},
    {"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, {1, 0}},
    {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, {1000, 0, -1}},
    {"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, {5}},
    {"TCP unknown", IPPROTO_TCP, 9999, {1}},
    {"IP_TOS", IPPROTO_IP, IP_TOS, {16, 255, 256, 0}},
    {"IP_TTL", IPPROTO_IP, IP_TTL, {1, 255, 0, 256, -1}},
    {"IP_MULTICAST_TTL", IPPROTO_IP, IP_MULTICAST_TTL, {4, 256, 0}},
    {"IP_MULTICAST_LOOP", IPPROTO_IP, IP_MULTICAST_LOOP, {0, 1}},
    {"IP_RECVERR", IPPROTO_IP, IP_RECVERR, {1, 0}},
    {"IP_PKTINFO", IPPROTO_IP, IP_PKTINFO, {1, 0}},
    {"IP_RECVTTL", IPPROTO_IP, IP_RECVTTL, {1, 0}},
    {"IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, {1, 0}},
    {"IP unknown", IPPROTO_IP, 9999, {1}},
    {"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, {1, 0}},
    {"IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, {3, 256, -1}},
    {"IPV6_MULTICAST_HOPS", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, {3, 256, -1}},
    {"IPV6_MULTICAST_LOOP", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, {0, 1}},
    {"IPV6_TCLASS", IPPROTO_IPV6, IPV6_TCLASS, {3, 256, -1}},
    {"IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO, {1, 0}},
    {"IPV6_RECVERR", IPPROTO_IPV6, IPV6_RECVERR, {1, 0}},
    {"IPV6 unknown", IPPROTO_IPV6, 9999, {1}},
};

static void say_option(const char *name, int fd, int level, int option)
{
    int value = -77;
    socklen_t length = sizeof(value);
    if (getsockopt(fd, level, option, &value, &length) < 0)
        note("%s: %s", name, strerrorname_np(errno));
    else
        note("%s: %d (%u)", name, value, length);
}

static void row_of(int fd, unsigned i)
{
    char line[64];
    say_option(rows[i].name, fd, rows[i].level, rows[i].option);
    for (unsigned n = 0; n < 5 && (n == 0 || rows[i].values[n] != rows[i].values[n - 1]); n++) {
        int result = set_number(fd, rows[i].level, rows[i].option, rows[i].values[n]);
        snprintf(line, sizeof(line), "%s := %d", rows[i].name, rows[i].values[n]);
        say(line, result);
        if (result == 0)
            say_option(rows[i].name, fd, rows[i].level, rows[i].option);
    }
}

static void table(int family, int type)
{
    char line[64];
    snprintf(line, sizeof(line), "options of %s, IPv%d",
             type == SOCK_STREAM ? "streams" : "datagram sockets", family == AF_INET ? 4 : 6);
    section(line);
    int fd = socket(family, type, 0);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        row_of(fd, i);
    close(fd);
}

static void lengths(void)
{
    int value = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length;
    char bytes[64];
    section("lengths of options");
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 3));
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, 0));
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, bytes, 64));
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, -1));
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, NULL, 4));
    DO(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (int *)8, 4));
    DO(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, 1));
    DO(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, 1));
    DO(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, 0));
    DO(setsockopt(fd, IPPROTO_IP, IP_TOS, &value, 2));
    static const int sizes[] = {0, 1, 2, 3, 4, 5, 64, -1};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        length = (socklen_t)sizes[i];
        value = 0x55555555;
        int result = getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length);
        note("SO_TYPE into %d: %d, value %#x, length %d", sizes[i], result, (unsigned)value,
             (int)length);
        length = (socklen_t)sizes[i];
        value = 0x55555555;
        result = getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &length);
        note("IP_TTL into %d: %d, value %#x, length %d", sizes[i], result, (unsigned)value,
             (int)length);
    }
    length = 4;
    DO(getsockopt(fd, SOL_SOCKET, SO_TYPE, (int *)8, &length));
    DO(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, (socklen_t *)8));
    close(fd);
}

static void buffers(void)
{
    static const int values[] = {0, 1, 1000, 2000, 5000, 65536, 100000, 10000000, -1};
    char line[64];
    section("SO_RCVBUF and SO_SNDBUF");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        snprintf(line, sizeof(line), "SO_RCVBUF := %d", values[i]);
        say(line, set_number(fd, SOL_SOCKET, SO_RCVBUF, values[i]));
        say_option("SO_RCVBUF", fd, SOL_SOCKET, SO_RCVBUF);
        snprintf(line, sizeof(line), "SO_SNDBUF := %d", values[i]);
        say(line, set_number(fd, SOL_SOCKET, SO_SNDBUF, values[i]));
        say_option("SO_SNDBUF", fd, SOL_SOCKET, SO_SNDBUF);
    }
    close(fd);
}

static void say_time(int fd, int option)
{
    struct timeval time = {-7, -7};
    socklen_t length = sizeof(time);
    int result = getsockopt(fd, SOL_SOCKET, option, &time, &length);
    note("time: %d, %ld s %ld us, %u bytes", result, (long)time.tv_sec, (long)time.tv_usec, length);
}

static void times(void)
{
    static const struct timeval values[] = {{1, 0},  {0, 20000}, {0, 1000000}, {0, -1},
                                            {-1, 0}, {5, 12000}, {0, 0},       {1000000000, 0}};
    char line[64];
    section("SO_RCVTIMEO and SO_LINGER");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say_time(fd, SO_RCVTIMEO);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        snprintf(line, sizeof(line), "SO_RCVTIMEO := %ld, %ld", (long)values[i].tv_sec,
                 (long)values[i].tv_usec);
        say(line, setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &values[i], sizeof(values[i])));
        say_time(fd, SO_RCVTIMEO);
    }
    say_time(fd, SO_SNDTIMEO);
    DO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &values[0], 8));
    static const struct linger lingers[] = {{1, 5},     {7, 0},     {0, 9},
                                            {1, 32766}, {1, 32767}, {1, 99999}};
    for (unsigned i = 0; i < sizeof(lingers) / sizeof(lingers[0]); i++) {
        struct linger linger = {-7, -7};
        socklen_t length = sizeof(linger);
        snprintf(line, sizeof(line), "SO_LINGER := %d, %d", lingers[i].l_onoff,
                 lingers[i].l_linger);
        say(line, setsockopt(fd, SOL_SOCKET, SO_LINGER, &lingers[i], sizeof(linger)));
        getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length);
        note("linger %d, %d", linger.l_onoff, linger.l_linger);
    }
    DO(setsockopt(fd, SOL_SOCKET, SO_LINGER, &lingers[0], 4));
    close(fd);
}

static void of_connections(void)
{
    int ends[2];
    section("options of listeners and connections");
    int fd = listen_at(AF_INET, 1);
    say_option("SO_ACCEPTCONN", fd, SOL_SOCKET, SO_ACCEPTCONN);
    DO(set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    say_option("TCP_NODELAY", fd, IPPROTO_TCP, TCP_NODELAY);
    DO(set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1));
    close(fd);
    connect_pair(AF_INET, ends);
    say_option("SO_ACCEPTCONN", ends[1], SOL_SOCKET, SO_ACCEPTCONN);
    say_option("SO_PROTOCOL", ends[1], SOL_SOCKET, SO_PROTOCOL);
    say_option("SO_DOMAIN", ends[1], SOL_SOCKET, SO_DOMAIN);
    struct tcp_info info;
    socklen_t length = sizeof(info);
    memset(&info, 0, sizeof(info));
    DO(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, &info, &length));
    note("its state: %d", info.tcpi_state);
    shutdown(ends[0], SHUT_RDWR);
    shutdown(ends[1], SHUT_RDWR);
    settle();
    DO(set_number(ends[1], IPPROTO_TCP, TCP_NODELAY, 1));
    DO(set_number(ends[1], SOL_SOCKET, SO_KEEPALIVE, 1));
    DO(set_number(ends[1], IPPROTO_IP, IP_TTL, 9));
    close_pair(ends);
}

static void groups(void)
{
    struct ip_mreq group;
    section("multicast groups");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    group.imr_multiaddr.s_addr = htonl(0x7f000001);
    group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
    DO(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
    DO(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, 4));
    group.imr_multiaddr.s_addr = htonl(0xe0010203);
    DO(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)));
    close(fd);
}

void transcribe_options(void)
{
    table(AF_INET, SOCK_STREAM);
    table(AF_INET6, SOCK_STREAM);
    table(AF_INET, SOCK_DGRAM);
    table(AF_INET6, SOCK_DGRAM);
    lengths();
    buffers();
    times();
    of_connections();
    groups();
}
