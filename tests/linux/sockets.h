/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of tests/linux/sockets share. */
#ifndef ANSER_TESTS_LINUX_SOCKETS_H
#define ANSER_TESTS_LINUX_SOCKETS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* One line of TAP. */
void check(int good, const char *what);

/* 0, or the errno of what has just failed. */
int error_of(long result);

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* The loop-back address of a family, with this port. */
union address loopback(int family, uint16_t port);
socklen_t length_of(const union address *address);
uint16_t port_of(int descriptor);

/* A listener on a free port of the loop-back address; a socket of any kind that is bound there. */
int listen_at(int family, int backlog);
int bound_socket(int family, int type);

/* Two ends of a TCP connection over the loop-back address. */
void connect_pair(int family, int ends[2]);

/* All of them, however many calls it takes; 0: the connection ended before. */
int send_all(int descriptor, const void *bytes, size_t length);
int receive_all(int descriptor, void *bytes, size_t length);

void test_streams(void);
void test_streams_more(void);
void test_datagrams(void);
void test_refused(void);
void test_waiting(void);

#endif
