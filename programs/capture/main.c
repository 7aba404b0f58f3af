/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shows what goes over a network interface, in and out, and keeps it for other tools:
 *     capture [-i net0] [-c COUNT] [-s BYTES] [-q] [-w - | base64 | DISK] [WORD...]
 * The words are those of filter.h. It ends after COUNT frames, or with Ctrl-C. A disk is written
 * from its beginning on; the last line says how many bytes of it are the file.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <anser/init.h>
#include "channel.h"
#include "clock.h"
#include "filter.h"
#include "interrupt.h"
#include "names.h"
#include "netif.h"
#include "pcap.h"
#include "select.h"
#include "source.h"
#include "start.h"
#include "text.h"

#define SNAP_MAX 65535

INTERRUPT_HEEDED; /* so that the file is complete when it ends */

static const char *interface = "net0", *target;
static uint64_t count_max = UINT64_MAX;
static uint32_t snap = SNAP_MAX;
static bool quiet;
static struct filter filter;

static struct netif netif;
static struct channel notice;
static uint64_t seen, begin;

/* ---- The command line. ----------------------------------------------------------------------- */

static int usage(const char *wrong, const char *word)
{
    fprintf(stderr,
            "capture: %s '%s'\n"
            "usage: capture [-i INTERFACE] [-c COUNT] [-s BYTES] [-q] [-w - | base64 | DISK]\n"
            "               [ip|ip6|arp|tcp|udp|icmp|icmp6] [host ADDRESS] [port NUMBER] "
            "[ether HEX]\n",
            wrong, word);
    return 2;
}

static bool read_count(const char *word, uint64_t most, uint64_t *value)
{
    char *end;
    *value = strtoull(word, &end, 10);
    return *word && !*end && *value >= 1 && *value <= most;
}

/* Takes an option that has a value. Returns false if the value is none. */
static bool take_option(char option, char *value)
{
    uint64_t number;
    switch (option) {
    case 'i':
        interface = value;
        return true;
    case 'w':
        target = value;
        return true;
    case 'c':
        return read_count(value, UINT64_MAX, &count_max);
    case 's':
        if (!read_count(value, SNAP_MAX, &number))
            return false;
        snap = (uint32_t)number;
        return true;
    }
    return false;
}

/* Returns 0, or the status to end with. */
static int read_words(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *word = argv[at];
        if (strcmp(word, "-q") == 0) {
            quiet = true;
            continue;
        }
        if (strlen(word) != 2 || !strchr("icsw", word[1]))
            return usage("there is no option", word);
        if (at + 1 == argc || !take_option(word[1], argv[++at]))
            return usage("no good value for", word);
    }
    const char *wrong = filter_read(&filter, argc - at, argv + at);
    return wrong ? usage("the filter stops making sense at", wrong) : 0;
}

/* ---- Frames. --------------------------------------------------------------------------------- */

/* Lines go where they do not end up in the file. */
static void show(const struct packet *packet, const struct netif_frame *frame, uint64_t time)
{
    char text[TEXT_MAX];
    FILE *to = target ? stderr : stdout;
    text_write(text, packet);
    fprintf(to, "%lu.%06lu %s %s (%u)\n", (unsigned long)(time / 1000000000),
            (unsigned long)(time / 1000 % 1000000), frame->flags & NETIF_OUTGOING ? "out" : "in ",
            text, (unsigned)(frame->length + frame->rest));
}

static int take(const struct netif_frame *frame, const uint8_t *bytes)
{
    struct packet packet;
    uint64_t time = clock_nanoseconds(clock_now() - begin);
    packet_read(&packet, bytes, frame->length);
    if (!filter_wants(&filter, &packet))
        return 0;
    seen++;
    if (!quiet)
        show(&packet, frame, time);
    return target ? pcap_add(time, bytes, frame->length, frame->length + frame->rest) : 0;
}

/* All that is there. Returns 0 or -errno. */
static int take_all(void)
{
    struct netif_frame frame;
    int error = 0, came = 0;
    while (seen < count_max && error == 0 && (came = netif_receive(&netif, &frame)) == 1) {
        error = take(&frame, netif_frame_bytes(&netif, &frame));
        netif_lend(&netif, netif.region, frame.buffer);
    }
    netif_flush(&netif);
    return error < 0 ? error : came < 0 ? came : 0;
}

/* Waits for frames, or for the end. Returns false: it was the end. Who asked for that is asked each
 * time: of frames there may always be some. */
static bool wait(void)
{
    uint64_t word;
    anser_handle signals = start_handle(START_SIGNALS);
    struct select_case cases[] = {select_signal(notice.receive), select_signal(signals)};
    if (signals != 0 && channel_wait(signals, &word, 0) == 0)
        return false;
    if (!netif_sleep(&netif, false))
        return true;
    int fired = select_wait(cases, 2, CLOCK_NEVER);
    if (fired == 0 && (cases[0].word & NETIF_SIGNAL_NEWS) && netif_news(&netif) != 0)
        fprintf(stderr, "capture: %s was started again; frames may be missing here\n", interface);
    return fired != 1;
}

static int run(void)
{
    int error = take_all();
    while (error == 0 && seen < count_max && wait())
        error = take_all();
    return error;
}

/* ---- Begin and end. -------------------------------------------------------------------------- */

static int complain(const char *what, int error)
{
    const char *why = error == -EPERM    ? "not allowed to see all frames of it"
                      : error == -ENODEV ? "there is no such interface"
                      : what == target   ? source_reason(error)
                                         : strerror(-error);
    fprintf(stderr, "capture: %s: %s\n", what, why);
    return 1;
}

static uint64_t count_dropped(void)
{
    struct netif_statistics counters;
    return netif_count(&netif, 1, &counters) == 0 ? counters.dropped : 0;
}

/* Says how it went; the file is complete. */
static int finish(int error)
{
    uint64_t written = 0, dropped = count_dropped();
    netif_close(&netif);
    int closed = target ? pcap_close(&written) : 0;
    if (error == 0)
        error = closed;
    fprintf(stderr, "capture: %lu frames, %lu dropped", (unsigned long)seen,
            (unsigned long)dropped);
    if (target)
        fprintf(stderr, ", %lu bytes to %s", (unsigned long)written, target);
    fputc('\n', stderr);
    return error < 0 ? complain(target ? target : interface, error) : 0;
}

int main(int argc, char **argv)
{
    const struct netif_attach wanted = {
        .mode = NETIF_MODE_PROMISCUOUS, .receive = 512, .send = 1, .buffer_size = 2048};
    int status = read_words(argc, argv);
    if (status != 0)
        return status;
    anser_handle server = names_lookup(interface);
    if (server < 0)
        return complain(interface, server == -EPERM || server == -ESRCH ? -ENODEV : (int)server);
    int error = channel_create_signal(&notice);
    if (error == 0)
        error = netif_open(&netif, server, notice.send, &wanted);
    if (error < 0)
        return complain(interface, error);
    begin = clock_now();
    if (target && (error = pcap_open(target, snap)) < 0)
        return complain(target, error);
    fprintf(stderr, "capture: listening on %s\n", interface);
    return finish(run());
}
