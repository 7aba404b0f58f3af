/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of 64 bits are added with the carry counted apart: four instructions for eight bytes. They
 * are read where they lie: QEMU's processor, like most, takes loads of any alignment.
 */
#include <stdbool.h>
#include "sum.h"

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

/* The compiler must not see a loop here and call memcpy for it. */
#ifdef __clang__
#define NO_CALLS
#else
#define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

static inline uint64_t add(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* The last bytes, fewer than eight, as a word with zeros behind them. */
static inline uint64_t tail(const uint8_t *from, size_t length)
{
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++)
        word |= (uint64_t)from[i] << (8 * i);
    return word;
}

static inline void put_tail(uint8_t *to, uint64_t word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = (uint8_t)(word >> (8 * i));
}

uint16_t sum_bytes(const void *data, int length)
{
    const uint8_t *from = data;
    size_t left = length > 0 ? (size_t)length : 0;
    uint64_t sum = 0, carries = 0;
    for (; left >= 32; left -= 32, from += 32) {
        uint64_t a = ((const word_t *)from)[0], b = ((const word_t *)from)[1];
        uint64_t c = ((const word_t *)from)[2], d = ((const word_t *)from)[3];
        sum += a;
        carries += sum < a;
        sum += b;
        carries += sum < b;
        sum += c;
        carries += sum < c;
        sum += d;
        carries += sum < d;
    }
    for (; left >= 8; left -= 8, from += 8)
        sum = add(sum, *(const word_t *)from);
    sum = add(sum, carries);
    return fold(add(sum, tail(from, left)));
}

NO_CALLS uint16_t sum_copy(void *to, const void *from, size_t length)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    uint64_t sum = 0, carries = 0;
    for (; length >= 32; length -= 32, f += 32, t += 32) {
        uint64_t a = ((const word_t *)f)[0], b = ((const word_t *)f)[1];
        uint64_t c = ((const word_t *)f)[2], d = ((const word_t *)f)[3];
        ((word_t *)t)[0] = a;
        ((word_t *)t)[1] = b;
        ((word_t *)t)[2] = c;
        ((word_t *)t)[3] = d;
        sum += a;
        carries += sum < a;
        sum += b;
        carries += sum < b;
        sum += c;
        carries += sum < c;
        sum += d;
        carries += sum < d;
    }
    for (; length >= 8; length -= 8, f += 8, t += 8) {
        uint64_t a = *(const word_t *)f;
        *(word_t *)t = a;
        sum = add(sum, a);
    }
    uint64_t last = tail(f, length);
    put_tail(t, last, length);
    sum = add(sum, carries);
    return fold(add(sum, last));
}

NO_CALLS void sum_copy_only(void *to, const void *from, size_t length)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    for (; length >= 32; length -= 32, f += 32, t += 32) {
        uint64_t a = ((const word_t *)f)[0], b = ((const word_t *)f)[1];
        uint64_t c = ((const word_t *)f)[2], d = ((const word_t *)f)[3];
        ((word_t *)t)[0] = a;
        ((word_t *)t)[1] = b;
        ((word_t *)t)[2] = c;
        ((word_t *)t)[3] = d;
    }
    for (; length >= 8; length -= 8, f += 8, t += 8)
        *(word_t *)t = *(const word_t *)f;
    put_tail(t, tail(f, length), length);
}
