/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP to a port where nobody is: who is connected hears of it once, by whatever asks first. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include "sockets.h"

#define PATIENCE 60000 /* ms */

static union address nobody(int family)
{
    int descriptor = bound_socket(family, SOCK_DGRAM);
    union address address = loopback(family, port_of(descriptor));
    close(descriptor);
    return address;
}

/* Sends one, and waits until the socket says something; what poll said. */
static int send_and_wait(int descriptor)
{
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    if (send(descriptor, "x", 1, 0) != 1 || poll(&wanted, 1, PATIENCE) != 1)
        return 0;
    return wanted.revents;
}

static int option_error(int descriptor)
{
    int error = -1;
    socklen_t length = sizeof(error);
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

static void connected(int family, const char *what)
{
    char byte;
    union address to = nobody(family);
    int client = socket(family, SOCK_DGRAM, 0);
    int good = connect(client, &to.any, length_of(&to)) == 0;
    good = good && send_and_wait(client) == POLLERR && option_error(client) == ECONNREFUSED &&
           option_error(client) == 0;
    good = good && send_and_wait(client) == POLLERR &&
           error_of(recv(client, &byte, 1, 0)) == ECONNREFUSED &&
           error_of(recv(client, &byte, 1, MSG_DONTWAIT)) == EAGAIN;
    good = good && send_and_wait(client) == POLLERR &&
           error_of(send(client, "y", 1, 0)) == ECONNREFUSED && option_error(client) == 0;
    good =
        good && send(client, "z", 1, 0) == 1 && error_of(recv(client, &byte, 1, 0)) == ECONNREFUSED;
    check(good, what);
    close(client);
}

/* Somebody is there later on: the socket works as before. */
static void goes_on(void)
{
    char byte = 0;
    union address to = nobody(AF_INET);
    int client = socket(AF_INET, SOCK_DGRAM, 0), server = socket(AF_INET, SOCK_DGRAM, 0);
    connect(client, &to.any, length_of(&to));
    int good = send_and_wait(client) == POLLERR;
    good = good && bind(server, &to.any, length_of(&to)) == 0 &&
           error_of(send(client, "a", 1, 0)) == ECONNREFUSED && send(client, "b", 1, 0) == 1 &&
           recv(server, &byte, 1, 0) == 1 && byte == 'b';
    check(good, "refused, and heard when somebody has come");
    close(client);
    close(server);
}

static void not_connected(void)
{
    char byte;
    union address to = nobody(AF_INET);
    int client = bound_socket(AF_INET, SOCK_DGRAM);
    int good = sendto(client, "x", 1, 0, &to.any, length_of(&to)) == 1 &&
               sendto(client, "x", 1, 0, &to.any, length_of(&to)) == 1 &&
               error_of(recv(client, &byte, 1, MSG_DONTWAIT)) == EAGAIN &&
               option_error(client) == 0;
    check(good, "who is not connected is not told");
    close(client);
}

void test_refused(void)
{
    connected(AF_INET, "UDP to nobody over 127.0.0.1: ECONNREFUSED, once");
    connected(AF_INET6, "UDP to nobody over ::1: ECONNREFUSED, once");
    goes_on();
    not_connected();
}
