/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for sockets: poll, select, epoll, time limits, signals, threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <unistd.h>
#include "sockets.h"

static int poll_one(int descriptor, int events, int timeout)
{
    struct pollfd one = {.fd = descriptor, .events = (short)events};
    return poll(&one, 1, timeout) < 0 ? -1 : one.revents;
}

static void polls(void)
{
    int ends[2];
    char byte;
    int listener = listen_at(AF_INET, 1), fresh = socket(AF_INET, SOCK_STREAM, 0);
    check(poll_one(fresh, POLLIN | POLLOUT, 0) == (POLLOUT | POLLHUP), "poll of a fresh socket");
    check(poll_one(listener, POLLIN | POLLOUT, 0) == 0, "nobody waits at a listener");
    union address address = loopback(AF_INET, port_of(listener));
    connect(fresh, &address.any, sizeof(address.in));
    check(poll_one(listener, POLLIN, -1) == POLLIN, "somebody does");
    close(fresh);
    close(listener);
    connect_pair(AF_INET, ends);
    check(poll_one(ends[0], POLLIN | POLLOUT, 0) == POLLOUT,
          "an idle connection can be written to");
    send(ends[1], "x", 1, 0);
    check(poll_one(ends[0], POLLIN, -1) == POLLIN && read(ends[0], &byte, 1) == 1 &&
              poll_one(ends[0], POLLIN, 0) == 0,
          "POLLIN while there are bytes");
    shutdown(ends[1], SHUT_WR);
    check(poll_one(ends[0], POLLIN | POLLRDHUP, -1) == (POLLIN | POLLRDHUP), "POLLRDHUP");
    shutdown(ends[0], SHUT_WR);
    int events = 0;
    /* The end of the other direction takes its way. */
    while (!(events & POLLHUP))
        events = poll_one(ends[0], POLLIN | POLLRDHUP, -1);
    check(events == (POLLIN | POLLRDHUP | POLLHUP), "POLLHUP when both directions have ended");
    close(ends[0]);
    close(ends[1]);
}

static void selects(void)
{
    int ends[2];
    fd_set reads, writes;
    connect_pair(AF_INET, ends);
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(ends[0], &reads);
    FD_SET(ends[1], &reads);
    FD_SET(ends[1], &writes);
    send(ends[1], "x", 1, 0);
    /* The byte may still be on its way. */
    poll_one(ends[0], POLLIN, -1);
    check(select(64, &reads, &writes, NULL, NULL) == 2 && FD_ISSET(ends[0], &reads) &&
              !FD_ISSET(ends[1], &reads) && FD_ISSET(ends[1], &writes),
          "select");
    FD_ZERO(&reads);
    FD_SET(ends[1], &reads);
    struct timeval shortly = {.tv_usec = 20000};
    check(select(64, &reads, NULL, NULL, &shortly) == 0, "select with a time limit");
    close(ends[0]);
    close(ends[1]);
}

static uint32_t epoll_one(int epoll, int timeout)
{
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, timeout);
    return count == 1 ? event.events : 0;
}

static void edges(void)
{
    char bytes[64];
    int ends[2], epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    connect_pair(AF_INET, ends);
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
    check(epoll_one(epoll, -1) == EPOLLOUT && epoll_one(epoll, 0) == 0,
          "edge-triggered: the first look tells what holds, once");
    send(ends[1], "x", 1, 0);
    check(epoll_one(epoll, -1) & EPOLLIN && recv(ends[0], bytes, 64, MSG_DONTWAIT) == 1 &&
              error_of(recv(ends[0], bytes, 64, MSG_DONTWAIT)) == EAGAIN,
          "then each arrival");
    send(ends[1], "y", 1, 0);
    check(epoll_one(epoll, -1) & EPOLLIN, "and the next one");
    close(ends[1]);
    check(epoll_one(epoll, -1) & EPOLLRDHUP, "and the end");
    close(ends[0]);
    close(epoll);
}

static void full(void)
{
    static char bytes[65536];
    int ends[2], epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET};
    ssize_t sent = 0, piece;
    connect_pair(AF_INET, ends);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while ((piece = write(ends[0], bytes, sizeof(bytes))) > 0 || poll_one(ends[0], POLLOUT, 50))
        sent += piece > 0 ? piece : 0;
    check(errno == EAGAIN && sent > 0 && poll_one(ends[0], POLLOUT, 0) == 0,
          "a peer that does not read: EAGAIN at last");
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
    int before = epoll_one(epoll, 0) == 0;
    while (sent > 0 && (piece = recv(ends[1], bytes, sizeof(bytes), 0)) > 0)
        sent -= piece;
    check(before && sent == 0 && epoll_one(epoll, -1) & EPOLLOUT,
          "when it does, there is room again");
    close(ends[0]);
    close(ends[1]);
    close(epoll);
}

static void without_waiting(void)
{
    int error = -1, listener = listen_at(AF_INET, 1);
    socklen_t length = sizeof(error);
    union address address = loopback(AF_INET, port_of(listener));
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int status = error_of(connect(client, &address.any, sizeof(address.in)));
    check((status == EINPROGRESS || status == 0) && poll_one(client, POLLOUT, -1) == POLLOUT &&
              getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0,
          "connecting without waiting");
    fcntl(listener, F_SETFL, O_NONBLOCK);
    int server = accept(listener, NULL, NULL);
    check(server >= 0 && error_of(accept(listener, NULL, NULL)) == EAGAIN,
          "accepting without waiting");
    close(server);
    close(client);
    close(listener);
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    status = error_of(connect(client, &address.any, sizeof(address.in)));
    if (status == EINPROGRESS) {
        status = poll_one(client, POLLOUT, -1) & POLLERR ? 0 : 1;
        getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length);
    } else {
        error = status;
        status = 0;
    }
    check(status == 0 && error == ECONNREFUSED, "and being refused");
    close(client);
}

static void times_and_signals(void);

static void *answer_later(void *argument)
{
    int descriptor = *(int *)argument;
    char byte;
    usleep(20000);
    return (void *)(intptr_t)(send(descriptor, "x", 1, 0) == 1 &&
                              recv(descriptor, &byte, 1, 0) == 1);
}

static void threads(void)
{
    pthread_t thread;
    void *result;
    int ends[2];
    char byte;
    connect_pair(AF_INET, ends);
    pthread_create(&thread, NULL, answer_later, &ends[1]);
    int good = recv(ends[0], &byte, 1, 0) == 1 && send(ends[0], "y", 1, 0) == 1;
    pthread_join(thread, &result);
    check(good && result, "one thread waits for what another one sends");
    close(ends[0]);
    close(ends[1]);
}

static void file_to_socket(void)
{
    static char sent[4096], got[4096];
    int ends[2], file = open("/proc/self/exe", O_RDONLY);
    connect_pair(AF_INET, ends);
    int good = pread(file, sent, sizeof(sent), 100) == sizeof(sent);
    off_t offset = 100;
    good &= sendfile(ends[0], file, &offset, sizeof(sent)) == sizeof(sent) && offset == 4196;
    check(good && receive_all(ends[1], got, sizeof(got)) && memcmp(sent, got, sizeof(got)) == 0,
          "sendfile");
    close(file);
    close(ends[0]);
    close(ends[1]);
}

void test_waiting(void)
{
    polls();
    selects();
    edges();
    full();
    without_waiting();
    times_and_signals();
    threads();
    file_to_socket();
}

/* ---- Time limits and signals. ---------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
    (void)signal;
    alarms++;
}

static void alarm_soon(int flags)
{
    struct sigaction action = {.sa_handler = count_alarm, .sa_flags = flags};
    struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    alarms = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
}

/* The alarm is for the other thread. */
static void *answer_after_alarm(void *argument)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    while (!alarms)
        usleep(1000);
    send(*(int *)argument, "x", 1, 0);
    return NULL;
}

static void times_and_signals(void)
{
    struct timeval limit = {.tv_usec = 20000};
    int ends[2];
    char byte;
    connect_pair(AF_INET, ends);
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    check(error_of(recv(ends[0], &byte, 1, 0)) == EAGAIN, "SO_RCVTIMEO: EAGAIN");
    limit.tv_usec = 0;
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    alarm_soon(0);
    check(error_of(recv(ends[0], &byte, 1, 0)) == EINTR && alarms == 1, "a signal: EINTR");
    pthread_t thread;
    alarm_soon(SA_RESTART);
    pthread_create(&thread, NULL, answer_after_alarm, &ends[1]);
    check(recv(ends[0], &byte, 1, 0) == 1 && alarms == 1, "with SA_RESTART it goes on");
    pthread_join(thread, NULL);
    int listener = listen_at(AF_INET, 1);
    alarm_soon(0);
    check(error_of(accept(listener, NULL, NULL)) == EINTR && alarms == 1,
          "a signal ends accept, too");
    close(listener);
    close(ends[0]);
    close(ends[1]);
}
