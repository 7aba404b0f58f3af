/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum, alone and while copying: all lengths and alignments, beside one by bytes.
 */
/* sources: servers/tcpip/sum.c */
#include <stdlib.h>
#include <string.h>
#include "servers/tcpip/sum.h"
#include "tap.h"

#define LENGTH 1600

static uint8_t from[LENGTH + 8], to[LENGTH + 16];

/* RFC 1071, as it stands there: by words of 16 bits, in the order of memory. */
static uint16_t reference(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void fill(unsigned kind)
{
    for (size_t i = 0; i < sizeof(from); i++)
        from[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)rand();
}

/* Whether `to` holds the bytes, and nothing around them was touched. */
static bool is_copied(size_t at, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(to); i++)
        if (to[i] != (i >= at && i < at + length ? bytes[i - at] : 0xa5))
            return false;
    return true;
}

static void test_all(unsigned kind, const char *what)
{
    unsigned wrong_sum = 0, wrong_copy = 0;
    fill(kind);
    for (size_t length = 0; length <= LENGTH; length += length < 80 ? 1 : 61)
        for (size_t i = 0; i < 64; i++) {
            const uint8_t *bytes = from + i % 8;
            uint16_t right = reference(bytes, length);
            wrong_sum += sum_bytes(bytes, (int)length) != right;
            memset(to, 0xa5, sizeof(to));
            wrong_sum += sum_copy(to + i / 8, bytes, length) != right;
            wrong_copy += !is_copied(i / 8, bytes, length);
        }
    TEST(wrong_sum == 0, "%s: sums of all lengths and alignments", what);
    TEST(wrong_copy == 0, "%s: copies, and nothing beside them", what);
}

static void test_join(void)
{
    unsigned wrong = 0;
    fill(2);
    for (size_t cut = 0; cut <= 100; cut++) {
        uint16_t first = sum_bytes(from, (int)cut);
        uint16_t second = sum_bytes(from + cut, (int)(100 - cut));
        wrong += sum_join(first, second, cut) != reference(from, 100);
    }
    TEST(wrong == 0, "sums of two pieces, cut anywhere, make that of the whole");
}

int main(void)
{
    test_all(0, "zeros");
    test_all(1, "ones");
    test_all(2, "noise");
    test_join();
    return tap_done();
}
