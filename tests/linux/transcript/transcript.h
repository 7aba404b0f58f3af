/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of tests/linux/transcript share: doing calls, and saying what they returned. */
#ifndef ANSER_TESTS_LINUX_TRANSCRIPT_H
#define ANSER_TESTS_LINUX_TRANSCRIPT_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* A line with the name of what follows. */
void section(const char *name);

/* A line of text. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what a call returned, and what errno it left; returns the result. */
long say(const char *call, long result);
#define DO(call) say(#call, (long)(call))

/* Such that the network has settled. */
void settle(void);
void pause_milliseconds(unsigned milliseconds);
uint64_t now_milliseconds(void);

/* ---- Addresses. Ports are said by the names of who has them. -----------------------------------
 */

/* family, text of the address, port in the host's order. */
union address address_of(int family, const char *text, uint16_t port);
union address loopback(int family, uint16_t port);
socklen_t length_of(const union address *address);
uint16_t port_of(int descriptor);

/* The port of this descriptor is called so from now on. */
void call_port(const char *name, int descriptor);
void forget_ports(void);

void say_address(const char *what, const union address *address, socklen_t length);

/* Both names of a socket. */
void say_names(const char *what, int descriptor);

/* What poll tells of it now; SO_ERROR, which is cleared thereby. */
void say_ready(const char *what, int descriptor);
void say_error(const char *what, int descriptor);

/* ---- Sockets. ----------------------------------------------------------------------------------
 */
int bound_socket(int family, int type);
int listen_at(int family, int backlog);
int connect_to(int descriptor, int family, uint16_t port);
int bind_at(int descriptor, const char *text, uint16_t port);

/* Two ends of a connection: ends[0] connected, ends[1] was accepted. */
void connect_pair(int family, int ends[2]);
void close_pair(const int ends[2]);

/* close() with a reset. */
void reset(int descriptor);
void set_nonblocking(int descriptor, int on);
int set_number(int descriptor, int level, int name, int value);

/* How many SIGPIPEs came since it was asked last. */
int pipe_signals(void);

void transcribe_streams(void);
void transcribe_endings(void);
void transcribe_transfers(void);
void transcribe_datagrams(void);
void transcribe_addresses(void);
void transcribe_options(void);
void transcribe_readiness(void);
void transcribe_waiting(void);

#endif
