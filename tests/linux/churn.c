/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that do on sockets what others do not expect: connections that are refused, made again
 * and reset, listeners that are shut while another thread accepts, sockets that are closed while
 * another one reads, and in between bytes that have to arrive. No call may hang or return what it
 * cannot. With `restart` it goes on until SIGTERM comes, whatever becomes of the TCP/IP server
 * meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 6
#define ROUNDS  60

static int restarts;
static volatile sig_atomic_t stop;
static unsigned failures, rounds[THREADS];

static void wrong(const char *what, long result)
{
    printf("not ok - %s: %ld, %s\n", what, result, strerror(errno));
    __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
}

/* While the server has died, or a connection was its, these are no surprise. */
static int is_restart(void)
{
    return restarts && (errno == ECONNRESET || errno == EPIPE || errno == ENETDOWN ||
                        errno == ENOTCONN || errno == ECONNABORTED || errno == ECONNREFUSED ||
                        errno == EADDRINUSE || errno == ETIMEDOUT || errno == EAGAIN);
}

static int require(const char *what, long result)
{
    if (result < 0 && !is_restart())
        wrong(what, result);
    return result >= 0;
}

static struct sockaddr_in address_of(int fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    getsockname(fd, (struct sockaddr *)&address, &length);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int new_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    /* A connection that the server took along is waited for no longer than that. */
    struct timeval time = {2, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (!require("socket", fd))
        return -1;
    if (restarts)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    if (require("bind", bind(fd, (struct sockaddr *)&address, sizeof(address))) &&
        require("listen", listen(fd, 8)))
        return fd;
    close(fd);
    return -1;
}

static int join(int fd, const struct sockaddr_in *address)
{
    return connect(fd, (const struct sockaddr *)address, sizeof(*address));
}

/* What is sent arrives, as edges tell it, and reads that fall short. */
static void talk(int from, int to)
{
    char bytes[3000];
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLRDHUP};
    int epoll = epoll_create1(0), one = 1;
    long sent = 0, received = 0;
    setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    epoll_ctl(epoll, EPOLL_CTL_ADD, to, &event);
    memset(bytes, 'x', sizeof(bytes));
    for (int i = 0; i < 5; i++) {
        long piece = send(from, bytes, 500 + 100 * (unsigned)i, MSG_NOSIGNAL);
        if (!require("send", piece))
            break;
        sent += piece;
        while (received < sent) {
            int told = epoll_wait(epoll, &event, 1, 10000);
            if (told < 0 && errno == EINTR)
                continue; /* the signal that ends it */
            piece = told == 1 ? recv(to, bytes, sizeof(bytes), MSG_DONTWAIT) : 0;
            if (told != 1)
                wrong("no event for bytes that were sent", told);
            if (piece < 0 && errno == EAGAIN)
                continue;
            if (!require("recv", piece) || piece == 0)
                goto over;
            received += piece;
        }
    }
over:
    if (received != sent && !restarts)
        wrong("bytes that did not arrive", sent - received);
    close(epoll);
}

static void *accept_one(void *listener)
{
    int fd = accept((int)(long)listener, NULL, NULL);
    return (void *)(long)(fd < 0 ? -errno : fd);
}

static void *read_one(void *fd)
{
    char byte;
    long length = recv((int)(long)fd, &byte, 1, 0);
    return (void *)(length < 0 ? -(long)errno : length);
}

/* Refused, then made by the same socket, undone, and made again. */
static void again(void)
{
    int listener = new_listener(), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr undone = {.sa_family = AF_UNSPEC};
    if (listener < 0 || !require("socket", client))
        return;
    struct sockaddr_in address = address_of(listener);
    shutdown(listener, SHUT_RDWR);
    if (join(client, &address) == 0)
        wrong("connect to a listener that was shut", 0);
    if (require("listen again", listen(listener, 8))) {
        address = address_of(listener);
        for (int i = 0; i < 2; i++) {
            if (!require("connect again", join(client, &address)))
                break;
            int server = accept(listener, NULL, NULL);
            if (!require("accept", server))
                break;
            talk(client, server);
            require("connect to nobody", connect(client, &undone, sizeof(undone)));
            close(server);
        }
    }
    close(client);
    close(listener);
}

/* A listener goes while another thread waits for its connections. */
static void shut(void)
{
    pthread_t thread;
    void *result;
    int listener = new_listener();
    if (listener < 0)
        return;
    pthread_create(&thread, NULL, accept_one, (void *)(long)listener);
    if (rand() % 2)
        usleep(500);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, &result);
    if ((long)result != -EINVAL && !restarts)
        wrong("accept of a listener that was shut", (long)result);
    close(listener);
}

/* The descriptor goes while another thread reads; its bytes come all the same, or a reset. */
static void leave(void)
{
    pthread_t thread;
    void *result;
    int listener = new_listener(), client = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || !require("socket", client))
        return;
    struct sockaddr_in address = address_of(listener);
    int server = -1;
    if (require("connect", join(client, &address)) &&
        require("accept", server = accept(listener, NULL, NULL))) {
        struct linger linger = {1, 0};
        int resets = rand() % 2;
        pthread_create(&thread, NULL, read_one, (void *)(long)server);
        if (rand() % 2)
            usleep(500);
        if (resets)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        else
            send(client, "x", 1, MSG_NOSIGNAL);
        close(client);
        client = -1;
        pthread_join(thread, &result);
        if ((long)result != (resets ? -ECONNRESET : 1) && !restarts)
            wrong("recv while the other end closes", (long)result);
        close(server);
    }
    if (client >= 0)
        close(client);
    close(listener);
}

static void end(int number)
{
    (void)number;
    stop = 1;
}

static void *churn(void *number)
{
    static void (*const parts[])(void) = {again, shut, leave};
    unsigned self = (unsigned)(unsigned long)number;
    for (unsigned i = 0; restarts ? !stop : i < ROUNDS; i++) {
        parts[(i + self) % 3]();
        __atomic_fetch_add(&rounds[self], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    restarts = argc > 1 && strcmp(argv[1], "restart") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    for (unsigned long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, churn, (void *)i);
    printf("churning\n");
    unsigned done = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        done += rounds[i];
    }
    printf("churned: %u rounds, %u failures\n", done, failures);
    return failures > 0;
}
