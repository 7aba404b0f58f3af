/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams: lengths, flags, peers. */
#include "transcript.h"
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static char bytes[70000];

static void say_count(int fd)
{
    int count = -1;
    int result = ioctl(fd, FIONREAD, &count);
    note("FIONREAD %d, %d", result, count);
}

static int send_to(int fd, int to, const char *text)
{
    union address address = loopback(AF_INET, port_of(to));
    return (int)sendto(fd, text, strlen(text), 0, &address.any, sizeof(address.in));
}

static void fresh(void)
{
    section("a fresh datagram socket");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    say_names("it", fd);
    say_ready("it", fd);
    DO(recv(fd, bytes, 1, MSG_DONTWAIT));
    DO(recv(fd, bytes, 0, MSG_DONTWAIT));
    DO(send(fd, "x", 1, 0));
    DO(write(fd, "x", 1));
    DO(listen(fd, 1));
    DO(accept(fd, NULL, NULL));
    DO(shutdown(fd, SHUT_RD));
    DO(shutdown(fd, SHUT_WR));
    DO(shutdown(fd, SHUT_RDWR));
    DO(shutdown(fd, 7));
    say_count(fd);
    DO(recv(fd, bytes, 1, MSG_OOB | MSG_DONTWAIT));
    DO(send(fd, "x", 1, MSG_OOB));
    union address port0 = loopback(AF_INET, 0);
    DO(sendto(fd, "x", 1, 0, &port0.any, sizeof(port0.in)));
    DO(sendto(fd, "x", 1, 0, &port0.any, 4));
    DO(sendto(fd, "x", 1, 0, (struct sockaddr *)8, 16));
    union address six = loopback(AF_INET6, 9);
    DO(sendto(fd, "x", 1, 0, &six.any, sizeof(six.in6)));
    close(fd);
}

static void lengths(void)
{
    int a = bound_socket(AF_INET, SOCK_DGRAM), b = bound_socket(AF_INET, SOCK_DGRAM);
    union address from, to = loopback(AF_INET, port_of(b));
    socklen_t length = sizeof(from);
    section("lengths of datagrams");
    call_port("A", a);
    call_port("B", b);
    DO(send_to(a, b, ""));
    settle();
    say_ready("an empty one", b);
    say_count(b);
    DO(read(b, bytes, 0));
    memset(&from, 0, sizeof(from));
    DO(recvfrom(b, bytes, 10, MSG_DONTWAIT, &from.any, &length));
    say_address("from", &from, length);
    DO(recv(b, bytes, 10, MSG_DONTWAIT));
    send_to(a, b, "abcdef");
    send_to(a, b, "ghi");
    settle();
    say_count(b);
    DO(recv(b, bytes, 2, MSG_PEEK));
    DO(recv(b, bytes, 2, MSG_PEEK | MSG_TRUNC));
    DO(recv(b, bytes, 2, 0));
    say_count(b);
    DO(recv(b, bytes, 0, MSG_TRUNC));
    say_count(b);
    DO(sendto(a, bytes, 65507, 0, &to.any, sizeof(to.in)));
    DO(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT));
    DO(sendto(a, bytes, 65508, 0, &to.any, sizeof(to.in)));
    DO(sendto(a, bytes, 65536, 0, &to.any, sizeof(to.in)));
    DO(sendto(a, bytes, 65504, 0, &to.any, sizeof(to.in)));
    DO(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT));
    DO(sendto(a, bytes, 9000, 0, &to.any, sizeof(to.in)));
    settle();
    DO(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT));
    send_to(a, b, "abcdef");
    settle();
    DO(recv(b, (char *)8, 6, MSG_DONTWAIT));
    DO(recv(b, bytes, 6, MSG_DONTWAIT));
    DO(sendto(a, (char *)8, 6, 0, &to.any, sizeof(to.in)));
    DO(recv(b, bytes, 6, MSG_DONTWAIT));
    close(a);
    close(b);
}

static void messages(void)
{
    int a = bound_socket(AF_INET, SOCK_DGRAM), b = bound_socket(AF_INET, SOCK_DGRAM);
    struct iovec parts[2] = {{bytes, 2}, {bytes + 10, 3}};
    union address from, to = loopback(AF_INET, port_of(b));
    section("datagrams as messages");
    call_port("A", a);
    struct msghdr head = {
        .msg_name = &to, .msg_namelen = sizeof(to.in), .msg_iov = parts, .msg_iovlen = 2};
    DO(sendmsg(a, &head, 0));
    send_to(a, b, "abcdefgh");
    send_to(a, b, "");
    settle();
    head.msg_name = &from;
    for (int i = 0; i < 4; i++) {
        head.msg_namelen = sizeof(from);
        DO(recvmsg(b, &head, MSG_DONTWAIT));
        note("name %u bytes, flags %#x", head.msg_namelen, head.msg_flags);
    }
    head.msg_name = &to;
    head.msg_namelen = 4;
    DO(sendmsg(a, &head, 0));
    head.msg_name = NULL;
    DO(sendmsg(a, &head, 0));
    struct mmsghdr many[3];
    struct iovec one[3];
    memset(many, 0, sizeof(many));
    for (int i = 0; i < 3; i++) {
        one[i] = (struct iovec){bytes + 20 * i, 4 + (size_t)i};
        many[i].msg_hdr = (struct msghdr){
            .msg_name = &to, .msg_namelen = sizeof(to.in), .msg_iov = &one[i], .msg_iovlen = 1};
    }
    DO(sendmmsg(a, many, 3, 0));
    note("lengths %u %u %u", many[0].msg_len, many[1].msg_len, many[2].msg_len);
    settle();
    for (int i = 0; i < 3; i++)
        many[i].msg_hdr = (struct msghdr){.msg_iov = &one[i], .msg_iovlen = 1};
    DO(recvmmsg(b, many, 2, 0, NULL));
    note("lengths %u %u", many[0].msg_len, many[1].msg_len);
    DO(recvmmsg(b, many, 3, MSG_WAITFORONE, NULL));
    DO(recvmmsg(b, many, 3, MSG_DONTWAIT, NULL));
    DO(recvmmsg(b, many, 0, MSG_DONTWAIT, NULL));
    struct timespec time = {0, 1000000000};
    DO(recvmmsg(b, many, 1, MSG_DONTWAIT, &time));
    DO(sendmmsg(a, many, 0, 0));
    close(a);
    close(b);
}

static void connected(void)
{
    int a = bound_socket(AF_INET, SOCK_DGRAM), b = bound_socket(AF_INET, SOCK_DGRAM);
    int c = bound_socket(AF_INET, SOCK_DGRAM);
    union address nobody = {.any = {.sa_family = AF_UNSPEC}};
    section("a connected datagram socket");
    call_port("A", a);
    call_port("B", b);
    call_port("C", c);
    DO(connect_to(a, AF_INET, port_of(b)));
    say_names("A", a);
    DO(send(a, "abc", 3, 0));
    DO(send_to(a, c, "def"));
    settle();
    DO(recv(b, bytes, 8, MSG_DONTWAIT));
    DO(recv(c, bytes, 8, MSG_DONTWAIT));
    send_to(c, a, "ghij");
    send_to(b, a, "klmno");
    settle();
    DO(recv(a, bytes, 8, MSG_DONTWAIT));
    DO(recv(a, bytes, 8, MSG_DONTWAIT));
    DO(connect_to(a, AF_INET, port_of(c)));
    say_names("A", a);
    DO(send(a, "abc", 3, 0));
    settle();
    DO(recv(c, bytes, 8, MSG_DONTWAIT));
    say_ready("A", a);
    DO(shutdown(a, SHUT_WR));
    DO(send(a, "abc", 3, 0));
    DO(send_to(a, b, "def"));
    say_ready("A, ended", a);
    DO(shutdown(a, SHUT_RD));
    say_ready("A, deaf, too", a);
    DO(recv(a, bytes, 8, 0));
    DO(recv(a, bytes, 8, MSG_DONTWAIT));
    DO(connect(a, &nobody.any, sizeof(nobody.in)));
    say_names("A", a);
    DO(send(a, "x", 1, MSG_NOSIGNAL));
    close(a);
    a = socket(AF_INET, SOCK_DGRAM, 0);
    DO(connect_to(a, AF_INET, port_of(b)));
    note("a port was chosen: %d", port_of(a) > 0);
    DO(connect(a, &nobody.any, sizeof(nobody.in)));
    say_names("it", a);
    close(a);
    a = socket(AF_INET, SOCK_DGRAM, 0);
    DO(connect_to(a, AF_INET, 0));
    say_names("it", a);
    close(a);
    a = socket(AF_INET, SOCK_DGRAM, 0);
    DO(send_to(a, b, "x"));
    call_port("chosen", a);
    say_names("unbound, after it has sent: it", a);
    close(a);
    close(b);
    close(c);
}

static void copied_and_closed(void)
{
    int a = bound_socket(AF_INET, SOCK_DGRAM), b = bound_socket(AF_INET, SOCK_DGRAM);
    section("a datagram that is sent before its sender closes");
    send_to(a, b, "abc");
    close(a);
    settle();
    DO(recv(b, bytes, 8, MSG_DONTWAIT));
    uint16_t port = port_of(b);
    close(b);
    a = socket(AF_INET, SOCK_DGRAM, 0);
    DO(bind_at(a, "127.0.0.1", port));
    DO(recv(a, bytes, 8, MSG_DONTWAIT));
    close(a);
}

void transcribe_datagrams(void)
{
    fresh();
    lengths();
    messages();
    connected();
    copied_and_closed();
}
