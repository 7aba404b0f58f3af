/* SPDX-License-Identifier: BSD-2-Clause */
/* `ping`: ICMP echo over IPv4 or IPv6, with the time that each answer took, or who says that there
 * can be none. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "clock.h"
#include "errno.h"
#include "icmp_error.h"
#include "interrupt.h"
#include "socket.h"
#include "socket_text.h"

#define HEADER        8 /* type, code, checksum, identifier, sequence */
#define SIZE_MAX_ECHO 65000

static struct {
    uint64_t count;       /* 0: without end */
    uint64_t interval_ms; /* between two requests */
    uint64_t wait_ms;     /* for an answer */
    uint64_t size;        /* bytes of data */
    uint64_t hops;        /* 0: as usual */
} wanted = {.interval_ms = 1000, .wait_ms = 2000, .size = 56};

static struct {
    uint64_t sent;
    uint64_t received;
    uint64_t errors;
    uint64_t least; /* ticks */
    uint64_t most;
    uint64_t sum;
} seen = {.least = UINT64_MAX};

static const char *host; /* as it was asked for */

INTERRUPT_HEEDED;

static double milliseconds(uint64_t ticks)
{
    return (double)ticks * 1000 / (double)clock_hertz();
}

/* For a request, an answer, or an error. */
static size_t room(void)
{
    size_t bytes = HEADER + wanted.size;
    return bytes > ICMP_ERROR_BYTES ? bytes : ICMP_ERROR_BYTES;
}

static void make_request(uint8_t *message, uint16_t sequence)
{
    memset(message, 0, HEADER);
    message[6] = (uint8_t)(sequence >> 8);
    message[7] = (uint8_t)sequence;
    for (uint64_t i = 0; i < wanted.size; i++)
        message[HEADER + i] = (uint8_t)(i + sequence);
}

/* Whether an answer is the one to this request, byte for byte. */
static bool is_answer(const uint8_t *answer, int64_t length, const uint8_t *request)
{
    return length == (int64_t)(HEADER + wanted.size) && memcmp(answer + 6, request + 6, 2) == 0 &&
           memcmp(answer + HEADER, request + HEADER, wanted.size) == 0;
}

static void note(uint64_t ticks, const struct socket_address *from, uint16_t sequence)
{
    char text[SOCKET_TEXT];
    seen.received++;
    seen.sum += ticks;
    if (ticks < seen.least)
        seen.least = ticks;
    if (ticks > seen.most)
        seen.most = ticks;
    printf("%" PRIu64 " bytes from %s: sequence %u, %.3f ms\n", HEADER + wanted.size,
           socket_text(from, text), sequence, milliseconds(ticks));
    fflush(stdout);
}

/* Whether somebody says that this request cannot arrive; shows it. */
static bool is_error(const uint8_t *message, int64_t length, const struct socket_address *from,
                     uint16_t sequence)
{
    struct icmp_error error;
    char text[SOCKET_TEXT];
    if (!icmp_error_read(&error, from->family, message, (size_t)length) ||
        error.protocol != ICMP_ERROR_ECHO || error.sequence != sequence)
        return false;
    seen.errors++;
    printf("from %s: sequence %u, %s", socket_text(from, text), sequence, error.text);
    if (error.mtu != 0)
        printf(" (%" PRIu32 " bytes fit)", error.mtu);
    putchar('\n');
    fflush(stdout);
    return true;
}

/* One request and its answer, or an error; late ones of earlier requests are passed over. */
static int ask(struct socket *socket, uint16_t sequence, uint8_t *request, uint8_t *answer)
{
    struct socket_address from;
    make_request(request, sequence);
    uint64_t begun = clock_now();
    uint64_t deadline = clock_after(wanted.wait_ms);
    int64_t status =
        socket_send_to(socket, request, (uint32_t)(HEADER + wanted.size), NULL, deadline);
    if (status < 0)
        return (int)status;
    seen.sent++;
    do {
        status = socket_receive_from(socket, answer, (uint32_t)room(), &from, deadline);
        if (status < 0)
            return (int)status;
        if (is_error(answer, status, &from, sequence))
            return 0;
    } while (!is_answer(answer, status, request));
    note(clock_now() - begun, &from, sequence);
    return 0;
}

/* Once, by whoever ends first: the last request's answer, or Ctrl-C. */
static void summarize(void)
{
    static uint32_t is_said;
    if (__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        return;
    uint64_t lost = seen.sent - seen.received;
    printf("%s: %" PRIu64 " sent, %" PRIu64 " received, ", host, seen.sent, seen.received);
    if (seen.errors > 0)
        printf("%" PRIu64 " errors, ", seen.errors);
    printf("%" PRIu64 "%% lost\n", seen.sent == 0 ? 0 : 100 * lost / seen.sent);
    if (seen.received > 0)
        printf("least %.3f ms, mean %.3f ms, most %.3f ms\n", milliseconds(seen.least),
               milliseconds(seen.sum / seen.received), milliseconds(seen.most));
}

/* Ctrl-C is how it usually ends, and no error. */
static void told(int number)
{
    (void)number;
    summarize();
    exit(seen.received == 0);
}

static int run(struct socket *socket)
{
    uint8_t *request = malloc(2 * room());
    if (request == NULL)
        return -ENOMEM;
    uint16_t sequence = 0;
    for (uint64_t i = 0; wanted.count == 0 || i < wanted.count; i++) {
        uint64_t next = clock_after(wanted.interval_ms);
        int error = ask(socket, ++sequence, request, request + room());
        if (error == -ETIMEDOUT)
            printf("no answer: sequence %u\n", sequence);
        else if (error < 0)
            return error;
        if (i + 1 != wanted.count)
            clock_sleep_until(next);
    }
    free(request);
    summarize();
    return 0;
}

static bool read_number(const char *text, double scale, uint64_t most, uint64_t *number)
{
    char *end;
    double value = strtod(text, &end) * scale;
    if (end == text || *end != '\0' || !(value >= 0) || value > (double)most)
        return false;
    *number = (uint64_t)value;
    return true;
}

static int usage(void)
{
    fputs("usage: ping [-4|-6] [-c COUNT] [-i SECONDS] [-s BYTES] [-t HOPS] [-W SECONDS] HOST\n",
          stderr);
    return 2;
}

static bool read_options(int argc, char **argv, uint8_t *family)
{
    int option;
    while ((option = getopt(argc, argv, "46c:i:s:t:W:")) != -1) {
        bool good = true;
        if (option == '4')
            *family = SOCKET_FAMILY_4;
        else if (option == '6')
            *family = SOCKET_FAMILY_6;
        else if (option == 'c')
            good = read_number(optarg, 1, 1000000000, &wanted.count);
        else if (option == 'i')
            good = read_number(optarg, 1000, 86400000, &wanted.interval_ms);
        else if (option == 's')
            good = read_number(optarg, 1, SIZE_MAX_ECHO, &wanted.size);
        else if (option == 't')
            good = read_number(optarg, 1, 255, &wanted.hops) && wanted.hops > 0;
        else if (option == 'W')
            good = read_number(optarg, 1000, 86400000, &wanted.wait_ms);
        else
            return false;
        if (!good) {
            fprintf(stderr, "ping: -%c cannot be '%s'\n", option, optarg);
            return false;
        }
    }
    return optind == argc - 1;
}

static int fail(const char *what, int64_t status)
{
    fprintf(stderr, "ping: %s: %s\n", what,
            status == -ENOENT ? "there is no such name" : strerror((int)-status));
    return 2;
}

/* A socket for this address alone, that hears of errors. What failed is in *what. */
static int64_t prepare(struct socket *socket, const struct socket_address *to, const char **what)
{
    int64_t status = socket_open(socket, to->family, SOCKET_ECHO);
    if (status < 0) {
        *what = "no socket";
        return status;
    }
    status = socket_set(socket, SOCKET_OPTION_ERRORS, 1, NULL);
    if (status == 0 && wanted.hops > 0)
        status = socket_set(socket, SOCKET_OPTION_HOPS, wanted.hops, NULL);
    return status < 0 ? status : socket_connect(socket, to);
}

int main(int argc, char **argv)
{
    static struct socket socket;
    struct socket_address to;
    uint8_t family = 0;
    char text[SOCKET_TEXT];
    if (!read_options(argc, argv, &family))
        return usage();
    host = argv[optind];
    int64_t status = socket_begin();
    if (status < 0)
        return fail("no network", status);
    if (!socket_text_read(host, &to)) {
        status = socket_resolve(host, family, &to, 1);
        if (status < 0)
            return fail(host, status);
    }
    const char *what = host;
    status = prepare(&socket, &to, &what);
    if (status < 0)
        return fail(what, status);
    printf("%s is %s, %" PRIu64 " bytes of data\n", host, socket_text(&to, text), wanted.size);
    interrupt_watch(told);
    int error = run(&socket);
    socket_close(&socket);
    if (error < 0)
        return fail(host, error);
    return seen.received == 0;
}
