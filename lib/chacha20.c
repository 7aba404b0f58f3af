/* SPDX-License-Identifier: BSD-2-Clause */
/* ChaCha20, for little-endian machines. */
#include "chacha20.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are bytes in this order");

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

/* Section 2.1. */
static void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

void chacha20_block(const uint32_t key[CHACHA20_KEY], uint32_t counter, const uint32_t nonce[3],
                    uint8_t block[CHACHA20_BLOCK])
{
    uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, [12] = counter};
    uint32_t x[16];
    memcpy(state + 4, key, CHACHA20_KEY * sizeof(key[0]));
    memcpy(state + 13, nonce, 3 * sizeof(nonce[0]));
    memcpy(x, state, sizeof(x));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter_round(x, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++)
            quarter_round(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        x[i] += state[i];
    memcpy(block, x, CHACHA20_BLOCK);
}
