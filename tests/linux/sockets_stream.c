/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP: connecting, refusing, names, ends, errors, options. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "sockets.h"

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void echo(int family, const char *what)
{
    char bytes[8];
    int ends[2];
    connect_pair(family, ends);
    check(ends[1] >= 0 && send(ends[0], "hello", 5, 0) == 5 && recv(ends[1], bytes, 8, 0) == 5 &&
              memcmp(bytes, "hello", 5) == 0 && write(ends[1], "you", 3) == 3 &&
              read(ends[0], bytes, 8) == 3 && memcmp(bytes, "you", 3) == 0,
          what);
    close_both(ends);
}

static void names(void)
{
    union address address;
    socklen_t length = sizeof(address);
    int ends[2];
    connect_pair(AF_INET, ends);
    uint16_t port = port_of(ends[0]);
    check(getpeername(ends[1], &address.any, &length) == 0 && length == sizeof(address.in) &&
              address.in.sin_family == AF_INET && ntohs(address.in.sin_port) == port && port != 0 &&
              address.in.sin_addr.s_addr == htonl(INADDR_LOOPBACK),
          "each end knows the other's address");
    length = 4;
    check(getpeername(ends[1], &address.any, &length) == 0 && length == sizeof(address.in),
          "an address is cut to the room, its true length is told");
    close_both(ends);
    int fresh = socket(AF_INET, SOCK_STREAM, 0);
    length = sizeof(address);
    check(error_of(getpeername(fresh, &address.any, &length)) == ENOTCONN && port_of(fresh) == 0,
          "one that is not connected has no peer");
    close(fresh);
}

static void dual(void)
{
    union address address = loopback(AF_INET, 0), peer;
    socklen_t length = sizeof(peer);
    int listener = socket(AF_INET6, SOCK_STREAM, 0), off = 0;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    int good =
        bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 1) == 0;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    address.in.sin_port = htons(port_of(listener));
    good &= connect(client, &address.any, sizeof(address.in)) == 0;
    int server = accept(listener, &peer.any, &length);
    check(good && server >= 0 && peer.in6.sin6_family == AF_INET6 &&
              IN6_IS_ADDR_V4MAPPED(&peer.in6.sin6_addr) && peer.in6.sin6_addr.s6_addr[12] == 127 &&
              ntohs(peer.in6.sin6_port) == port_of(client),
          "IPv4 reaches a socket of both families, as ::ffff:127.0.0.1");
    close(client);
    close(server);
    close(listener);
}

static void refusals(void)
{
    int listener = listen_at(AF_INET, 1), fresh = socket(AF_INET, SOCK_STREAM, 0);
    union address address = loopback(AF_INET, port_of(listener));
    int second = socket(AF_INET, SOCK_STREAM, 0);
    check(error_of(bind(second, &address.any, sizeof(address.in))) == EADDRINUSE,
          "a port that is taken: EADDRINUSE");
    close(listener);
    check(error_of(connect(fresh, &address.any, sizeof(address.in))) == ECONNREFUSED,
          "nobody listens: ECONNREFUSED");
    address.in.sin_addr.s_addr = htonl(0xc0000207); /* 192.0.2.7, nobody's */
    check(error_of(bind(second, &address.any, sizeof(address.in))) == EADDRNOTAVAIL,
          "another machine's address: EADDRNOTAVAIL");
    check(error_of(bind(second, &address.any, 8)) == EINVAL &&
              error_of(bind(second, (void *)8, sizeof(address.in))) == EFAULT,
          "an address that is too short: EINVAL; one that is not there: EFAULT");
    check(error_of(accept(second, NULL, NULL)) == EINVAL, "accept without listen: EINVAL");
    check(error_of(listen(0, 1)) == ENOTSOCK && error_of(listen(1000, 1)) == EBADF,
          "what is no socket: ENOTSOCK; what is not open: EBADF");
    check(error_of(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)) == EPROTONOSUPPORT &&
              error_of(socket(12345, SOCK_STREAM, 0)) == EAFNOSUPPORT,
          "families and protocols that are not there");
    check(error_of(shutdown(second, SHUT_WR)) == ENOTCONN &&
              error_of(recv(second, &address, 4, 0)) == ENOTCONN &&
              error_of(send(second, "x", 1, MSG_NOSIGNAL)) == EPIPE,
          "not connected: ENOTCONN, EPIPE");
    close(fresh);
    close(second);
}

static void half_close(void)
{
    char bytes[4];
    int ends[2];
    connect_pair(AF_INET, ends);
    check(shutdown(ends[0], SHUT_WR) == 0 && recv(ends[1], bytes, 4, 0) == 0 &&
              error_of(send(ends[0], "x", 1, MSG_NOSIGNAL)) == EPIPE,
          "shutdown of sending: the peer reads an end, sending fails");
    check(send(ends[1], "abc", 3, 0) == 3 && recv(ends[0], bytes, 4, 0) == 3,
          "the other direction goes on");
    close(ends[1]);
    check(recv(ends[0], bytes, 4, 0) == 0 && recv(ends[0], bytes, 4, 0) == 0,
          "the end can be read again and again");
    close(ends[0]);
}

static volatile sig_atomic_t pipes;

static void count_pipe(int signal)
{
    (void)signal;
    pipes++;
}

static void broken(void)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    char bytes[4];
    int ends[2];
    signal(SIGPIPE, count_pipe);
    connect_pair(AF_INET, ends);
    setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(ends[1]);
    check(error_of(recv(ends[0], bytes, 4, 0)) == ECONNRESET,
          "closed with lingering for no time: ECONNRESET");
    check(error_of(send(ends[0], "x", 1, MSG_NOSIGNAL)) == EPIPE && pipes == 0,
          "then EPIPE, without a signal if so asked");
    check(error_of(write(ends[0], "x", 1)) == EPIPE && pipes == 1, "else with SIGPIPE");
    close(ends[0]);
}

static void flags(void)
{
    char bytes[16];
    int ends[2], count = 0;
    connect_pair(AF_INET, ends);
    check(error_of(recv(ends[1], bytes, 4, MSG_DONTWAIT)) == EAGAIN, "MSG_DONTWAIT: EAGAIN");
    send_all(ends[0], "abcdef", 6);
    check(recv(ends[1], bytes, 3, MSG_PEEK) == 3 && recv(ends[1], bytes, 2, 0) == 2 &&
              memcmp(bytes, "ab", 2) == 0,
          "MSG_PEEK leaves the bytes");
    check(ioctl(ends[1], FIONREAD, &count) == 0 && count == 4, "FIONREAD counts them");
    struct iovec parts[2] = {{.iov_base = bytes, .iov_len = 1},
                             {.iov_base = bytes + 8, .iov_len = 8}};
    check(readv(ends[1], parts, 2) == 4 && bytes[0] == 'c' && memcmp(bytes + 8, "def", 3) == 0,
          "readv fills piece by piece");
    parts[1].iov_len = 3;
    check(writev(ends[1], parts, 2) == 4 && recv(ends[0], bytes, 16, 0) == 4, "writev");
    check(read(ends[0], bytes, 0) == 0 && error_of(recv(ends[0], bytes, 1, MSG_OOB)) == EINVAL,
          "out of band: EINVAL");
    check(error_of(lseek(ends[0], 0, SEEK_SET)) == ESPIPE &&
              error_of(pread(ends[0], bytes, 1, 0)) == ESPIPE,
          "no positions: ESPIPE");
    struct stat stat;
    check(fstat(ends[0], &stat) == 0 && S_ISSOCK(stat.st_mode), "fstat says that it is a socket");
    close_both(ends);
}

static int option(int descriptor, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(descriptor, level, name, &value, &length) < 0 ? -errno : value;
}

static int set_option(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof(value)) == 0 &&
           option(descriptor, level, name) == value;
}

static void options(void)
{
    int stream = socket(AF_INET6, SOCK_STREAM, 0), datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    int listener = listen_at(AF_INET, 1), value = 0;
    check(option(stream, SOL_SOCKET, SO_TYPE) == SOCK_STREAM &&
              option(datagrams, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM &&
              option(stream, SOL_SOCKET, SO_DOMAIN) == AF_INET6 &&
              option(stream, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP &&
              option(listener, SOL_SOCKET, SO_ACCEPTCONN) == 1 &&
              option(stream, SOL_SOCKET, SO_ERROR) == 0,
          "type, domain, protocol, state, error are told");
    check(set_option(stream, IPPROTO_TCP, TCP_NODELAY, 1) &&
              set_option(stream, SOL_SOCKET, SO_KEEPALIVE, 1) &&
              set_option(stream, IPPROTO_TCP, TCP_KEEPIDLE, 15) &&
              set_option(stream, IPPROTO_TCP, TCP_KEEPINTVL, 14) &&
              set_option(stream, IPPROTO_TCP, TCP_KEEPCNT, 3) &&
              set_option(stream, SOL_SOCKET, SO_REUSEADDR, 1) &&
              set_option(stream, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
              set_option(datagrams, SOL_SOCKET, SO_BROADCAST, 1) &&
              set_option(datagrams, IPPROTO_IP, IP_TTL, 9),
          "options are kept");
    value = 8192;
    check(setsockopt(stream, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value)) == 0 &&
              option(stream, SOL_SOCKET, SO_RCVBUF) == 16384 &&
              option(stream, SOL_SOCKET, SO_SNDBUF) > 4096,
          "sizes of buffers are doubled, as Linux tells them");
    check(option(stream, SOL_SOCKET, 9999) == -ENOPROTOOPT &&
              option(datagrams, IPPROTO_TCP, TCP_NODELAY) < 0 &&
              error_of(setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, &value, 1)) == EINVAL &&
              error_of(setsockopt(stream, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4)) == EFAULT,
          "options that are not there, or whose values are not");
    close(stream);
    close(datagrams);
    close(listener);
}

void test_streams(void)
{
    echo(AF_INET, "TCP over 127.0.0.1");
    echo(AF_INET6, "TCP over ::1");
    names();
    dual();
    refusals();
    half_close();
    broken();
    flags();
    options();
}

/* ---- Much, and many. ------------------------------------------------------------------------- */

#define MUCH  (2u << 20)
#define PIECE 50000u
#define MANY  200

static uint8_t pattern(uint32_t at, uint32_t seed)
{
    return (uint8_t)(at * 2654435761u >> 24 ^ seed ^ at / 65521);
}

struct stream {
    int descriptor;
    uint32_t seed;
    int good;
};

static void *send_much(void *argument)
{
    struct stream *stream = argument;
    uint8_t *bytes = malloc(PIECE);
    stream->good = 1;
    for (uint32_t at = 0; at < MUCH && stream->good; at += PIECE) {
        uint32_t length = MUCH - at < PIECE ? MUCH - at : PIECE;
        for (uint32_t i = 0; i < length; i++)
            bytes[i] = pattern(at + i, stream->seed);
        stream->good = send_all(stream->descriptor, bytes, length);
    }
    free(bytes);
    return NULL;
}

static void *receive_much(void *argument)
{
    struct stream *stream = argument;
    uint8_t *bytes = malloc(PIECE);
    uint32_t at = 0;
    ssize_t length = 1;
    stream->good = 1;
    while (at < MUCH && length > 0) {
        length = recv(stream->descriptor, bytes, PIECE - at % 1000, 0);
        for (ssize_t i = 0; i < length; i++)
            stream->good &= bytes[i] == pattern(at + (uint32_t)i, stream->seed);
        at += length > 0 ? (uint32_t)length : 0;
    }
    stream->good &= at == MUCH;
    free(bytes);
    return NULL;
}

static void both_directions(void)
{
    int ends[2], good = 1;
    connect_pair(AF_INET, ends);
    struct stream streams[4] = {{ends[0], 1, 0}, {ends[1], 1, 0}, {ends[1], 2, 0}, {ends[0], 2, 0}};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, i % 2 ? receive_much : send_much, &streams[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        good &= streams[i].good;
    }
    check(good, "2 MiB in both directions at once, every byte");
    close_both(ends);
}

static void many_connections(void)
{
    static int clients[MANY], servers[MANY];
    char byte = 0;
    int listener = listen_at(AF_INET, 128), good = 1;
    union address address = loopback(AF_INET, port_of(listener));
    for (int i = 0; i < MANY; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        good &= connect(clients[i], &address.any, sizeof(address.in)) == 0;
        servers[i] = accept(listener, NULL, NULL);
        good &= servers[i] >= 0;
    }
    for (int i = 0; i < MANY; i++)
        good &= send(servers[i], &(char){(char)i}, 1, 0) == 1;
    for (int i = MANY - 1; i >= 0; i--)
        good &= recv(clients[i], &byte, 1, 0) == 1 && byte == (char)i;
    check(good, "200 connections at once, each its own");
    for (int i = 0; i < MANY; i++) {
        close(clients[i]);
        close(servers[i]);
    }
    for (int i = 0; i < MANY && good; i++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        good &= connect(client, &address.any, sizeof(address.in)) == 0;
        int server = accept(listener, NULL, NULL);
        good &= send(client, "x", 1, 0) == 1;
        close(client);
        good &= recv(server, &byte, 1, 0) == 1 && recv(server, &byte, 1, 0) == 0;
        close(server);
    }
    check(good, "200 more, one after the other");
    close(listener);
}

static void backlog(void)
{
    int listener = listen_at(AF_INET, 4), clients[4], good = 1;
    char byte;
    union address address = loopback(AF_INET, port_of(listener));
    for (int i = 0; i < 4; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        good &= connect(clients[i], &address.any, sizeof(address.in)) == 0 &&
                send(clients[i], &(char){(char)i}, 1, 0) == 1;
    }
    for (int i = 0; i < 4; i++) {
        int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        good &= server >= 0 && fcntl(server, F_GETFL) & O_NONBLOCK &&
                fcntl(server, F_GETFD) == FD_CLOEXEC;
        fcntl(server, F_SETFL, 0);
        good &= recv(server, &byte, 1, 0) == 1 && byte == i;
        close(server);
        close(clients[i]);
    }
    check(good, "connections wait to be accepted, in order, with what was sent");
    close(listener);
}

void test_streams_more(void)
{
    backlog();
    both_directions();
    many_connections();
}
