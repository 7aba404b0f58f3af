/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for descriptors: epoll in all its modes, poll, select, pipes, eventfd, timerfd, sendfile;
 * alone, by many threads at once, and with signals. Prints TAP; holds on Linux, too. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static unsigned number;
static int failed;

static void check(int good, const char *what)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++number, what);
    fflush(stdout);
    failed |= !good;
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int control(int epoll, int operation, int descriptor, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = descriptor};
    return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

/* The events of the one descriptor that is ready; 0: none, -1: not just that one. */
static int events_of(int epoll, int descriptor, int timeout)
{
    struct epoll_event found[4];
    int count = epoll_wait(epoll, found, 4, timeout);
    if (count == 0)
        return 0;
    return count == 1 && found[0].data.fd == descriptor ? (int)found[0].events : -1;
}

/* ---- epoll. ---------------------------------------------------------------------------------- */

static void edges(void)
{
    int pipe[2], epoll = epoll_create1(EPOLL_CLOEXEC);
    uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    char bytes[8];
    if (pipe2(pipe, O_NONBLOCK) < 0)
        return;
    check(control(epoll, EPOLL_CTL_ADD, pipe[0], all) == 0 && events_of(epoll, pipe[0], 0) == 0,
          "an edge: nothing at first");
    check(write(pipe[1], "a", 1) == 1 && events_of(epoll, pipe[0], 0) == EPOLLIN &&
              events_of(epoll, pipe[0], 0) == 0,
          "told once");
    check(write(pipe[1], "b", 1) == 1 && events_of(epoll, pipe[0], 0) == EPOLLIN &&
              read(pipe[0], bytes, 8) == 2 && events_of(epoll, pipe[0], 0) == 0,
          "again for what comes later, and no more once it is read");
    check(control(epoll, EPOLL_CTL_ADD, pipe[1], all) == 0 &&
              events_of(epoll, pipe[1], 0) == EPOLLOUT && events_of(epoll, pipe[1], 0) == 0,
          "the writing end is ready from the beginning");
    close(pipe[1]);
    check(events_of(epoll, pipe[0], 0) == EPOLLHUP && read(pipe[0], bytes, 8) == 0,
          "the writer goes: EPOLLHUP, and its own watch is gone");
    close(pipe[0]);
    close(epoll);
}

static void levels(void)
{
    int pipe[2], epoll = epoll_create1(0);
    char bytes[8];
    if (pipe2(pipe, 0) < 0 || write(pipe[1], "a", 1) != 1)
        return;
    check(control(epoll, EPOLL_CTL_ADD, pipe[0], EPOLLIN) == 0 &&
              events_of(epoll, pipe[0], 0) == EPOLLIN && events_of(epoll, pipe[0], -1) == EPOLLIN,
          "a level is told as long as it holds");
    check(control(epoll, EPOLL_CTL_MOD, pipe[0], EPOLLIN | EPOLLONESHOT) == 0 &&
              events_of(epoll, pipe[0], 0) == EPOLLIN && events_of(epoll, pipe[0], 0) == 0 &&
              control(epoll, EPOLL_CTL_MOD, pipe[0], EPOLLIN | EPOLLONESHOT) == 0 &&
              events_of(epoll, pipe[0], 0) == EPOLLIN,
          "one shot, and loaded again");
    control(epoll, EPOLL_CTL_MOD, pipe[0], EPOLLIN);
    int second = dup(pipe[0]);
    close(pipe[0]);
    check(events_of(epoll, pipe[0], 0) == EPOLLIN, "a watch lives as long as the open file");
    check(read(second, bytes, 8) == 1 && events_of(epoll, pipe[0], 0) == 0, "read: not ready");
    close(second);
    check(write(pipe[1], "x", 1) == -1 && errno == EPIPE, "nobody reads: EPIPE");
    struct pollfd self = {.fd = epoll, .events = POLLIN};
    int event = eventfd(1, 0);
    check(poll(&self, 1, 0) == 0 && control(epoll, EPOLL_CTL_ADD, event, EPOLLIN) == 0 &&
              poll(&self, 1, 0) == 1 && self.revents == POLLIN,
          "an epoll can be polled itself");
    close(event);
    close(pipe[1]);
    close(epoll);
}

static void refusals(const char *file)
{
    int epoll = epoll_create1(0), event = eventfd(0, 0), plain = open(file, O_RDONLY);
    check(control(epoll, EPOLL_CTL_ADD, plain, EPOLLIN) == -EPERM, "a regular file: EPERM");
    check(control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN) == -EINVAL, "itself: EINVAL");
    check(control(epoll, EPOLL_CTL_MOD, event, EPOLLIN) == -ENOENT, "not there: ENOENT");
    check(control(epoll, EPOLL_CTL_ADD, event, EPOLLIN) == 0 &&
              control(epoll, EPOLL_CTL_ADD, event, EPOLLIN) == -EEXIST,
          "twice: EEXIST");
    close(plain);
    close(event);
    close(epoll);
}

/* ---- Timers. --------------------------------------------------------------------------------- */

static void timers(void)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0);
    struct itimerspec wanted = {.it_value = {0, 30000000}, .it_interval = {0, 20000000}}, left;
    uint64_t times = 0;
    control(epoll, EPOLL_CTL_ADD, timer, EPOLLIN);
    long begin = milliseconds();
    timerfd_settime(timer, 0, &wanted, NULL);
    check(events_of(epoll, timer, 5000) == EPOLLIN && milliseconds() - begin >= 30,
          "a timer wakes who waits for it, not early");
    check(read(timer, &times, 8) == 8 && times >= 1, "a read tells how often");
    usleep(100000);
    check(read(timer, &times, 8) == 8 && times >= 4, "also what nobody waited for");
    check(timerfd_gettime(timer, &left) == 0 && left.it_interval.tv_nsec == 20000000 &&
              left.it_value.tv_nsec <= 20000000,
          "what is left");
    wanted = (struct itimerspec){.it_value = {0, 0}};
    timerfd_settime(timer, 0, &wanted, NULL);
    check(events_of(epoll, timer, 50) == 0 && read(timer, &times, 8) == -1 && errno == EAGAIN,
          "stopped");
    begin = milliseconds(); /* before the time that counts: the host may stop us in between */
    clock_gettime(CLOCK_MONOTONIC, &wanted.it_value);
    wanted.it_value.tv_sec++;
    fcntl(timer, F_SETFL, 0);
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &wanted, NULL);
    check(read(timer, &times, 8) == 8 && times == 1 && milliseconds() - begin >= 999,
          "an absolute time, waited for by a read");
    close(timer);
    close(epoll);
}

/* ---- Signals. -------------------------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void count_alarm(int signal)
{
    (void)signal;
    alarms++;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = count_alarm};
    int pipe[2], epoll = epoll_create1(0);
    char byte;
    struct epoll_event event;
    sigset_t none, alarm_only;
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    if (pipe2(pipe, 0) < 0)
        return;
    ualarm(20000, 0);
    check(read(pipe[0], &byte, 1) == -1 && errno == EINTR && alarms == 1, "a signal ends a read");
    ualarm(20000, 0);
    check(poll(NULL, 0, -1) == -1 && errno == EINTR && alarms == 2, "and a poll");
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    ualarm(10000, 0);
    usleep(40000);
    check(alarms == 2, "a blocked one waits");
    check(epoll_pwait(epoll, &event, 1, -1, &none) == -1 && errno == EINTR && alarms == 3,
          "until epoll_pwait lets it through");
    ualarm(10000, 0);
    check(ppoll(NULL, 0, NULL, &none) == -1 && errno == EINTR && alarms == 4, "or ppoll");
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    close(pipe[0]);
    close(pipe[1]);
    close(epoll);
}

/* ---- Bytes. ---------------------------------------------------------------------------------- */

static void vectors(void)
{
    char a[3] = "", b[3] = "", rest[8];
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cde", 3}}, in[2] = {{a, 2}, {b, 2}};
    int pipe[2];
    if (pipe2(pipe, 0) < 0)
        return;
    check(writev(pipe[1], out, 3) == 5 && readv(pipe[0], in, 2) == 4 && !strcmp(a, "ab") &&
              !strcmp(b, "cd"),
          "vectors are gathered and scattered");
    check(read(pipe[0], rest, 8) == 1 && rest[0] == 'e', "the rest stays");
    close(pipe[0]);
    close(pipe[1]);
}

static void sends(const char *name)
{
    static char sent[5000], read_back[5000];
    int pipe[2], file = open(name, O_RDONLY);
    struct stat status;
    off_t offset = 4097;
    if (file < 0 || pipe2(pipe, 0) < 0 || fstat(file, &status) < 0)
        return;
    check(sendfile(pipe[1], file, NULL, 5000) == 5000 && read(pipe[0], sent, 5000) == 5000 &&
              pread(file, read_back, 5000, 0) == 5000 && !memcmp(sent, read_back, 5000) &&
              lseek(file, 0, SEEK_CUR) == 5000,
          "sendfile moves the file's bytes and its position");
    check(sendfile(pipe[1], file, &offset, 900) == 900 && offset == 4997 &&
              read(pipe[0], sent, 5000) == 900 && pread(file, read_back, 900, 4097) == 900 &&
              !memcmp(sent, read_back, 900),
          "or an offset of its own");
    offset = status.st_size - 5;
    check(sendfile(pipe[1], file, &offset, 900) == 5 && sendfile(pipe[1], file, &offset, 9) == 0,
          "up to the end of the file");
    close(pipe[0]);
    close(pipe[1]);
    close(file);
}

/* ---- A ring of threads, each waiting in its own way, while others open and close. -------------
 */

#define NODES  8
#define ROUNDS 500

static int ring[NODES][2];
static int finished;

static int wait_own_way(int node, int epoll)
{
    int in = ring[node][0];
    fd_set set;
    struct pollfd place = {.fd = in, .events = POLLIN};
    switch (node % 4) {
    case 0:
        return events_of(epoll, in, -1) == EPOLLIN;
    case 1:
        return poll(&place, 1, -1) == 1;
    case 2:
        FD_ZERO(&set);
        FD_SET(in, &set);
        return select(in + 1, &set, NULL, NULL, NULL) == 1;
    default:
        return 1;
    }
}

static void *pass_on(void *argument)
{
    int node = (int)(intptr_t)argument, epoll = epoll_create1(0);
    uint32_t token = 0;
    control(epoll, EPOLL_CTL_ADD, ring[node][0], EPOLLIN | (node & 4 ? EPOLLET : 0));
    while (token < ROUNDS) {
        if (!wait_own_way(node, epoll) || read(ring[node][0], &token, 4) != 4)
            return NULL;
        token += node == 0;
        if (write(ring[(node + 1) % NODES][1], &token, 4) != 4)
            return NULL;
    }
    close(epoll);
    return argument;
}

static void *open_and_close(void *argument)
{
    for (unsigned turn = 0; !__atomic_load_n(&finished, __ATOMIC_RELAXED); turn++) {
        int pipe[2], epoll = epoll_create1(0);
        struct epoll_event event;
        if (pipe2(pipe, 0) < 0)
            return NULL;
        control(epoll, EPOLL_CTL_ADD, pipe[0], EPOLLIN);
        if (turn & 1 && write(pipe[1], "x", 1) != 1)
            return NULL;
        epoll_wait(epoll, &event, 1, 0);
        close(turn & 2 ? epoll : pipe[0]);
        close(pipe[1]);
        close(turn & 2 ? pipe[0] : epoll);
        usleep(100);
    }
    return argument;
}

static void threads(void)
{
    pthread_t nodes[NODES], others[2];
    void *result;
    uint32_t token = 0;
    int good = 1, before = dup(0), after;
    close(before);
    for (int i = 0; i < NODES; i++)
        good &= pipe2(ring[i], 0) == 0;
    for (intptr_t i = 0; i < NODES; i++)
        good &= pthread_create(&nodes[i], NULL, pass_on, (void *)i) == 0;
    for (intptr_t i = 0; i < 2; i++)
        good &= pthread_create(&others[i], NULL, open_and_close, (void *)(i + 1)) == 0;
    good &= write(ring[0][1], &token, 4) == 4;
    for (intptr_t i = 0; i < NODES; i++)
        good &= pthread_join(nodes[i], &result) == 0 && result == (void *)i;
    __atomic_store_n(&finished, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        good &= pthread_join(others[i], &result) == 0 && result != NULL;
    check(good, "a token goes round eight threads that wait in four ways");
    for (int i = 0; i < NODES; i++) {
        close(ring[i][0]);
        close(ring[i][1]);
    }
    after = dup(0);
    check(before == after, "no descriptor is left");
    close(after);
}

int main(int count, char **arguments)
{
    const char *file = count > 1 ? arguments[1] : arguments[0];
    signal(SIGPIPE, SIG_IGN);
    edges();
    levels();
    refusals(file);
    timers();
    signals();
    vectors();
    sends(file);
    threads();
    printf("1..%u\n", number);
    return failed || number != 33;
}
