/* SPDX-License-Identifier: BSD-2-Clause */
/* sources: programs/capture/packet.c programs/capture/filter.c programs/capture/address.c */
/* sources: programs/capture/text.c servers/virtio-net/frame.c */
/* What capture makes of frames: addresses both ways, lines, filters; and checksums of frames. */
#include <stdlib.h>
#include <string.h>
#include "programs/capture/address.h"
#include "programs/capture/filter.h"
#include "programs/capture/text.h"
#include "servers/virtio-net/frame.h"
#include "tap.h"

/* ---- Addresses. ------------------------------------------------------------------------------ */

static void test_addresses(void)
{
    /* RFC 5952, 4 and 5; RFC 4291, 2.2. The second form is the one that is written. */
    static const char *const good[][2] = {
        {"10.0.2.15", "10.0.2.15"},
        {"255.255.255.255", "255.255.255.255"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"fe80::5054:ff:fe12:3456", "fe80::5054:ff:fe12:3456"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    };
    static const char *const bad[] = {"",
                                      "10.0.2",
                                      "10.0.2.256",
                                      "10.0.2.1.",
                                      "1.2.3.4.5",
                                      ":",
                                      ":::",
                                      "1:2",
                                      "1::2::3",
                                      "12345::",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:",
                                      "::g",
                                      "1:2:3:4:5:6:7:8::"};
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint8_t bytes[16];
        char text[ADDRESS_TEXT_MAX] = "";
        unsigned length = address_read(good[i][0], bytes);
        if (length)
            address_write(text, bytes, length);
        TEST(strcmp(text, good[i][1]) == 0, "%s is %s: %s", good[i][0], good[i][1], text);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[16];
        TEST(address_read(bad[i], bytes) == 0, "'%s' is no address", bad[i]);
    }
}

/* ---- Frames. --------------------------------------------------------------------------------- */

#define ETHERNET "52540012345652540a0b0c0d"

/* Bytes of a text of hexadecimal digits, in memory of just that size. */
static uint8_t *bytes_of(const char *hex, size_t *length)
{
    *length = strlen(hex) / 2;
    uint8_t *bytes = malloc(*length + 1);
    for (size_t i = 0; i < *length; i++) {
        unsigned value;
        sscanf(hex + 2 * i, "%2x", &value);
        bytes[i] = (uint8_t)value;
    }
    return bytes;
}

static const struct {
    const char *hex;
    const char *line;
    const char *filter; /* that takes it */
    const char *other;  /* that does not */
} frames[] = {
    {ETHERNET "0800"
              "4500002c0001000040060000"
              "0a00020f0a000202"
              "c0000050000000010000000050180000"
              "00000000"
              "61626364",
     "10.0.2.15.49152 > 10.0.2.2.80: tcp P., 4 bytes", "tcp port 80 host 10.0.2.15", "tcp port 81"},
    {ETHERNET "0800"
              "450000280001000040060000"
              "0a00020f0a000202"
              "c0000050000000010000000050020000"
              "00000000",
     "10.0.2.15.49152 > 10.0.2.2.80: tcp S, 0 bytes", "ip and tcp", "udp"},
    {ETHERNET "0806"
              "0001080006040001"
              "52540a0b0c0d0a00020f"
              "0000000000000a000202",
     "arp who has 10.0.2.2, tell 10.0.2.15", "arp host 10.0.2.2", "ip"},
    {ETHERNET "0800"
              "4500001c0001000040010000"
              "0a00020f0a000202"
              "0800000000000000",
     "10.0.2.15 > 10.0.2.2: icmp type 8", "icmp", "icmp6"},
    {ETHERNET "0800"
              "4500001c0001200540110000"
              "0a00020f0a000202"
              "0035003500000000",
     "10.0.2.15 > 10.0.2.2: fragment, protocol 17", "udp", "udp port 53"},
    {ETHERNET "86dd"
              "6000000000180040"
              "fe800000000000000000000000000001"
              "ff020000000000000000000000000002"
              "1100000000000000"
              "0222022300100000"
              "0000000000000000",
     "fe80::1.546 > ff02::2.547: udp, 8 bytes", "ip6 udp port 547 host fe80::1", "host fe80::3"},
    {ETHERNET "88b5"
              "00",
     "52:54:0a:0b:0c:0d > 52:54:00:12:34:56: ethertype 88b5", "ether 88b5", "ether 88b6"},
    {"525400", "cut before the end of its header", "", "ip"},
};

static bool takes(const char *words, const struct packet *packet)
{
    struct filter filter;
    char copy[100], *list[10];
    int count = 0;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        list[count++] = word;
    TEST(filter_read(&filter, count, list) == NULL, "filter '%s' is understood", words);
    return filter_wants(&filter, packet);
}

static void test_frames(void)
{
    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        size_t length;
        struct packet packet;
        char line[TEXT_MAX];
        uint8_t *bytes = bytes_of(frames[i].hex, &length);
        packet_read(&packet, bytes, length);
        text_write(line, &packet);
        TEST(strcmp(line, frames[i].line) == 0, "%s: %s", frames[i].line, line);
        TEST(takes(frames[i].filter, &packet), "'%s' takes it", frames[i].filter);
        TEST(!takes(frames[i].other, &packet), "'%s' does not", frames[i].other);
        free(bytes);
    }
}

/* Every frame, cut after each of its bytes: nothing behind the end is read (the sanitizer sees). */
static void test_cut(void)
{
    unsigned lines = 0;
    for (unsigned i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        size_t length;
        uint8_t *whole = bytes_of(frames[i].hex, &length);
        for (size_t cut = 0; cut <= length; cut++) {
            struct packet packet;
            char line[TEXT_MAX];
            uint8_t *bytes = malloc(cut ? cut : 1);
            memcpy(bytes, whole, cut);
            packet_read(&packet, bytes, cut);
            text_write(line, &packet);
            lines += strlen(line) > 0;
            free(bytes);
        }
        free(whole);
    }
    TEST(lines > 300, "frames that are cut anywhere: %u lines", lines);
}

static void test_wrong_filters(void)
{
    static const char *const wrong[] = {"port",       "host",        "port 65536",
                                        "host 1.2.3", "ether 10000", "sctp"};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct filter filter;
        char copy[100], *list[4];
        int count = 0;
        snprintf(copy, sizeof(copy), "%s", wrong[i]);
        for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
            list[count++] = word;
        const char *blamed = filter_read(&filter, count, list);
        TEST(blamed && strcmp(blamed, list[0]) == 0, "'%s' is not understood", wrong[i]);
    }
}

/* ---- Checksums. ------------------------------------------------------------------------------ */

static void test_sums(void)
{
    /* RFC 1071, 3: 0001 f203 f4f5 f6f7 add up to ddf2; its complement is stored. */
    uint8_t bytes[12] = {0xaa, 0xaa, 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0, 0};
    TEST(frame_sum(bytes, 12, 2, 8) && bytes[10] == 0x22 && bytes[11] == 0x0d,
         "RFC 1071's example");
    uint8_t odd[5] = {0, 0, 0x12, 0x34, 0x56};
    TEST(frame_sum(odd, 5, 0, 0) && odd[0] == 0x97 && odd[1] == 0xcb, "an odd byte at the end");
    uint8_t full[4] = {0xff, 0xff, 0, 0};
    TEST(frame_sum(full, 4, 0, 2) && full[2] == 0xff && full[3] == 0xff, "never zero");
    uint8_t kept[4] = {1, 2, 3, 4};
    TEST(!frame_sum(kept, 4, 0, 3) && !frame_sum(kept, 4, 5, 0) && !frame_sum(kept, 4, 4, 0) &&
             kept[3] == 4,
         "a place outside of the frame");
}

int main(void)
{
    test_addresses();
    test_frames();
    test_cut();
    test_wrong_filters();
    test_sums();
    return tap_done();
}
