/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of 64 bits are added with the carry counted apart: four instructions for eight bytes. They
 * are read and written where they lie (see lib/memcpy.c).
 */
#include <stdbool.h>
#include "sum.h"

#define WORD  sizeof(uint64_t)
#define BLOCK 8 /* words that are added in one turn */

typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

/* A sum of words, and the carries out of it. */
struct sum {
    uint64_t words, carries;
};

static inline void add(struct sum *sum, uint64_t word)
{
    sum->words += word;
    sum->carries += sum->words < word;
}

static uint16_t fold(struct sum total)
{
    uint64_t sum = total.words + total.carries;
    sum += sum < total.carries;
    /* Each half added to the other one: what the lower sum carries goes into the upper one. */
    sum += sum << 32 | sum >> 32;
    uint32_t half = (uint32_t)(sum >> 32);
    half += half << 16 | half >> 16;
    return (uint16_t)(half >> 16);
}

/* The last bytes of `length`, fewer than a word, with zeros behind them. */
static inline uint64_t tail(const uint8_t *end, size_t left, size_t length)
{
    uint64_t word = 0;
    if (left == 0)
        return 0;
    if (length >= WORD)
        return *(const word_t *)(end - WORD) >> (64 - 8 * left);
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)end[(ptrdiff_t)i - (ptrdiff_t)left] << (8 * i);
    return word;
}

uint16_t sum_bytes(const void *data, int bytes)
{
    const uint8_t *from = data;
    size_t length = bytes > 0 ? (size_t)bytes : 0, left = length;
    struct sum sum = {0};
    for (; left >= BLOCK * WORD; left -= BLOCK * WORD, from += BLOCK * WORD) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < BLOCK; i++)
            add(&sum, ((const word_t *)from)[i]);
    }
    for (; left >= WORD; left -= WORD, from += WORD)
        add(&sum, *(const word_t *)from);
    add(&sum, tail(from + left, left, length));
    return fold(sum);
}

uint16_t sum_copy(void *to, const void *data, size_t length)
{
    const uint8_t *from = data;
    uint8_t *out = to;
    size_t left = length;
    struct sum sum = {0};
    for (; left >= BLOCK * WORD; left -= BLOCK * WORD, from += BLOCK * WORD, out += BLOCK * WORD) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < BLOCK; i++) {
            uint64_t word = ((const word_t *)from)[i];
            ((word_t *)out)[i] = word;
            add(&sum, word);
        }
    }
    for (; left >= WORD; left -= WORD, from += WORD, out += WORD) {
        uint64_t word = *(const word_t *)from;
        *(word_t *)out = word;
        add(&sum, word);
    }
    uint64_t last = tail(from + left, left, length);
    for (size_t i = 0; i < left; i++)
        out[i] = (uint8_t)(last >> (8 * i));
    add(&sum, last);
    return fold(sum);
}
