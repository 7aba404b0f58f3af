/* SPDX-License-Identifier: BSD-2-Clause */
/* The state is a key and nothing else: the first half of each call's first block is the next one.
 */
#include "generator.h"

#include <string.h>

static const uint32_t no_nonce[3];

/* What the compiler must not leave out, though nobody reads it any more. */
static void erase(void *secret, size_t length)
{
    memset(secret, 0, length);
    __asm__ volatile("" : : "r"(secret) : "memory");
}

/* A seed is added to the key, which then goes through the block function: a seed that was chosen
 * against the key that is there cannot choose the next one. */
void generator_seed(struct generator *generator, const void *seed, size_t length)
{
    const uint8_t *from = seed;
    uint8_t none;
    while (length > 0) {
        uint32_t words[CHACHA20_KEY] = {0};
        size_t piece = length < sizeof(words) ? length : sizeof(words);
        memcpy(words, from, piece);
        for (unsigned i = 0; i < CHACHA20_KEY; i++)
            generator->key[i] ^= words[i];
        generator_fill(generator, &none, 0);
        erase(words, sizeof(words));
        from += piece;
        length -= piece;
    }
}

void generator_fill(struct generator *generator, void *to, size_t length)
{
    uint32_t key[CHACHA20_KEY];
    uint8_t block[CHACHA20_BLOCK];
    uint8_t *at = to;
    memcpy(key, generator->key, sizeof(key));
    chacha20_block(key, 0, no_nonce, block);
    memcpy(generator->key, block, sizeof(key));
    size_t piece = length < sizeof(block) - sizeof(key) ? length : sizeof(block) - sizeof(key);
    memcpy(at, block + sizeof(key), piece);
    for (uint32_t counter = 1; piece < length; counter++) {
        size_t rest = length - piece < sizeof(block) ? length - piece : sizeof(block);
        chacha20_block(key, counter, no_nonce, block);
        memcpy(at + piece, block, rest);
        piece += rest;
    }
    erase(key, sizeof(key));
    erase(block, sizeof(block));
}
