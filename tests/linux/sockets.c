/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as C programs use them, over the loop-back address. Prints TAP; holds on Linux, too. */
#define _GNU_SOURCE
#include "sockets.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TESTS 77

static unsigned number;
static int failed;

void check(int good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
    fflush(stdout);
    failed |= !good;
}

int error_of(long result)
{
    return result < 0 ? errno : 0;
}

union address loopback(int family, uint16_t port)
{
    union address address;
    memset(&address, 0, sizeof(address));
    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address.in.sin_port = htons(port);
        address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        address.in6.sin6_port = htons(port);
        address.in6.sin6_addr = in6addr_loopback;
    }
    return address;
}

socklen_t length_of(const union address *address)
{
    return address->any.sa_family == AF_INET ? sizeof(address->in) : sizeof(address->in6);
}

uint16_t port_of(int descriptor)
{
    union address address;
    socklen_t length = sizeof(address);
    if (getsockname(descriptor, &address.any, &length) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
}

int bound_socket(int family, int type)
{
    union address address = loopback(family, 0);
    int descriptor = socket(family, type, 0);
    if (descriptor >= 0 && bind(descriptor, &address.any, length_of(&address)) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

int listen_at(int family, int backlog)
{
    int descriptor = bound_socket(family, SOCK_STREAM);
    if (descriptor >= 0 && listen(descriptor, backlog) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

void connect_pair(int family, int ends[2])
{
    int listener = listen_at(family, 1);
    union address address = loopback(family, port_of(listener));
    ends[0] = socket(family, SOCK_STREAM, 0);
    ends[1] = -1;
    if (connect(ends[0], &address.any, length_of(&address)) == 0)
        ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

int send_all(int descriptor, const void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t piece = send(descriptor, (const char *)bytes + done, length - done, MSG_NOSIGNAL);
        if (piece <= 0)
            return 0;
        done += (size_t)piece;
    }
    return 1;
}

int receive_all(int descriptor, void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t piece = recv(descriptor, (char *)bytes + done, length - done, 0);
        if (piece <= 0)
            return 0;
        done += (size_t)piece;
    }
    return 1;
}

int main(void)
{
    test_streams();
    test_streams_more();
    test_datagrams();
    test_refused();
    test_waiting();
    printf("1..%u\n", number);
    return failed || number != TESTS;
}
