/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Linux takes for what Anser's channels do: words and pages that go to another process and
 * back. Runs in the Linux guest only. Under -icount shift=0 a nanosecond of the clock is an
 * instruction. `pingpong harts` keeps the two processes on a hart each.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      10000
#define ROUNDS_FEW  500 /* where each has to wake the other hart */
#define LENGTH_MAX  4096
#define SERVER_HART 1

static bool separate_harts;
static int rounds = ROUNDS;
static char message[LENGTH_MAX] __attribute__((aligned(LENGTH_MAX)));

/* Two ends: what the client reads and writes, what the server does. */
struct path {
    int client_in, client_out, server_in, server_out;
};

static void check(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void report(const char *name, uint64_t taken, const char *how)
{
    printf("BENCH %s %s %lu %s, mean of %d\n", name,
           separate_harts ? "nanoseconds" : "instructions",
           (unsigned long)((taken + (uint64_t)rounds / 2) / (uint64_t)rounds), how, rounds);
}

static void stay_on(unsigned hart)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(hart, &set);
    if (separate_harts)
        check(sched_setaffinity(0, sizeof(set), &set) == 0, "sched_setaffinity");
}

/* All of it, however many pieces it comes in; false at the end of the file. */
static bool read_whole(int descriptor, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t part = read(descriptor, message + got, length - got);
        if (part <= 0)
            return false;
        got += (size_t)part;
    }
    return true;
}

static bool write_whole(int descriptor, size_t length)
{
    return write(descriptor, message, length) == (ssize_t)length;
}

/* ---- Descriptors: pipes, sockets, eventfd. --------------------------------------------------- */

static struct path pipe_path(void)
{
    int there[2], back[2];
    check(pipe(there) == 0 && pipe(back) == 0, "pipe");
    return (struct path){back[0], there[1], there[0], back[1]};
}

static struct path socket_path(void)
{
    int ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    return (struct path){ends[0], ends[0], ends[1], ends[1]};
}

static struct path event_path(void)
{
    int there = eventfd(0, 0), back = eventfd(0, 0);
    check(there >= 0 && back >= 0, "eventfd");
    return (struct path){back, there, there, back};
}

/* What a message of an eventfd is: 1, to be added. */
static void set_message(void)
{
    memset(message, 0, sizeof(message));
    message[0] = 1;
}

static pid_t start_echo(const struct path *path, size_t length)
{
    fflush(stdout);
    pid_t server = fork();
    check(server >= 0, "fork");
    if (server == 0) {
        stay_on(SERVER_HART);
        while (read_whole(path->server_in, length) && write_whole(path->server_out, length)) {}
        _exit(0);
    }
    return server;
}

static void measure_path(const char *name, struct path path, size_t length, const char *how)
{
    pid_t server = start_echo(&path, length);
    bool good = true;
    uint64_t begin = 0;
    for (int i = -rounds / 10; i < rounds; i++) {
        if (i == 0)
            begin = now();
        good &= write_whole(path.client_out, length) && read_whole(path.client_in, length);
    }
    uint64_t taken = now() - begin;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    close(path.client_in);
    close(path.client_out);
    close(path.server_in);
    close(path.server_out);
    check(good, name);
    report(name, taken, how);
}

/* The same while a third process computes, of the lowest priority that there is. */
static void measure_busy(void)
{
    struct sched_param lowest = {0};
    fflush(stdout);
    pid_t rival = fork();
    check(rival >= 0, "fork");
    if (rival == 0) {
        sched_setscheduler(0, SCHED_IDLE, &lowest);
        for (;;)
            __asm__ volatile("");
    }
    measure_path("pipe_8_busy", pipe_path(), 8,
                 "8 bytes through two pipes, there and back, beside a busy SCHED_IDLE process");
    kill(rival, SIGKILL);
    waitpid(rival, NULL, 0);
}

/* ---- A futex in shared memory. --------------------------------------------------------------- */

struct turns {
    uint32_t there, back;
};

static void futex(uint32_t *word, int operation, uint32_t value)
{
    syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void post(uint32_t *word)
{
    __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
    futex(word, FUTEX_WAKE, 1);
}

static void await(uint32_t *word)
{
    while (__atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST) == 0)
        futex(word, FUTEX_WAIT, 0);
}

static void measure_futex(void)
{
    struct turns *turns =
        mmap(NULL, sizeof(*turns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(turns != MAP_FAILED, "mmap");
    fflush(stdout);
    pid_t other = fork();
    check(other >= 0, "fork");
    if (other == 0) {
        for (;;) {
            await(&turns->there);
            post(&turns->back);
        }
    }
    uint64_t begin = 0;
    for (int i = -rounds / 10; i < rounds; i++) {
        if (i == 0)
            begin = now();
        post(&turns->there);
        await(&turns->back);
    }
    report("futex", now() - begin, "futex wake and wait in shared memory, there and back");
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

int main(int argc, char **argv)
{
    separate_harts = argc == 2 && strcmp(argv[1], "harts") == 0;
    set_message();
    stay_on(0);
    if (separate_harts) {
        rounds = ROUNDS_FEW;
        measure_path("pipe_8_cross_hart", pipe_path(), 8,
                     "8 bytes through two pipes, there and back, a process on each of two harts");
        return 0;
    }
    measure_path("pipe_8", pipe_path(), 8, "8 bytes through two pipes, there and back");
    measure_path("pipe_64", pipe_path(), 64, "64 bytes through two pipes, there and back");
    measure_path("pipe_4k", pipe_path(), 4096, "4 KiB through two pipes, there and back");
    measure_path("socketpair_8", socket_path(), 8, "8 bytes through a socketpair, there and back");
    measure_path("socketpair_4k", socket_path(), 4096,
                 "4 KiB through a socketpair, there and back");
    measure_path("eventfd", event_path(), 8, "two eventfds, there and back");
    measure_futex();
    measure_busy();
    return 0;
}
