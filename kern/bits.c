/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting zeros at either end of a word: what compilers call for __builtin_clzl and __builtin_ctzl
 * where the instruction set has no instruction for it (it would be Zbb's). A de Bruijn sequence
 * times a power of two has a different number in its upper six bits for each of the 64 powers.
 */
#include <stdint.h>

#define SEQUENCE 0x03f79d71b4cb0a89ul

static const uint8_t exponent[64] = {
    0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
    43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
    44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

int __ctzdi2(uint64_t value);
int __clzdi2(uint64_t value);

static int log2_of(uint64_t power)
{
    return exponent[power * SEQUENCE >> 58];
}

int __ctzdi2(uint64_t value)
{
    return log2_of(value & -value);
}

int __clzdi2(uint64_t value)
{
    /* The highest bit, spread over all below it; then only that bit. */
    for (unsigned shift = 1; shift < 64; shift *= 2)
        value |= value >> shift;
    return 63 - log2_of(value - (value >> 1));
}
