/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors as routers, hosts and liars send them. Each message lies in memory to the byte, so
 * that the sanitizer sees a look beyond its end. */
/* sources: lib/icmp_error.c */
#include <stdlib.h>
#include <string.h>
#include <anser/errors.h>
#include "lib/icmp_error.h"
#include "tap.h"

#define MOST 200

struct message {
    uint8_t family;
    uint8_t bytes[MOST];
    size_t length;
};

static void add(struct message *message, const void *bytes, size_t length)
{
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static const uint8_t carried[8] = {0x12, 0x34, 0x00, 0x50, 0xde, 0xad, 0xbe, 0xef};

/* About a packet from 10.0.2.15 to 192.0.2.7, with so many bytes of options. */
static struct message about_4(uint8_t type, uint8_t code, uint8_t protocol, size_t options)
{
    struct message message = {.family = SOCKET_FAMILY_4};
    uint8_t head[8] = {type, code, [6] = 0x05, [7] = 0x14};
    uint8_t packet[60] = {(uint8_t)(0x40 | (5 + options / 4)), [9] = protocol};
    memcpy(packet + 12, (uint8_t[]){10, 0, 2, 15, 192, 0, 2, 7}, 8);
    add(&message, head, sizeof(head));
    add(&message, packet, 20 + options);
    add(&message, carried, sizeof(carried));
    return message;
}

/* About one from fd00::f to fd00::7; fragment: it has such a header, with this offset; -1: none. */
static struct message about_6(uint8_t type, uint8_t code, uint8_t protocol, int fragment)
{
    struct message message = {.family = SOCKET_FAMILY_6};
    uint8_t head[8] = {type, code, [6] = 0x05, [7] = 0x00};
    uint8_t packet[40] = {
        0x60, [6] = fragment < 0 ? protocol : 44, [8] = 0xfd, [23] = 15, [24] = 0xfd, [39] = 7};
    uint8_t extension[8] = {protocol, 0, (uint8_t)(fragment / 32), (uint8_t)(fragment * 8 | 1)};
    add(&message, head, sizeof(head));
    add(&message, packet, sizeof(packet));
    if (fragment >= 0)
        add(&message, extension, sizeof(extension));
    add(&message, carried, sizeof(carried));
    return message;
}

static bool read_some(struct icmp_error *error, const struct message *message, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);
    memcpy(exact, message->bytes, length);
    bool good = icmp_error_read(error, message->family, exact, length);
    free(exact);
    return good;
}

static bool read_all(struct icmp_error *error, struct message message)
{
    return read_some(error, &message, message.length);
}

static void test_whole(void)
{
    struct icmp_error error;
    TEST(read_all(&error, about_4(3, 1, 6, 0)) && error.protocol == ICMP_ERROR_TCP &&
             error.from.port == 0x1234 && error.to.port == 80 && error.sequence == 0xdeadbeef &&
             error.mtu == 0,
         "a segment: ports and sequence number");
    TEST(error.number == ANSER_EHOSTUNREACH && !error.hard &&
             strcmp(error.text, "destination host unreachable") == 0,
         "its host cannot be reached now");
    TEST(error.from.family == SOCKET_FAMILY_4 && error.from.bytes[3] == 15 &&
             error.to.bytes[0] == 192 && error.to.bytes[3] == 7 && error.to.bytes[4] == 0,
         "the addresses");
    TEST(read_all(&error, about_4(3, 3, 17, 40)) && error.protocol == ICMP_ERROR_UDP &&
             error.from.port == 0x1234 && error.number == ANSER_ECONNREFUSED && error.hard,
         "a datagram behind options: nobody is at its port");
    TEST(read_all(&error, about_4(3, 4, 6, 0)) && error.mtu == 0x514 && error.number == 0,
         "fragmentation needed tells what fits, and is no error");
    TEST(read_all(&error, about_6(1, 4, 17, -1)) && error.number == ANSER_ECONNREFUSED &&
             error.to.family == SOCKET_FAMILY_6 && error.from.bytes[15] == 15 &&
             error.to.bytes[0] == 0xfd && error.to.bytes[15] == 7,
         "IPv6, a datagram");
    TEST(read_all(&error, about_6(2, 0, 6, -1)) && error.mtu == 0x500 && !error.hard &&
             error.sequence == 0xdeadbeef,
         "IPv6, a segment that is too big");
    TEST(read_all(&error, about_6(1, 77, 6, -1)) && error.number == ANSER_EPROTO && error.hard,
         "IPv6, a reason that nobody knows");
}

static void test_echo(void)
{
    struct icmp_error error;
    struct message message = about_4(11, 0, 1, 0);
    TEST(!read_all(&error, message), "an ICMP packet that is no request");
    message.bytes[28] = 8;
    TEST(read_all(&error, message) && error.protocol == ICMP_ERROR_ECHO &&
             error.from.port == 0xdead && error.sequence == 0xbeef,
         "a request: identifier and sequence number");
    message = about_6(3, 0, 58, 0);
    message.bytes[56] = 128;
    TEST(read_all(&error, message) && error.protocol == ICMP_ERROR_ECHO &&
             error.from.port == 0xdead && error.sequence == 0xbeef,
         "IPv6, the first fragment of one");
}

static void test_not_ours(void)
{
    struct icmp_error error;
    struct message message = about_4(3, 1, 6, 0);
    TEST(!read_all(&error, about_4(0, 0, 17, 0)) && !read_all(&error, about_4(5, 1, 17, 0)) &&
             !read_all(&error, about_4(4, 0, 6, 0)) && !read_all(&error, about_6(129, 0, 17, -1)),
         "messages that are no errors, or out of use");
    TEST(!read_all(&error, about_4(3, 16, 17, 0)) && !read_all(&error, about_4(11, 1, 17, 0)),
         "codes that mean nothing to a host");
    TEST(!read_all(&error, about_4(3, 1, 132, 0)) && !read_all(&error, about_6(1, 0, 0, -1)),
         "other protocols");
    message.bytes[14] = 0x20;
    TEST(read_all(&error, message), "the first fragment");
    message.bytes[15] = 1;
    TEST(!read_all(&error, message) && !read_all(&error, about_6(1, 0, 17, 1)),
         "a later one, in which there are no ports");
    unsigned good = 0;
    for (unsigned first = 0; first < 256; first++) {
        message = about_4(3, 1, 6, 0);
        message.bytes[8] = (uint8_t)first;
        good += read_all(&error, message);
    }
    TEST(good == 1, "a header of another version, or length than there is");
}

static void test_cut_off(void)
{
    const struct message messages[] = {about_4(3, 3, 17, 0), about_4(3, 1, 6, 40),
                                       about_6(1, 4, 17, -1), about_6(2, 0, 6, 0)};
    struct icmp_error error;
    unsigned good = 0, longest = 0;
    for (unsigned i = 0; i < 4; i++) {
        for (size_t length = 0; length < messages[i].length; length++)
            good += read_some(&error, &messages[i], length);
        if (messages[i].length > longest)
            longest = (unsigned)messages[i].length;
    }
    TEST(good == 0, "what is cut off anywhere says nothing");
    TEST(longest == ICMP_ERROR_BYTES, "no more than %d bytes are looked at", ICMP_ERROR_BYTES);
}

/* Anything: it is read within its bounds, and what is found holds. */
static void test_noise(void)
{
    struct icmp_error error;
    unsigned found = 0, bad = 0;
    for (unsigned i = 0; i < 200000; i++) {
        struct message message = i % 2 ? about_4(3, 1, 6, 0) : about_6(1, 0, 6, -1);
        for (unsigned changes = (unsigned)rand() % 4; changes > 0; changes--)
            message.bytes[(unsigned)rand() % message.length] = (uint8_t)rand();
        size_t length = (size_t)rand() % (message.length + 1);
        if (rand() % 4 || !read_some(&error, &message, length))
            continue;
        found++;
        bad += error.text == NULL || error.from.family != message.family;
    }
    TEST(found > 0 && bad == 0, "changed and shortened at random");
}

int main(void)
{
    test_whole();
    test_echo();
    test_not_ours();
    test_cut_off();
    test_noise();
    return tap_done();
}
