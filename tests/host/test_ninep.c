/* SPDX-License-Identifier: BSD-2-Clause */
/* The codec of file messages: bytes as the manual has them, and each way in which they can be
 * wrong. */
/* sources: lib/ninep.c */
#include <stdlib.h>
#include <string.h>
#include "lib/ninep.h"
#include "tap.h"

/* Decodes from memory of exactly this size. */
static int decode(struct ninep_message *message, const void *bytes, size_t length)
{
    static uint8_t *exact;
    free(exact);
    exact = malloc(length == 0 ? 1 : length);
    memcpy(exact, bytes, length);
    return ninep_decode(message, exact, length);
}

static void test_bytes(void)
{
    /* Twalk tag 0x0102, fid 3, newfid 4, "a", "bc". */
    static const uint8_t expected[] = {24, 0, 0, 0, 110, 2, 1, 3,   0, 0, 0,   4,
                                       0,  0, 0, 2, 0,   1, 0, 'a', 2, 0, 'b', 'c'};
    uint8_t bytes[64];
    struct ninep_message walk = {
        .type = NINEP_TWALK, .tag = 0x0102, .fid = 3, .new_fid = 4, .walk_count = 2};
    walk.names[0] = ninep_string("a");
    walk.names[1] = ninep_string("bc");
    int length = ninep_encode(&walk, bytes, sizeof(bytes));
    TEST(length == (int)sizeof(expected) && memcmp(bytes, expected, sizeof(expected)) == 0,
         "Twalk is what the manual says");
    struct ninep_message back;
    TEST(decode(&back, bytes, (size_t)length) == 0 && back.tag == 0x0102 && back.fid == 3 &&
             back.new_fid == 4 && back.walk_count == 2,
         "and comes back");
    TEST(back.names[1].length == 2 && memcmp(back.names[1].text, "bc", 2) == 0, "with its names");
}

/* A message of this type with something in every field. */
static struct ninep_message filled(uint8_t type)
{
    static const uint8_t data[] = {9, 8, 7};
    struct ninep_message message;
    memset(&message, 0x5a, sizeof(message));
    message.type = type;
    message.tag = 0xfffe;
    message.data = data;
    message.count = sizeof(data);
    message.name = ninep_string("some name");
    message.target = ninep_string("");
    message.walk_count = 3;
    if (type == NINEP_TWALK)
        for (int i = 0; i < 3; i++)
            message.names[i] = ninep_string(&"xyz"[i]);
    return message;
}

/* All types: what is written is read, and is written again to the same bytes; a byte more or less
 * is an error. */
static void test_all_types(void)
{
    unsigned layouts = 0, wrong = 0;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t bytes[512], again[512];
        struct ninep_message message = filled((uint8_t)type), back;
        int length = ninep_encode(&message, bytes, sizeof(bytes));
        if (length < 0) {
            wrong += length != -NINEP_EINVAL;
            continue;
        }
        layouts++;
        wrong += decode(&back, bytes, (size_t)length) != 0;
        wrong += ninep_encode(&back, again, sizeof(again)) != length;
        wrong += memcmp(bytes, again, (size_t)length) != 0;
        for (int cut = 0; cut < length; cut++) {
            bytes[0] = (uint8_t)cut, bytes[1] = (uint8_t)(cut >> 8);
            wrong += decode(&back, bytes, (size_t)cut) != -NINEP_EBADMSG;
            wrong += ninep_encode(&message, again, (size_t)cut) != -NINEP_EMSGSIZE;
        }
        bytes[0] = (uint8_t)(length + 1), bytes[1] = (uint8_t)((length + 1) >> 8);
        wrong += decode(&back, bytes, (size_t)length + 1) != -NINEP_EBADMSG;
    }
    TEST(layouts == 39 && wrong == 0, "%u types there and back, cut and too long (%u wrong)",
         layouts, wrong);
}

static void test_bad(void)
{
    struct ninep_message message;
    static const uint8_t unknown[] = {7, 0, 0, 0, 99, 5, 0};
    TEST(decode(&message, unknown, 7) == -NINEP_EOPNOTSUPP && message.tag == 5,
         "an unknown type, its tag is known");
    static const uint8_t size[] = {8, 0, 0, 0, 109, 0, 0};
    TEST(decode(&message, size, 7) == -NINEP_EBADMSG, "a size that is not the length");
    static const uint8_t string[] = {15, 0, 0, 0, 23, 0, 0, 0xff, 0xff, 'a', 0, 0, 0, 0, 0};
    TEST(decode(&message, string, 15) == -NINEP_EBADMSG, "a string longer than the message");
    static const uint8_t data[] = {15, 0, 0, 0, 117, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4};
    TEST(decode(&message, data, 15) == -NINEP_EBADMSG, "4 GiB of data");
    static const uint8_t walk[] = {17, 0, 0, 0, 110, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 17, 0};
    TEST(decode(&message, walk, 17) == -NINEP_EBADMSG, "17 names");
    struct ninep_message many = {.type = NINEP_TWALK, .walk_count = 17};
    uint8_t bytes[64];
    TEST(ninep_encode(&many, bytes, sizeof(bytes)) == -NINEP_EINVAL, "17 names are not written");
}

static void test_entries(void)
{
    uint8_t bytes[64];
    struct ninep_entry back,
        entry = {
            .qid = {NINEP_QID_DIRECTORY, 1, 77}, .next = 5, .type = 4, .name = ninep_string("etc")};
    size_t length = ninep_entry_encode(&entry, bytes, sizeof(bytes));
    TEST(length == 13 + 8 + 1 + 2 + 3, "an entry of a directory");
    TEST(ninep_entry_decode(&back, bytes, length) == length && back.qid.path == 77 &&
             back.next == 5 && back.type == 4 && back.name.length == 3,
         "and back");
    unsigned wrong = 0;
    for (size_t cut = 0; cut < length; cut++) {
        wrong += ninep_entry_decode(&back, bytes, cut) != 0;
        wrong += ninep_entry_encode(&entry, bytes, cut) != 0;
    }
    TEST(wrong == 0, "but not from or to less");
}

int main(void)
{
    test_bytes();
    test_all_types();
    test_bad();
    test_entries();
    return tap_done();
}
