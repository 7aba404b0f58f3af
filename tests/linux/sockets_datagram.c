/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP, and messages in pieces and in numbers. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include "sockets.h"

static void exchange(int family, const char *what)
{
    union address to, from;
    socklen_t length = sizeof(from);
    char bytes[16];
    int server = bound_socket(family, SOCK_DGRAM), client = socket(family, SOCK_DGRAM, 0);
    to = loopback(family, port_of(server));
    int good = sendto(client, "ping", 4, 0, &to.any, length_of(&to)) == 4 &&
               recvfrom(server, bytes, 16, 0, &from.any, &length) == 4 &&
               memcmp(bytes, "ping", 4) == 0 && length == length_of(&to);
    good = good && sendto(server, "pong!", 5, 0, &from.any, length) == 5 &&
           recv(client, bytes, 16, 0) == 5;
    check(good, what);
    close(server);
    close(client);
}

static void borders(int server, int client)
{
    char bytes[16];
    send(client, "one", 3, 0);
    send(client, "", 0, 0);
    send(client, "three", 5, 0);
    int count = 0;
    check(recv(server, bytes, 16, MSG_PEEK) == 3 && ioctl(server, FIONREAD, &count) == 0 &&
              count == 3 && recv(server, bytes, 2, MSG_TRUNC) == 3,
          "one at a time; what does not fit is cut off, its true length told");
    check(recv(server, bytes, 16, 0) == 0 && recv(server, bytes, 16, 0) == 5,
          "an empty one is one, too");
}

static void connected(void)
{
    char bytes[16];
    int server = bound_socket(AF_INET, SOCK_DGRAM), client = bound_socket(AF_INET, SOCK_DGRAM);
    int other = bound_socket(AF_INET, SOCK_DGRAM);
    union address to = loopback(AF_INET, port_of(server));
    union address back = loopback(AF_INET, port_of(client));
    check(error_of(send(client, "x", 1, 0)) == EDESTADDRREQ, "sent to nobody: EDESTADDRREQ");
    check(connect(client, &to.any, sizeof(to.in)) == 0 && send(client, "x", 1, 0) == 1 &&
              recv(server, bytes, 16, 0) == 1,
          "a connected one needs no address");
    sendto(other, "stray", 5, 0, &back.any, sizeof(back.in));
    sendto(server, "answer", 6, 0, &back.any, sizeof(back.in));
    check(recv(client, bytes, 16, 0) == 6 &&
              error_of(recv(client, bytes, 16, MSG_DONTWAIT)) == EAGAIN,
          "and hears its peer only");
    borders(server, client);
    close(other);
    close(server);
    close(client);
}

static void large(void)
{
    uint8_t *out = malloc(70000), *in = malloc(70000);
    int server = bound_socket(AF_INET, SOCK_DGRAM), client = socket(AF_INET, SOCK_DGRAM, 0);
    union address to = loopback(AF_INET, port_of(server));
    for (int i = 0; i < 70000; i++)
        out[i] = (uint8_t)(i * 7 + i / 251);
    check(sendto(client, out, 9000, 0, &to.any, sizeof(to.in)) == 9000 &&
              recv(server, in, 70000, 0) == 9000 && memcmp(in, out, 9000) == 0,
          "9000 bytes, every one");
    check(error_of(sendto(client, out, 70000, 0, &to.any, sizeof(to.in))) == EMSGSIZE,
          "70000 are too many: EMSGSIZE");
    free(out);
    free(in);
    close(server);
    close(client);
}

static void messages(void)
{
    char a[4] = "abc", b[4] = "def", in[2][8];
    int server = bound_socket(AF_INET, SOCK_DGRAM), client = socket(AF_INET, SOCK_DGRAM, 0);
    union address to = loopback(AF_INET, port_of(server)), from;
    struct iovec parts[2] = {{a, 3}, {b, 3}}, rooms[2] = {{in[0], 2}, {in[1], 8}};
    struct msghdr out = {
        .msg_name = &to, .msg_namelen = sizeof(to.in), .msg_iov = parts, .msg_iovlen = 2};
    struct msghdr back = {
        .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = rooms, .msg_iovlen = 2};
    check(sendmsg(client, &out, 0) == 6 && recvmsg(server, &back, 0) == 6 &&
              memcmp(in[0], "ab", 2) == 0 && memcmp(in[1], "cdef", 4) == 0 &&
              back.msg_namelen == sizeof(from.in) && from.in.sin_port == htons(port_of(client)) &&
              back.msg_flags == 0,
          "sendmsg and recvmsg, in pieces");
    back.msg_iovlen = 1;
    check(sendmsg(client, &out, 0) == 6 && recvmsg(server, &back, 0) == 2 &&
              back.msg_flags == MSG_TRUNC,
          "cut off: MSG_TRUNC is told");
    check(connect(client, &to.any, sizeof(to.in)) == 0 && writev(client, parts, 2) == 6 &&
              read(server, in[0], 8) == 6,
          "writev makes one of them");
    struct mmsghdr many[3] = {{.msg_hdr = out}, {.msg_hdr = out}, {.msg_hdr = out}};
    struct mmsghdr got[4];
    for (int i = 0; i < 4; i++)
        got[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = rooms, .msg_iovlen = 2}};
    check(sendmmsg(client, many, 3, 0) == 3 && many[2].msg_len == 6 &&
              recvmmsg(server, got, 4, MSG_WAITFORONE, NULL) == 3 && got[2].msg_len == 6,
          "sendmmsg and recvmmsg");
    close(server);
    close(client);
}

void test_datagrams(void)
{
    exchange(AF_INET, "UDP over 127.0.0.1");
    exchange(AF_INET6, "UDP over ::1");
    connected();
    large();
    messages();
}
