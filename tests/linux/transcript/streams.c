/* SPDX-License-Identifier: BSD-2-Clause */
/* Beginnings of connections: socket, bind, listen, accept, connect, in every state. */
#include "transcript.h"
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static void say_count(int fd)
{
    int count = -1;
    int result = ioctl(fd, FIONREAD, &count);
    note("FIONREAD %s, %d", result < 0 ? strerrorname_np(errno) : "0", count);
}

static void say_flags(const char *what, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    note("%s: access %d, O_NONBLOCK %d, FD_CLOEXEC %d", what, flags & O_ACCMODE,
         (flags & O_NONBLOCK) != 0, fcntl(fd, F_GETFD));
}

static void creation(void)
{
    section("creation");
    DO(socket(AF_INET, 77, 0));
    DO(socket(9999, SOCK_STREAM, 0));
    DO(socket(-1, SOCK_STREAM, 0));
    DO(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    DO(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
    DO(socket(AF_INET, SOCK_STREAM, 9999));
    DO(socket(AF_INET, SOCK_STREAM, -1));
    DO(socket(AF_INET, SOCK_STREAM | 0x100000, 0));
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    say_flags("with both flags", fd);
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    say_flags("with none", fd);
    DO(fcntl(fd, F_SETFL, O_NONBLOCK));
    say_flags("set", fd);
    DO(fcntl(fd, F_SETFD, FD_CLOEXEC));
    int two = dup(fd);
    say_flags("its copy", two);
    DO(fcntl(two, F_SETFL, 0));
    say_flags("the first again", fd);
    close(two);
    struct stat stat;
    DO(fstat(fd, &stat));
    note("a socket: %d, size %ld", S_ISSOCK(stat.st_mode), (long)stat.st_size);
    char byte;
    DO(lseek(fd, 0, SEEK_SET));
    DO(pread(fd, &byte, 1, 0));
    DO(pwrite(fd, &byte, 1, 0));
    DO(ftruncate(fd, 0));
    DO(fsync(fd));
    DO(ioctl(fd, 0x12345, &byte));
    DO(ioctl(fd, TIOCGWINSZ, &byte));
    int on = 1;
    DO(ioctl(fd, FIONBIO, &on));
    say_flags("after FIONBIO", fd);
    close(fd);
    DO(bind(-1, NULL, 0));
    DO(listen(-1, 1));
    DO(accept(-1, NULL, NULL));
    DO(bind(1, NULL, 0));
    DO(accept(1, NULL, NULL));
    DO(recv(1, &byte, 1, 0));
    DO(send(1, &byte, 1, 0));
    DO(shutdown(1, SHUT_RD));
    DO(getsockname(1, NULL, NULL));
    DO(getsockopt(1, SOL_SOCKET, SO_TYPE, &on, NULL));
}

static void fresh(int family)
{
    char byte = 'x';
    section(family == AF_INET ? "a fresh stream" : "a fresh stream, IPv6");
    int fd = socket(family, SOCK_STREAM, 0);
    say_names("it", fd);
    say_ready("it", fd);
    DO(recv(fd, &byte, 1, 0));
    DO(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK));
    DO(recv(fd, &byte, 0, 0));
    DO(read(fd, &byte, 0));
    DO(send(fd, &byte, 1, 0));
    DO(send(fd, &byte, 0, 0));
    DO(send(fd, &byte, 1, MSG_NOSIGNAL));
    DO(write(fd, &byte, 1));
    DO(write(fd, &byte, 0));
    DO(accept(fd, NULL, NULL));
    DO(shutdown(fd, SHUT_RD));
    DO(shutdown(fd, SHUT_WR));
    DO(shutdown(fd, SHUT_RDWR));
    DO(shutdown(fd, 3));
    DO(shutdown(fd, -1));
    say_ready("it", fd);
    say_count(fd);
    DO(bind(fd, NULL, 16));
    DO(bind_at(fd, family == AF_INET ? "127.0.0.1" : "::1", 0));
    DO(bind_at(fd, family == AF_INET ? "127.0.0.1" : "::1", 0));
    note("a port was chosen: %d", port_of(fd) > 0);
    say_ready("bound", fd);
    DO(recv(fd, &byte, 1, 0));
    close(fd);
}

static void listener(void)
{
    char byte = 'x';
    union address peer;
    socklen_t length = sizeof(peer);
    section("a listener");
    int fd = bound_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    call_port("L", fd);
    DO(listen(fd, 0));
    DO(listen(fd, -1));
    DO(listen(fd, 5));
    say_names("it", fd);
    say_ready("it", fd);
    say_count(fd);
    DO(accept(fd, NULL, NULL));
    DO(accept4(fd, NULL, NULL, 0x10));
    DO(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
    DO(recv(fd, &byte, 1, 0));
    DO(send(fd, &byte, 1, 0));
    DO(bind_at(fd, "127.0.0.1", 0));
    DO(connect_to(fd, AF_INET, port_of(fd)));
    say_error("it", fd);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    DO(connect_to(client, AF_INET, port_of(fd)));
    call_port("C", client);
    settle();
    say_ready("one waits: it", fd);
    memset(&peer, 0, sizeof(peer));
    int server = accept4(fd, &peer.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    say_address("from", &peer, length);
    say_flags("accepted", server);
    say_names("accepted", server);
    say_names("connected", client);
    DO(accept(server, NULL, NULL));
    DO(listen(server, 1));
    DO(listen(client, 1));
    DO(bind_at(client, "127.0.0.1", 0));
    DO(connect_to(client, AF_INET, port_of(fd)));
    DO(connect_to(server, AF_INET, port_of(fd)));
    say_ready("it", fd);
    DO(accept(fd, NULL, NULL));
    close(fd);
    close(client);
    close(server);
    settle();
}

static void accepted_flags(void)
{
    union address peer;
    socklen_t length = 4;
    section("what accept is given");
    int fd = listen_at(AF_INET, 8), clients[5], server;
    for (int i = 0; i < 5; i++)
        if (connect_to(clients[i] = socket(AF_INET, SOCK_STREAM, 0), AF_INET, port_of(fd)) < 0)
            say("connect", -1);
    set_nonblocking(fd, 1);
    settle();
    memset(&peer, 0, sizeof(peer));
    server = accept(fd, &peer.any, &length);
    note("room for 4 bytes: %d, family %d, length %u", server >= 0, peer.any.sa_family, length);
    say_flags("of a listener that does not wait", server);
    close(server);
    length = (socklen_t)-1;
    DO(accept(fd, &peer.any, &length));
    length = sizeof(peer);
    DO(accept(fd, (struct sockaddr *)8, &length));
    DO(accept(fd, &peer.any, (socklen_t *)8));
    server = accept(fd, NULL, NULL);
    note("the next: %d", server >= 0);
    close(server);
    DO(accept(fd, NULL, NULL));
    for (int i = 0; i < 5; i++)
        close(clients[i]);
    close(fd);
    settle();
}

static void inherited(void)
{
    static const struct {
        const char *name;
        int level, option, value;
    } rows[] = {{"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1},
                {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1},
                {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1},
                {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 33},
                {"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 44},
                {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5},
                {"IP_TTL", IPPROTO_IP, IP_TTL, 50},
                {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1}};
    section("what a connection has from its listener");
    int fd = listen_at(AF_INET, 1), value;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        set_number(fd, rows[i].level, rows[i].option, rows[i].value);
    struct linger linger = {1, 3};
    struct timeval time = {2, 500000};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    int client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, AF_INET, port_of(fd));
    int server = accept(fd, NULL, NULL);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        socklen_t length = sizeof(value);
        getsockopt(server, rows[i].level, rows[i].option, &value, &length);
        note("%s %d", rows[i].name, value);
    }
    socklen_t length = sizeof(linger);
    getsockopt(server, SOL_SOCKET, SO_LINGER, &linger, &length);
    note("SO_LINGER %d, %d", linger.l_onoff, linger.l_linger);
    length = sizeof(time);
    getsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &time, &length);
    note("SO_RCVTIMEO %ld, %ld", (long)time.tv_sec, (long)time.tv_usec);
    close(client);
    close(server);
    close(fd);
    settle();
}

static void refused(void)
{
    char byte = 'x';
    section("a connection that is refused");
    int other = bound_socket(AF_INET, SOCK_STREAM), fd = socket(AF_INET, SOCK_STREAM, 0);
    uint16_t nobody = port_of(other);
    call_port("nobody", other);
    DO(connect_to(fd, AF_INET, nobody));
    say_names("it", fd);
    say_ready("it", fd);
    say_error("it", fd);
    DO(recv(fd, &byte, 1, 0));
    DO(send(fd, &byte, 1, 0));
    DO(shutdown(fd, SHUT_RDWR));
    DO(connect_to(fd, AF_INET, nobody));
    DO(listen(other, 1));
    DO(connect_to(fd, AF_INET, nobody));
    say_ready("it", fd);
    DO(send(fd, &byte, 1, 0));
    int server = accept(other, NULL, NULL);
    DO(recv(server, &byte, 1, 0));
    close(server);
    close(fd);
    close(other);
    settle();
}

static void refused_later(void)
{
    section("a connection that is refused while nobody waits");
    int other = bound_socket(AF_INET, SOCK_STREAM);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    uint16_t nobody = port_of(other);
    DO(connect_to(fd, AF_INET, nobody));
    settle();
    say_ready("it", fd);
    say_ready("it", fd);
    say_error("it", fd);
    say_error("it", fd);
    say_ready("it", fd);
    DO(connect_to(fd, AF_INET, nobody));
    DO(connect_to(fd, AF_INET, nobody));
    settle();
    DO(connect_to(fd, AF_INET, nobody));
    say_error("it", fd);
    DO(connect_to(fd, AF_INET, nobody));
    settle();
    char byte = 'x';
    DO(recv(fd, &byte, 1, 0));
    DO(recv(fd, &byte, 1, 0));
    DO(send(fd, &byte, 1, 0));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect_to(fd, AF_INET, nobody);
    settle();
    DO(send(fd, &byte, 1, 0));
    DO(send(fd, &byte, 1, 0));
    close(fd);
    close(other);
}

static void later(void)
{
    char byte = 'x';
    section("a connection that is made while nobody waits");
    int listens = listen_at(AF_INET, 4), fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    call_port("L", listens);
    DO(connect_to(fd, AF_INET, port_of(listens)));
    settle();
    say_ready("it", fd);
    say_error("it", fd);
    DO(connect_to(fd, AF_INET, port_of(listens)));
    DO(connect_to(fd, AF_INET, port_of(listens)));
    DO(recv(fd, &byte, 1, 0));
    DO(send(fd, &byte, 1, 0));
    int server = accept(listens, NULL, NULL);
    DO(recv(server, &byte, 1, 0));
    close(server);
    close(fd);
    close(listens);
    settle();
}

static void arguments(void)
{
    union address address = loopback(AF_INET, 1);
    section("arguments of connect and bind");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(connect(fd, &address.any, 8));
    DO(connect(fd, &address.any, 1));
    DO(connect(fd, &address.any, 129));
    DO(connect(fd, (struct sockaddr *)8, sizeof(address.in)));
    DO(bind(fd, &address.any, 8));
    DO(bind(fd, &address.any, 1));
    DO(bind(fd, &address.any, 129));
    DO(bind(fd, (struct sockaddr *)8, sizeof(address.in)));
    address.any.sa_family = AF_UNSPEC;
    DO(connect(fd, &address.any, sizeof(address.in)));
    DO(bind(fd, &address.any, sizeof(address.in)));
    address = address_of(AF_INET, "0.0.0.0", 0);
    address.any.sa_family = AF_UNSPEC;
    DO(bind(fd, &address.any, sizeof(address.in)));
    address.any.sa_family = 77;
    DO(connect(fd, &address.any, sizeof(address.in)));
    DO(bind(fd, &address.any, sizeof(address.in)));
    address = loopback(AF_INET6, 1);
    DO(connect(fd, &address.any, sizeof(address.in6)));
    DO(bind(fd, &address.any, sizeof(address.in6)));
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    DO(connect(fd, &address.any, 24));
    DO(connect(fd, &address.any, 23));
    DO(bind(fd, &address.any, 23));
    address = loopback(AF_INET, 1);
    DO(connect(fd, &address.any, sizeof(address.in)));
    DO(bind(fd, &address.any, sizeof(address.in)));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(connect_to(fd, AF_INET, 0));
    close(fd);
}

static void parted(void)
{
    union address nobody = {.any = {.sa_family = AF_UNSPEC}};
    char byte = 'x';
    int ends[2];
    section("a connection that is undone by connect");
    connect_pair(AF_INET, ends);
    DO(connect(ends[0], &nobody.any, sizeof(nobody.in)));
    settle();
    say_ready("it", ends[0]);
    say_ready("its peer", ends[1]);
    DO(recv(ends[1], &byte, 1, 0));
    DO(send(ends[0], &byte, 1, 0));
    int listens = listen_at(AF_INET, 4);
    DO(connect_to(ends[0], AF_INET, port_of(listens)));
    DO(send(ends[0], &byte, 1, 0));
    close(listens);
    close_pair(ends);
}

void transcribe_streams(void)
{
    creation();
    fresh(AF_INET);
    fresh(AF_INET6);
    listener();
    accepted_flags();
    inherited();
    refused();
    refused_later();
    later();
    arguments();
    parted();
}
