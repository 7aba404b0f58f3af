/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting zeros, against the host's own instructions. */
/* sources: kern/bits.c */
#include <stdint.h>
#include <stdlib.h>
#include "tap.h"

int __ctzdi2(uint64_t value);
int __clzdi2(uint64_t value);

#define ROUNDS 1000

int main(void)
{
    unsigned wrong_low = 0, wrong_high = 0;
    srandom(1);
    for (unsigned bit = 0; bit < 64; bit++) {
        for (unsigned i = 0; i < ROUNDS; i++) {
            uint64_t noise =
                (uint64_t)random() << 33 ^ (uint64_t)random() << 11 ^ (uint64_t)random();
            uint64_t low = (noise | 1) << bit;
            uint64_t high = (noise | 1ul << 63) >> bit;
            wrong_low += __ctzdi2(low) != __builtin_ctzl(low);
            wrong_high += __clzdi2(high) != __builtin_clzl(high);
        }
    }
    TEST(wrong_low == 0, "zeros below the lowest bit, %u wrong", wrong_low);
    TEST(wrong_high == 0, "zeros above the highest bit, %u wrong", wrong_high);
    return tap_done();
}
