/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends of connections: shutdown, close and resets, in every state, and what both sides see. */
#include "transcript.h"
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>

static void say_both(const char *what, const int ends[2])
{
    char line[80];
    settle();
    snprintf(line, sizeof(line), "%s: this end", what);
    say_ready(line, ends[0]);
    snprintf(line, sizeof(line), "%s: the other", what);
    say_ready(line, ends[1]);
}

static void half_close(void)
{
    int ends[2];
    char bytes[8];
    section("half closed");
    connect_pair(AF_INET, ends);
    say_both("open", ends);
    DO(send(ends[0], "abc", 3, 0));
    DO(shutdown(ends[0], SHUT_WR));
    say_both("ended", ends);
    DO(shutdown(ends[0], SHUT_WR));
    DO(send(ends[0], "x", 1, 0));
    DO(send(ends[0], "x", 1, MSG_NOSIGNAL));
    DO(send(ends[0], "", 0, 0));
    DO(recv(ends[1], bytes, 8, 0));
    DO(recv(ends[1], bytes, 8, 0));
    DO(recv(ends[1], bytes, 8, MSG_PEEK));
    say_both("read", ends);
    DO(send(ends[1], "defg", 4, 0));
    settle();
    DO(recv(ends[0], bytes, 2, 0));
    DO(shutdown(ends[1], SHUT_WR));
    say_both("both ended", ends);
    DO(shutdown(ends[1], SHUT_WR));
    DO(shutdown(ends[0], SHUT_RD));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[1], bytes, 8, 0));
    say_both("all read", ends);
    DO(shutdown(ends[0], SHUT_RDWR));
    DO(shutdown(ends[1], SHUT_RDWR));
    DO(send(ends[1], "x", 1, 0));
    say_names("this end", ends[0]);
    say_error("this end", ends[0]);
    close_pair(ends);
}

static void names_afterwards(void)
{
    int ends[2];
    section("names of what has ended");
    connect_pair(AF_INET, ends);
    call_port("this", ends[0]);
    call_port("other", ends[1]);
    shutdown(ends[0], SHUT_WR);
    settle();
    say_names("half: this end", ends[0]);
    say_names("half: the other", ends[1]);
    shutdown(ends[1], SHUT_WR);
    settle();
    say_names("both: this end", ends[0]);
    say_names("both: the other", ends[1]);
    close_pair(ends);
}

static void deaf(void)
{
    int ends[2];
    char bytes[8];
    section("not received any more");
    connect_pair(AF_INET, ends);
    DO(shutdown(ends[0], SHUT_RD));
    say_both("deaf", ends);
    DO(recv(ends[0], bytes, 8, 0));
    DO(send(ends[0], "abc", 3, 0));
    DO(recv(ends[1], bytes, 8, 0));
    DO(send(ends[1], "abc", 3, 0));
    say_both("sent to it", ends);
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, MSG_DONTWAIT));
    DO(shutdown(ends[0], SHUT_RD));
    DO(shutdown(ends[0], SHUT_WR));
    say_both("dumb, too", ends);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    send(ends[1], "abc", 3, 0);
    settle();
    DO(shutdown(ends[0], SHUT_RD));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    close_pair(ends);
    connect_pair(AF_INET, ends);
    DO(shutdown(ends[0], SHUT_RDWR));
    say_both("both ways", ends);
    DO(recv(ends[0], bytes, 8, 0));
    DO(send(ends[0], "x", 1, 0));
    DO(recv(ends[1], bytes, 8, 0));
    DO(send(ends[1], "x", 1, 0));
    say_both("sent to it", ends);
    DO(send(ends[1], "x", 1, 0));
    DO(recv(ends[1], bytes, 8, 0));
    close_pair(ends);
}

static void peer_closes(void)
{
    int ends[2];
    char bytes[8];
    section("the peer closes");
    connect_pair(AF_INET, ends);
    send(ends[1], "abc", 3, 0);
    close(ends[1]);
    settle();
    say_ready("it", ends[0]);
    say_error("it", ends[0]);
    DO(recv(ends[0], bytes, 2, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    say_ready("read", ends[0]);
    DO(send(ends[0], "x", 1, 0));
    settle();
    say_ready("sent", ends[0]);
    DO(send(ends[0], "x", 1, 0));
    say_ready("sent again", ends[0]);
    DO(recv(ends[0], bytes, 8, 0));
    DO(send(ends[0], "x", 1, 0));
    DO(shutdown(ends[0], SHUT_WR));
    say_error("it", ends[0]);
    close(ends[0]);
    settle();
}

static void peer_closes_unread(void)
{
    int ends[2];
    char bytes[8];
    section("the peer closes and has not read all");
    connect_pair(AF_INET, ends);
    send(ends[0], "abc", 3, 0);
    send(ends[1], "def", 3, 0);
    settle();
    close(ends[1]);
    settle();
    say_ready("it", ends[0]);
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(send(ends[0], "x", 1, 0));
    say_ready("it", ends[0]);
    close(ends[0]);
    settle();
}

/* One end is reset; what the other sees, by the call that comes first. */
static void was_reset(const char *first)
{
    int ends[2];
    char bytes[8];
    note("first: %s", first);
    connect_pair(AF_INET, ends);
    call_port("peer", ends[1]);
    reset(ends[1]);
    if (strcmp(first, "recv") == 0) {
        say_ready("it", ends[0]);
        DO(recv(ends[0], bytes, 8, 0));
    } else if (strcmp(first, "send") == 0) {
        DO(send(ends[0], "x", 1, 0));
    } else if (strcmp(first, "SO_ERROR") == 0) {
        say_error("it", ends[0]);
    } else if (strcmp(first, "peek") == 0) {
        DO(recv(ends[0], bytes, 8, MSG_PEEK));
    } else if (strcmp(first, "shutdown") == 0) {
        DO(shutdown(ends[0], SHUT_WR));
    } else if (strcmp(first, "connect") == 0) {
        DO(connect_to(ends[0], AF_INET, 1));
    } else {
        say_names("it", ends[0]);
    }
    say_ready("it", ends[0]);
    say_error("it", ends[0]);
    say_ready("it", ends[0]);
    DO(recv(ends[0], bytes, 8, 0));
    DO(send(ends[0], "x", 1, 0));
    DO(shutdown(ends[0], SHUT_RDWR));
    DO(set_number(ends[0], SOL_SOCKET, SO_KEEPALIVE, 1));
    int count = -1;
    DO(ioctl(ends[0], FIONREAD, &count));
    note("bytes %d", count);
    close(ends[0]);
    settle();
}

static void resets(void)
{
    static const char *const first[] = {"recv",     "send",    "SO_ERROR", "peek",
                                        "shutdown", "connect", "names"};
    section("reset by the peer");
    for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        was_reset(first[i]);
}

static void reset_with_bytes(void)
{
    int ends[2];
    char bytes[8];
    section("reset with bytes that were not read");
    connect_pair(AF_INET, ends);
    send(ends[1], "abc", 3, 0);
    settle();
    reset(ends[1]);
    say_ready("it", ends[0]);
    DO(recv(ends[0], bytes, 2, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(recv(ends[0], bytes, 8, 0));
    close(ends[0]);
    section("reset when half closed");
    connect_pair(AF_INET, ends);
    shutdown(ends[0], SHUT_WR);
    settle();
    reset(ends[1]);
    say_ready("it", ends[0]);
    say_error("it", ends[0]);
    DO(recv(ends[0], bytes, 8, 0));
    close(ends[0]);
    section("reset after its end was read");
    connect_pair(AF_INET, ends);
    shutdown(ends[1], SHUT_WR);
    settle();
    DO(recv(ends[0], bytes, 8, 0));
    reset(ends[1]);
    say_ready("it", ends[0]);
    DO(send(ends[0], "x", 1, 0));
    say_error("it", ends[0]);
    DO(recv(ends[0], bytes, 8, 0));
    close(ends[0]);
    settle();
}

static void reset_before_accept(void)
{
    char bytes[8];
    section("reset before it is accepted");
    int fd = listen_at(AF_INET, 4), client = socket(AF_INET, SOCK_STREAM, 0);
    set_nonblocking(fd, 1);
    connect_to(client, AF_INET, port_of(fd));
    settle();
    reset(client);
    say_ready("the listener", fd);
    int server = accept(fd, NULL, NULL);
    say("accept, 0 for all that is good", server < 0 ? -1 : 0);
    if (server >= 0) {
        say_ready("accepted", server);
        DO(recv(server, bytes, 8, 0));
        close(server);
    }
    section("closed before it is accepted");
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, AF_INET, port_of(fd));
    send(client, "abc", 3, 0);
    close(client);
    settle();
    server = accept(fd, NULL, NULL);
    say_ready("accepted", server);
    DO(recv(server, bytes, 8, 0));
    DO(recv(server, bytes, 8, 0));
    close(server);
    section("the listener closes before it is accepted");
    client = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(client, AF_INET, port_of(fd));
    settle();
    close(fd);
    settle();
    say_ready("it", client);
    DO(recv(client, bytes, 8, 0));
    DO(recv(client, bytes, 8, 0));
    close(client);
    settle();
}

static void accepted_late(void)
{
    char bytes[8];
    section("accepted after seconds");
    int fd = listen_at(AF_INET, 4), client = socket(AF_INET, SOCK_STREAM, 0);
    DO(connect_to(client, AF_INET, port_of(fd)));
    DO(send(client, "abc", 3, 0));
    pause_milliseconds(7000);
    int server = accept(fd, NULL, NULL);
    DO(send(client, "de", 2, 0));
    settle();
    DO(recv(server, bytes, 8, 0));
    DO(send(server, "de", 2, 0));
    DO(recv(client, bytes, 8, 0));
    close(server);
    close(client);
    close(fd);
    settle();
}

static void *accept_one(void *listener)
{
    int result = accept(*(int *)listener, NULL, NULL);
    say("accept that waits", result);
    return NULL;
}

static void listener_shut(void)
{
    section("a listener that is shut");
    int fd = listen_at(AF_INET, 4), client = socket(AF_INET, SOCK_STREAM, 0);
    uint16_t port = port_of(fd);
    call_port("L", fd);
    DO(shutdown(fd, SHUT_WR));
    say_ready("for writing: it", fd);
    pthread_t thread;
    pthread_create(&thread, NULL, accept_one, &fd);
    settle();
    DO(shutdown(fd, SHUT_RD));
    pthread_join(thread, NULL);
    say_ready("it", fd);
    say_names("it", fd);
    DO(accept(fd, NULL, NULL));
    DO(connect_to(client, AF_INET, port));
    DO(shutdown(fd, SHUT_RDWR));
    DO(listen(fd, 1));
    say_ready("it listens again", fd);
    port = port_of(fd);
    close(client);
    client = socket(AF_INET, SOCK_STREAM, 0);
    DO(connect_to(client, AF_INET, port));
    say_ready("one waits", fd);
    close(client);
    close(fd);
    settle();
}

static void copies(void)
{
    int ends[2];
    char bytes[8];
    section("copies of a descriptor");
    connect_pair(AF_INET, ends);
    int copy = dup(ends[1]);
    close(ends[1]);
    settle();
    say_ready("one closed: its peer", ends[0]);
    DO(send(copy, "abc", 3, 0));
    DO(recv(ends[0], bytes, 8, 0));
    DO(shutdown(copy, SHUT_WR));
    settle();
    DO(recv(ends[0], bytes, 8, 0));
    close(copy);
    close(ends[0]);
    settle();
}

static void lingers(void)
{
    int ends[2];
    char bytes[8];
    struct linger linger = {1, 5};
    section("SO_LINGER");
    connect_pair(AF_INET, ends);
    DO(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    send(ends[0], "abc", 3, 0);
    DO(close(ends[0]));
    settle();
    say_ready("its peer", ends[1]);
    DO(recv(ends[1], bytes, 8, 0));
    DO(recv(ends[1], bytes, 8, 0));
    close(ends[1]);
    settle();
}

void transcribe_endings(void)
{
    half_close();
    names_afterwards();
    deaf();
    peer_closes();
    peer_closes_unread();
    resets();
    reset_with_bytes();
    reset_before_accept();
    accepted_late();
    listener_shut();
    copies();
    lingers();
}
