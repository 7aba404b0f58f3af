/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of streams: flags, vectors, messages, limits of memory, sendfile. */
#include "transcript.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int ends[2];
static char bytes[256];

static void say_bytes(long length)
{
    if (length >= 0)
        note("  \"%.*s\"", (int)length, bytes);
}

static void flags(void)
{
    section("flags of recv and send");
    connect_pair(AF_INET, ends);
    DO(recv(ends[1], bytes, 8, MSG_DONTWAIT));
    DO(recv(ends[1], bytes, 0, MSG_DONTWAIT));
    DO(recv(ends[1], bytes, 8, MSG_DONTWAIT | MSG_PEEK));
    DO(recv(ends[1], bytes, 8, MSG_OOB));
    DO(recv(ends[1], bytes, 8, MSG_ERRQUEUE));
    DO(send(ends[0], "abcdef", 6, MSG_MORE));
    DO(send(ends[0], "", 0, 0));
    DO(send(ends[0], "ghij", 4, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_DONTROUTE));
    settle();
    int count = 0;
    DO(ioctl(ends[1], FIONREAD, &count));
    note("bytes %d", count);
    say_bytes(DO(recv(ends[1], bytes, 3, MSG_PEEK)));
    say_bytes(DO(recv(ends[1], bytes, 2, 0)));
    DO(recv(ends[1], NULL, 3, MSG_TRUNC));
    say_bytes(DO(recv(ends[1], bytes, 0, 0)));
    say_bytes(DO(recv(ends[1], bytes, 2, MSG_WAITALL)));
    say_bytes(DO(recv(ends[1], bytes, 100, MSG_WAITALL | MSG_DONTWAIT)));
    DO(recv(ends[1], bytes, 100, MSG_WAITALL | MSG_DONTWAIT));
    DO(recv(ends[1], bytes, 8, 0x800000 | MSG_DONTWAIT));
    pause_milliseconds(500);
    DO(ioctl(ends[0], TIOCOUTQ, &count));
    note("not acknowledged: %d", count);
    close_pair(ends);
}

static void *send_later(void *argument)
{
    (void)argument;
    settle();
    send(ends[0], "cd", 2, 0);
    settle();
    send(ends[0], "efgh", 4, 0);
    settle();
    shutdown(ends[0], SHUT_WR);
    return NULL;
}

static void wait_for_all(void)
{
    pthread_t thread;
    section("MSG_WAITALL");
    connect_pair(AF_INET, ends);
    send(ends[0], "ab", 2, 0);
    pthread_create(&thread, NULL, send_later, NULL);
    say_bytes(DO(recv(ends[1], bytes, 6, MSG_WAITALL)));
    say_bytes(DO(recv(ends[1], bytes, 6, MSG_WAITALL)));
    DO(recv(ends[1], bytes, 6, MSG_WAITALL));
    pthread_join(thread, NULL);
    close_pair(ends);
    connect_pair(AF_INET, ends);
    send(ends[0], "ab", 2, 0);
    pthread_create(&thread, NULL, send_later, NULL);
    say_bytes(DO(recv(ends[1], bytes, 6, MSG_WAITALL | MSG_PEEK)));
    pthread_join(thread, NULL);
    say_bytes(DO(recv(ends[1], bytes, 20, 0)));
    close_pair(ends);
}

static void vectors(void)
{
    struct iovec parts[3] = {{bytes, 2}, {NULL, 0}, {bytes + 10, 5}};
    union address peer;
    char control[64];
    section("vectors and messages");
    connect_pair(AF_INET, ends);
    memcpy(bytes, "abcdefghijklmnopq", 17);
    DO(writev(ends[0], parts, 3));
    settle();
    memset(bytes, '-', sizeof(bytes));
    DO(readv(ends[1], parts, 3));
    note("  \"%.16s\"", bytes);
    DO(writev(ends[0], parts, 0));
    DO(writev(ends[0], parts, -1));
    DO(writev(ends[0], parts, 1025));
    struct msghdr head = {.msg_iov = parts, .msg_iovlen = 3};
    DO(sendmsg(ends[0], &head, 0));
    head.msg_iovlen = 1025;
    DO(sendmsg(ends[0], &head, 0));
    head.msg_iovlen = 0;
    DO(sendmsg(ends[0], &head, 0));
    settle();
    head = (struct msghdr){.msg_name = &peer,
                           .msg_namelen = sizeof(peer),
                           .msg_iov = parts,
                           .msg_iovlen = 3,
                           .msg_control = control,
                           .msg_controllen = sizeof(control),
                           .msg_flags = 0x12345678};
    DO(recvmsg(ends[1], &head, 0));
    note("name %u bytes, control %lu, flags %#x", head.msg_namelen,
         (unsigned long)head.msg_controllen, head.msg_flags);
    DO(recvmsg(ends[1], &head, MSG_DONTWAIT));
    head.msg_iov = NULL;
    DO(recvmsg(ends[1], &head, MSG_DONTWAIT));
    DO(recvmsg(ends[1], NULL, MSG_DONTWAIT));
    DO(sendmsg(ends[0], (struct msghdr *)8, MSG_DONTWAIT));
    parts[0].iov_len = (size_t)-1;
    DO(writev(ends[0], parts, 1));
    DO(readv(ends[0], parts, 1));
    close_pair(ends);
}

static void addressed(void)
{
    union address other = loopback(AF_INET, 1), from;
    socklen_t length = sizeof(from);
    section("addresses with streams");
    connect_pair(AF_INET, ends);
    DO(sendto(ends[0], "ab", 2, 0, &other.any, sizeof(other.in)));
    DO(sendto(ends[0], "cd", 2, 0, &other.any, 3));
    settle();
    memset(&from, 0, sizeof(from));
    DO(recvfrom(ends[1], bytes, 8, 0, &from.any, &length));
    note("family %d, %u bytes", from.any.sa_family, length);
    close_pair(ends);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    DO(sendto(fd, "ab", 2, MSG_NOSIGNAL, &other.any, sizeof(other.in)));
    close(fd);
}

static void bad_memory(void)
{
    char *const nowhere = (char *)8;
    section("memory that is not there");
    connect_pair(AF_INET, ends);
    DO(send(ends[0], nowhere, 4, 0));
    DO(send(ends[0], "abcd", 4, 0));
    settle();
    DO(recv(ends[1], nowhere, 4, 0));
    say_bytes(DO(recv(ends[1], bytes, 8, MSG_DONTWAIT)));
    struct iovec parts[2] = {{bytes, 2}, {nowhere, 2}};
    memcpy(bytes, "xy", 2);
    DO(writev(ends[0], parts, 2));
    settle();
    say_bytes(DO(recv(ends[1], bytes + 4, 8, MSG_DONTWAIT)));
    send(ends[0], "abcd", 4, 0);
    settle();
    DO(readv(ends[1], parts, 2));
    say_bytes(DO(recv(ends[1], bytes, 8, MSG_DONTWAIT)));
    close_pair(ends);
}

static void full(void)
{
    static char much[65536];
    section("no room");
    connect_pair(AF_INET, ends);
    set_nonblocking(ends[0], 1);
    long sent = 0, piece;
    while ((piece = send(ends[0], much, sizeof(much), 0)) > 0)
        sent += piece;
    say("send at last", piece);
    settle();
    while ((piece = send(ends[0], much, sizeof(much), 0)) > 0)
        sent += piece;
    say_ready("full", ends[0]);
    note("much was sent: %d", sent >= 65536);
    DO(send(ends[0], much, 1, MSG_DONTWAIT));
    struct timeval time = {0, 50000};
    set_nonblocking(ends[0], 0);
    DO(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)));
    uint64_t begin = now_milliseconds();
    DO(send(ends[0], much, 1, 0));
    note("that took its time: %d", now_milliseconds() - begin >= 50);
    set_nonblocking(ends[1], 1);
    long received = 0;
    while ((piece = recv(ends[1], much, sizeof(much), 0)) > 0 || received < sent) {
        if (piece > 0)
            received += piece;
        else if (piece == 0)
            break;
        else
            settle();
    }
    note("all was received: %d", received == sent);
    say_ready("empty", ends[0]);
    close_pair(ends);
}

static void files(void)
{
    off_t offset = 3;
    int pipes[2];
    section("sendfile");
    connect_pair(AF_INET, ends);
    int file = open("/tests/linux/transcript.txt", O_RDONLY);
    note("opened: %d", file >= 0);
    DO(sendfile(ends[0], file, &offset, 4));
    note("offset %ld", (long)offset);
    DO(sendfile(ends[0], file, NULL, 3));
    DO(sendfile(ends[0], file, NULL, 1000));
    DO(sendfile(ends[0], file, NULL, 1000));
    settle();
    say_bytes(DO(recv(ends[1], bytes, 100, 0)));
    DO(sendfile(ends[0], ends[1], NULL, 4));
    if (pipe(pipes) == 0)
        DO(sendfile(pipes[1], file, &offset, 4));
    close(file);
    shutdown(ends[0], SHUT_WR);
    file = open("/tests/linux/transcript.txt", O_RDONLY);
    DO(sendfile(ends[0], file, NULL, 4));
    close(file);
    close(pipes[0]);
    close(pipes[1]);
    close_pair(ends);
}

void transcribe_transfers(void)
{
    flags();
    wait_for_all();
    vectors();
    addressed();
    bad_memory();
    full();
    files();
}
