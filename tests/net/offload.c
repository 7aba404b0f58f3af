/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums and segments that the device makes, for tests/test_offload.py; TCP over IPv4 without
 * anybody behind it. Byte n of the stream is pattern(n), and its sequence number is n.
 *
 *     offload send TOTAL PIECE SEGMENT    TOTAL bytes in frames of PIECE; cut into SEGMENT, or 0
 *     offload receive TOTAL WANTS         waits for TOTAL bytes; WANTS: NETIF_CHECKSUM, ...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "names.h"
#include "netif.h"

#define HEADERS    54 /* Ethernet, IP, TCP */
#define IP         14
#define TCP        34
#define SUM_OFFSET 16 /* in the TCP header */
#define FRAME_MOST 66000

static struct netif netif;
static struct channel notice;

static uint8_t pattern(uint32_t n)
{
    return (uint8_t)(n * 31 + n / 253);
}

static void fail(const char *what)
{
    printf("not ok 1 - %s\n1..1\n", what);
    exit(1);
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* The Internet checksum's sum, not inverted: RFC 1071. */
static unsigned sum(const uint8_t *bytes, uint32_t length, unsigned sum)
{
    for (uint32_t i = 0; i + 1 < length; i += 2)
        sum += get16(bytes + i);
    if (length % 2)
        sum += (unsigned)bytes[length - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static unsigned pseudo_sum(const uint8_t *frame, uint32_t tcp_length)
{
    return sum(frame + IP + 12, 8, 6 + tcp_length);
}

/* Attaches, and says what holds. */
static void attach(uint32_t wants)
{
    struct netif_attach wanted = {.mode = NETIF_MODE_DEFAULT,
                                  .receive = 128,
                                  .send = 16,
                                  .buffer_size = 65536,
                                  .wants = wants};
    anser_handle server = names_lookup("net0");
    if (server < 0 || channel_create_signal(&notice) < 0 ||
        netif_open(&netif, server, notice.send, &wanted) < 0)
        fail("cannot be attached");
    printf("ready, flags %u\n", netif.attached.flags);
}

static void wait_notice(bool buffers)
{
    uint64_t word;
    if (netif_sleep(&netif, buffers))
        channel_wait(notice.receive, &word, CLOCK_NEVER);
}

/* ---- Sending. -------------------------------------------------------------------------------- */

static void make_frame(uint8_t *frame, uint32_t sequence, uint32_t length)
{
    static const uint8_t to[6] = {0x52, 0x54, 0, 0, 0, 0x99};
    static const uint8_t addresses[8] = {10, 9, 0, 2, 10, 9, 0, 1};
    memset(frame, 0, HEADERS);
    memcpy(frame, to, 6);
    memcpy(frame + 6, netif.info.address, 6);
    put16(frame + 12, 0x800);
    frame[IP] = 0x45;
    put16(frame + IP + 2, HEADERS - IP + length);
    frame[IP + 8] = 64;
    frame[IP + 9] = 6;
    memcpy(frame + IP + 12, addresses, 8);
    put16(frame + IP + 10, ~sum(frame + IP, 20, 0));
    put16(frame + TCP, 7);
    put16(frame + TCP + 2, 9);
    put16(frame + TCP + 4, sequence >> 16);
    put16(frame + TCP + 6, sequence & 0xffff);
    frame[TCP + 12] = 0x50;
    frame[TCP + 13] = 0x10;
    put16(frame + TCP + SUM_OFFSET, pseudo_sum(frame, 20 + length));
    for (uint32_t i = 0; i < length; i++)
        frame[HEADERS + i] = pattern(sequence + i);
}

static void send_piece(uint32_t sequence, uint32_t length, uint32_t segment)
{
    struct netif_frame frame = {.length = HEADERS + length,
                                .flags = NETIF_SUM_NEEDED,
                                .sum_start = TCP,
                                .sum_offset = SUM_OFFSET};
    uint8_t *bytes;
    if (segment) {
        frame.segment = NETIF_SEGMENT_TCP4;
        frame.segment_size = (uint16_t)segment;
        frame.header_size = HEADERS;
    }
    while (!(bytes = netif_buffer(&netif, &frame.buffer)))
        wait_notice(true);
    make_frame(bytes, sequence, length);
    netif_send(&netif, &frame);
    if (netif_flush(&netif) < 0)
        fail("the server is gone");
}

static void send_all(uint32_t total, uint32_t piece, uint32_t segment)
{
    struct netif_statistics counted;
    for (uint32_t at = 0; at < total; at += piece)
        send_piece(at, total - at < piece ? total - at : piece, segment);
    if (netif_count(&netif, 1, &counted) < 0 || counted.errors)
        fail("the server took a frame for wrong");
    clock_sleep(200); /* the machine goes off behind this, and QEMU has a queue of its own */
}

/* ---- Receiving. ------------------------------------------------------------------------------ */

static uint8_t whole[FRAME_MOST]; /* a frame, all its buffers */
static uint32_t whole_length, largest, frames, unsummed, summed_by_device;

/* TCP from the peer: the bytes of it that are right; others end the test. */
static uint32_t judge(unsigned flags)
{
    if (whole_length < HEADERS || get16(whole + 12) != 0x800 || whole[IP + 9] != 6)
        return 0;
    uint32_t ip_length = get16(whole + IP + 2), length = ip_length - 40;
    if (ip_length < 40 || ip_length > whole_length - IP)
        fail("a wrong IP length");
    if (flags & NETIF_SUM_NEEDED)
        unsummed++;
    else if (flags & NETIF_SUM_GOOD)
        summed_by_device++;
    else if (sum(whole + TCP, 20 + length, pseudo_sum(whole, 20 + length)) != 0xffff)
        fail("a wrong checksum");
    uint32_t sequence = get16(whole + TCP + 4) << 16 | get16(whole + TCP + 6);
    for (uint32_t i = 0; i < length; i++)
        if (whole[HEADERS + i] != pattern(sequence + i))
            fail("a wrong byte");
    largest = whole_length > largest ? whole_length : largest;
    frames++;
    return length;
}

static uint32_t take(const struct netif_frame *frame)
{
    if (whole_length + frame->length > FRAME_MOST)
        fail("a frame without an end");
    memcpy(whole + whole_length, netif_frame_bytes(&netif, frame), frame->length);
    whole_length += frame->length;
    netif_lend(&netif, netif.region, frame->buffer);
    if (frame->flags & NETIF_MORE)
        return 0;
    uint32_t bytes = judge(frame->flags);
    whole_length = 0;
    return bytes;
}

static void receive_all(uint32_t total)
{
    struct netif_frame frame;
    while (total > 0) {
        int taken = netif_receive(&netif, &frame);
        uint32_t bytes = taken == 1 ? take(&frame) : 0;
        if (taken < 0 || bytes > total)
            fail("more, or nothing any more");
        total -= bytes;
        if (taken == 1)
            continue;
        if (netif_flush(&netif) < 0)
            fail("the server is gone");
        wait_notice(false);
    }
    printf("frames %u, largest %u, without a sum %u, sums known to be good %u\n", frames, largest,
           unsummed, summed_by_device);
}

int main(int argc, char **argv)
{
    uint32_t numbers[3] = {0};
    for (int i = 2; i < argc && i < 5; i++)
        numbers[i - 2] = (uint32_t)strtoul(argv[i], NULL, 0);
    if (argc == 5 && strcmp(argv[1], "send") == 0) {
        attach(NETIF_CHECKSUM | NETIF_SEGMENT_V4);
        send_all(numbers[0], numbers[1], numbers[2]);
    } else if (argc == 4 && strcmp(argv[1], "receive") == 0) {
        attach(numbers[1]);
        receive_all(numbers[0]);
    } else {
        fail("usage: offload send TOTAL PIECE SEGMENT, offload receive TOTAL WANTS");
    }
    printf("ok 1 - %s %s\n1..1\n", argv[1], argv[2]);
    return 0;
}
