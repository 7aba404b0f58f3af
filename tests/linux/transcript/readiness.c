/* SPDX-License-Identifier: BSD-2-Clause */
/* epoll, poll and select on sockets. */
#include "transcript.h"
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>

static int epoll_fd;

static void add(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        say("EPOLL_CTL_ADD", -1);
}

static void change(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)
        say("EPOLL_CTL_MOD", -1);
}

static void say_events(const char *what)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{EPOLLIN, "IN"},   {EPOLLOUT, "OUT"}, {EPOLLRDHUP, "RDHUP"},
                {EPOLLHUP, "HUP"}, {EPOLLERR, "ERR"}, {EPOLLPRI, "PRI"}};
    struct epoll_event events[8];
    settle();
    int count = epoll_wait(epoll_fd, events, 8, 0);
    printf("%s: %d", what, count);
    /* In which order they are told is nobody's business. */
    if (count == 2 && events[0].data.fd > events[1].data.fd) {
        events[2] = events[0];
        events[0] = events[1];
        events[1] = events[2];
    }
    for (int i = 0; i < count; i++)
        for (unsigned n = 0; n < sizeof(bits) / sizeof(bits[0]); n++)
            if (events[i].events & bits[n].bit)
                printf(" %s", bits[n].name);
    putchar('\n');
}

static void begin(int ends[2], uint32_t events)
{
    epoll_fd = epoll_create1(0);
    connect_pair(AF_INET, ends);
    add(ends[0], events);
}

static void end(const int ends[2])
{
    close(epoll_fd);
    close_pair(ends);
}

static void level(void)
{
    int ends[2];
    char bytes[8];
    section("epoll, by level");
    begin(ends, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    say_events("open");
    send(ends[1], "abc", 3, 0);
    say_events("bytes");
    say_events("again");
    recv(ends[0], bytes, 1, 0);
    say_events("some read");
    recv(ends[0], bytes, 8, 0);
    say_events("all read");
    shutdown(ends[1], SHUT_WR);
    say_events("ended");
    shutdown(ends[0], SHUT_WR);
    say_events("both ended");
    change(ends[0], 0);
    say_events("nothing asked");
    end(ends);
}

static void edge(void)
{
    int ends[2];
    char bytes[8];
    section("epoll, by edge");
    begin(ends, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    say_events("open");
    say_events("again");
    send(ends[1], "abc", 3, 0);
    say_events("bytes");
    say_events("again");
    recv(ends[0], bytes, 1, 0);
    say_events("some read");
    send(ends[1], "de", 2, 0);
    say_events("more bytes");
    recv(ends[0], bytes, 8, 0);
    say_events("all read");
    send(ends[1], "f", 1, 0);
    say_events("bytes");
    recv(ends[0], bytes, 8, 0);
    recv(ends[0], bytes, 8, MSG_DONTWAIT);
    change(ends[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    say_events("changed");
    shutdown(ends[1], SHUT_WR);
    say_events("ended");
    say_events("again");
    recv(ends[0], bytes, 8, 0);
    say_events("read");
    end(ends);
}

static void once(void)
{
    int ends[2];
    section("epoll, once");
    begin(ends, EPOLLIN | EPOLLONESHOT);
    say_events("open");
    send(ends[1], "abc", 3, 0);
    say_events("bytes");
    say_events("again");
    send(ends[1], "abc", 3, 0);
    say_events("more bytes");
    change(ends[0], EPOLLIN | EPOLLONESHOT);
    say_events("changed");
    change(ends[0], EPOLLOUT | EPOLLONESHOT | EPOLLET);
    say_events("for writing");
    reset(ends[1]);
    say_events("reset");
    change(ends[0], EPOLLOUT | EPOLLONESHOT | EPOLLET);
    say_events("changed");
    close(ends[0]);
    close(epoll_fd);
}

static void endings(void)
{
    int ends[2];
    section("epoll, of endings");
    begin(ends, EPOLLIN | EPOLLET);
    say_events("open");
    reset(ends[1]);
    say_events("reset");
    say_events("again");
    close(ends[0]);
    say_events("closed");
    close(epoll_fd);
    begin(ends, EPOLLRDHUP | EPOLLET);
    shutdown(ends[0], SHUT_RD);
    say_events("deaf");
    shutdown(ends[0], SHUT_WR);
    say_events("dumb");
    end(ends);
    begin(ends, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    say_events("open");
    shutdown(ends[0], SHUT_WR);
    say_events("dumb");
    close(ends[1]);
    say_events("the peer closes");
    close(ends[0]);
    close(epoll_fd);
}

static void connecting(void)
{
    section("epoll, of connections");
    epoll_fd = epoll_create1(0);
    int listens = listen_at(AF_INET, 4), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    add(listens, EPOLLIN | EPOLLET);
    add(client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    say_events("fresh");
    connect_to(client, AF_INET, port_of(listens));
    say_events("connects");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    connect_to(second, AF_INET, port_of(listens));
    say_events("another");
    int server = accept(listens, NULL, NULL);
    say_events("one accepted");
    close(accept(listens, NULL, NULL));
    say_events("both accepted");
    close(server);
    close(client);
    close(second);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    uint16_t port = port_of(listens);
    close(listens);
    settle();
    connect_to(client, AF_INET, port);
    add(client, EPOLLOUT | EPOLLET);
    say_events("refused");
    say_error("it", client);
    say_events("again");
    close(client);
    close(epoll_fd);
}

static void many(void)
{
    struct pollfd asked[40];
    int ends[2];
    section("poll of many");
    connect_pair(AF_INET, ends);
    for (int i = 0; i < 40; i++)
        asked[i] = (struct pollfd){.fd = i % 4 == 3   ? -1
                                         : i % 4 == 2 ? 999
                                                      : ends[i % 2],
                                   .events = POLLIN,
                                   .revents = 0x55};
    send(ends[1], "abc", 3, 0);
    settle();
    DO(poll(asked, 40, 1000));
    note("%#x %#x %#x %#x", asked[0].revents, asked[1].revents, asked[2].revents, asked[3].revents);
    asked[0].fd = ends[1];
    DO(poll(asked, 1, 30));
    DO(poll(asked, 0, 10));
    DO(poll((struct pollfd *)8, 1, 0));
    close_pair(ends);
}

static void selected(void)
{
    int ends[2];
    fd_set read_set, write_set, other_set;
    struct timeval time = {0, 20000};
    section("select");
    connect_pair(AF_INET, ends);
    int limit = (ends[0] > ends[1] ? ends[0] : ends[1]) + 1;
    for (int round = 0; round < 4; round++) {
        FD_ZERO(&read_set);
        FD_SET(ends[0], &read_set);
        FD_SET(ends[1], &read_set);
        write_set = other_set = read_set;
        DO(select(limit, &read_set, &write_set, &other_set, &time));
        note("reads %d %d, writes %d %d, others %d %d", FD_ISSET(ends[0], &read_set) != 0,
             FD_ISSET(ends[1], &read_set) != 0, FD_ISSET(ends[0], &write_set) != 0,
             FD_ISSET(ends[1], &write_set) != 0, FD_ISSET(ends[0], &other_set) != 0,
             FD_ISSET(ends[1], &other_set) != 0);
        if (round == 0)
            send(ends[0], "abc", 3, 0);
        else if (round == 1)
            shutdown(ends[1], SHUT_WR);
        else
            reset(dup(ends[1]));
        settle();
    }
    FD_ZERO(&read_set);
    FD_SET(ends[1], &read_set);
    close_pair(ends);
    DO(select(limit, &read_set, NULL, NULL, &time));
}

static void datagrams(void)
{
    char bytes[8];
    section("epoll, of datagrams");
    epoll_fd = epoll_create1(0);
    int a = bound_socket(AF_INET, SOCK_DGRAM), b = bound_socket(AF_INET, SOCK_DGRAM);
    union address to = loopback(AF_INET, port_of(b));
    add(b, EPOLLIN | EPOLLET);
    say_events("nothing");
    sendto(a, "abc", 3, 0, &to.any, sizeof(to.in));
    say_events("one");
    sendto(a, "def", 3, 0, &to.any, sizeof(to.in));
    say_events("another");
    recv(b, bytes, 8, 0);
    say_events("one received");
    recv(b, bytes, 8, 0);
    say_events("both received");
    change(b, EPOLLIN | EPOLLOUT);
    say_events("for writing");
    struct epoll_event event = {.events = EPOLLIN};
    DO(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, b, &event));
    DO(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, a, &event));
    DO(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 999, &event));
    close(a);
    close(b);
    close(epoll_fd);
}

void transcribe_readiness(void)
{
    level();
    edge();
    once();
    endings();
    connecting();
    many();
    selected();
    datagrams();
}
