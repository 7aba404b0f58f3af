/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that wait in calls on sockets: for what another one does, for signals, for a time. */
#include "transcript.h"
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>

static int ends[2];
static volatile sig_atomic_t signals;

static void count(int number)
{
    (void)number;
    signals++;
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
}

/* One call that waits, in a thread of its own. */
struct waiter {
    pthread_t thread;
    const char *name;
    int fd;
    int error;
    long result;
    long (*call)(int fd);
};

static void *run(void *argument)
{
    struct waiter *waiter = argument;
    waiter->result = waiter->call(waiter->fd);
    waiter->error = errno;
    return NULL;
}

static void start(struct waiter *waiter, const char *name, long (*call)(int fd), int fd)
{
    *waiter = (struct waiter){.name = name, .call = call, .fd = fd};
    pthread_create(&waiter->thread, NULL, run, waiter);
    settle();
}

static void finish(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    errno = waiter->error;
    say(waiter->name, waiter->result);
}

static char byte;
static char much[65536];

static long do_recv(int fd)
{
    return recv(fd, &byte, 1, 0);
}

static long do_all(int fd)
{
    return recv(fd, much, 8, MSG_WAITALL);
}

static long do_accept(int fd)
{
    int server = accept(fd, NULL, NULL);
    if (server >= 0)
        close(server);
    return server < 0 ? -1 : 0;
}

/* More than there is room for. */
static long do_send(int fd)
{
    long sent = 0, piece = 0;
    while (sent < (16 << 20) && (piece = send(fd, much, sizeof(much), MSG_NOSIGNAL)) > 0)
        sent += piece;
    return piece < 0 ? -1 : sent;
}

static long do_poll(int fd)
{
    struct pollfd asked = {.fd = fd, .events = POLLIN};
    int result = poll(&asked, 1, 2000);
    return result < 0 ? -1 : asked.revents;
}

static void by_another(void)
{
    struct waiter waiter;
    section("what another thread does");
    connect_pair(AF_INET, ends);
    start(&waiter, "recv, then shutdown for reading", do_recv, ends[0]);
    shutdown(ends[0], SHUT_RD);
    finish(&waiter);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    start(&waiter, "recv, then shutdown for both", do_recv, ends[0]);
    shutdown(ends[0], SHUT_RDWR);
    finish(&waiter);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    start(&waiter, "recv, then the peer resets", do_recv, ends[0]);
    reset(ends[1]);
    finish(&waiter);
    close(ends[0]);
    connect_pair(AF_INET, ends);
    start(&waiter, "recv for all, then some bytes and a reset", do_all, ends[0]);
    send(ends[1], "abc", 3, 0);
    settle();
    reset(ends[1]);
    finish(&waiter);
    DO(recv(ends[0], &byte, 1, 0));
    close(ends[0]);
    connect_pair(AF_INET, ends);
    start(&waiter, "poll, then shutdown for reading", do_poll, ends[0]);
    shutdown(ends[0], SHUT_RD);
    finish(&waiter);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    start(&waiter, "send, then shutdown for writing", do_send, ends[0]);
    shutdown(ends[0], SHUT_WR);
    finish(&waiter);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    start(&waiter, "send, then the peer resets", do_send, ends[0]);
    reset(ends[1]);
    finish(&waiter);
    close(ends[0]);
    int fd = bound_socket(AF_INET, SOCK_DGRAM), other = bound_socket(AF_INET, SOCK_DGRAM);
    connect_to(fd, AF_INET, port_of(other));
    start(&waiter, "recv of datagrams, then shutdown", do_recv, fd);
    shutdown(fd, SHUT_RD);
    finish(&waiter);
    close(fd);
    close(other);
    settle();
}

static void closed(void)
{
    struct waiter waiter;
    section("close while another thread waits");
    connect_pair(AF_INET, ends);
    start(&waiter, "recv goes on", do_recv, ends[0]);
    close(ends[0]);
    settle();
    send(ends[1], "x", 1, 0);
    finish(&waiter);
    settle();
    say_ready("afterwards, its peer", ends[1]);
    close(ends[1]);
    connect_pair(AF_INET, ends);
    start(&waiter, "poll goes on", do_poll, ends[0]);
    close(ends[0]);
    settle();
    send(ends[1], "x", 1, 0);
    finish(&waiter);
    close(ends[1]);
    int fd = listen_at(AF_INET, 1), client = socket(AF_INET, SOCK_STREAM, 0);
    uint16_t port = port_of(fd);
    start(&waiter, "accept goes on", do_accept, fd);
    close(fd);
    settle();
    DO(connect_to(client, AF_INET, port));
    finish(&waiter);
    close(client);
    settle();
}

static void interrupt(struct waiter *waiter)
{
    signals = 0;
    pthread_kill(waiter->thread, SIGUSR1);
    settle();
}

static void interrupted(int flags)
{
    struct waiter waiter;
    struct timeval time = {0, 300000};
    section(flags & SA_RESTART ? "signals, SA_RESTART" : "signals");
    handle(flags);
    connect_pair(AF_INET, ends);
    start(&waiter, "recv", do_recv, ends[0]);
    interrupt(&waiter);
    send(ends[1], "x", 1, 0);
    finish(&waiter);
    note("signals %d", signals);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    start(&waiter, "recv for all", do_all, ends[0]);
    send(ends[1], "ab", 2, 0);
    settle();
    interrupt(&waiter);
    send(ends[1], "cdefgh", 6, 0);
    finish(&waiter);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    start(&waiter, "recv with a time", do_recv, ends[0]);
    interrupt(&waiter);
    send(ends[1], "x", 1, 0);
    finish(&waiter);
    start(&waiter, "poll", do_poll, ends[0]);
    recv(ends[0], &byte, 1, MSG_DONTWAIT);
    interrupt(&waiter);
    send(ends[1], "x", 1, 0);
    finish(&waiter);
    close_pair(ends);
    int fd = listen_at(AF_INET, 1), client = socket(AF_INET, SOCK_STREAM, 0);
    start(&waiter, "accept", do_accept, fd);
    interrupt(&waiter);
    connect_to(client, AF_INET, port_of(fd));
    finish(&waiter);
    close(client);
    close(fd);
    settle();
}

static void times(void)
{
    struct timeval time = {0, 60000};
    section("SO_RCVTIMEO");
    connect_pair(AF_INET, ends);
    DO(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    uint64_t begin = now_milliseconds();
    DO(recv(ends[0], much, 8, 0));
    send(ends[1], "abc", 3, 0);
    settle();
    DO(recv(ends[0], much, 8, MSG_WAITALL));
    note("they took their time: %d", now_milliseconds() - begin >= 120);
    DO(read(ends[0], much, 8));
    struct pollfd asked = {.fd = ends[0], .events = POLLIN};
    DO(poll(&asked, 1, 10));
    close_pair(ends);
    int fd = listen_at(AF_INET, 1);
    DO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    DO(accept(fd, NULL, NULL));
    close(fd);
    fd = bound_socket(AF_INET, SOCK_DGRAM);
    DO(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)));
    DO(recv(fd, much, 8, 0));
    close(fd);
}

static long do_epoll(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    int result = epoll_wait(set, &event, 1, 2000);
    close(set);
    return result < 0 ? -1 : (long)event.events;
}

/* All of them wait at once, one thread leads; the first that is told leaves. */
static void together(void)
{
    struct waiter waiters[4];
    int pairs[4][2];
    static long (*const calls[])(int) = {do_recv, do_poll, do_epoll, do_recv};
    static const char *const names[] = {"recv", "poll", "epoll", "recv again"};
    section("four wait together");
    for (int i = 0; i < 4; i++) {
        connect_pair(AF_INET, pairs[i]);
        start(&waiters[i], names[i], calls[i], pairs[i][0]);
    }
    for (int i = 0; i < 4; i++) {
        send(pairs[i][1], "x", 1, 0);
        finish(&waiters[i]);
        close_pair(pairs[i]);
    }
}

void transcribe_waiting(void)
{
    by_another();
    closed();
    interrupted(0);
    interrupted(SA_RESTART);
    times();
    together();
}
