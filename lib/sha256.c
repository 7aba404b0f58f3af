/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256. Sections of FIPS 180-4. */
#include "sha256.h"

#include <string.h>

#define BLOCK 64

/* 4.2.2 */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* 4.1.2, the functions of capital and of small sigma. */
#define SUM_0(x)      (rotate(x, 2) ^ rotate(x, 13) ^ rotate(x, 22))
#define SUM_1(x)      (rotate(x, 6) ^ rotate(x, 11) ^ rotate(x, 25))
#define SCHEDULE_0(x) (rotate(x, 7) ^ rotate(x, 18) ^ ((x) >> 3))
#define SCHEDULE_1(x) (rotate(x, 17) ^ rotate(x, 19) ^ ((x) >> 10))

static uint32_t read_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* 6.2.2, step 1: the first 16 words are the block, the others are made of those before them. */
static void make_schedule(uint32_t schedule[64], const uint8_t *block)
{
    for (unsigned t = 0; t < 16; t++)
        schedule[t] = read_word(block + 4 * t);
    for (unsigned t = 16; t < 64; t++)
        schedule[t] = SCHEDULE_1(schedule[t - 2]) + schedule[t - 7] + SCHEDULE_0(schedule[t - 15]) +
                      schedule[t - 16];
}

/* 6.2.2, step 3. The names of the eight variables move, so that no value has to. */
#define ROUND(a, b, c, d, e, f, g, h, t)                                                           \
    do {                                                                                           \
        uint32_t t1 = (h) + SUM_1(e) + (((e) & ((f) ^ (g))) ^ (g)) + constants[t] + schedule[t];   \
        (d) += t1;                                                                                 \
        (h) = t1 + SUM_0(a) + (((a) & ((b) | (c))) | ((b) & (c)));                                 \
    } while (0)

static void add_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t schedule[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    make_schedule(schedule, block);
    for (unsigned t = 0; t < 64; t += 8) {
        ROUND(a, b, c, d, e, f, g, h, t);
        ROUND(h, a, b, c, d, e, f, g, t + 1);
        ROUND(g, h, a, b, c, d, e, f, t + 2);
        ROUND(f, g, h, a, b, c, d, e, t + 3);
        ROUND(e, f, g, h, a, b, c, d, t + 4);
        ROUND(d, e, f, g, h, a, b, c, t + 5);
        ROUND(c, d, e, f, g, h, a, b, t + 6);
        ROUND(b, c, d, e, f, g, h, a, t + 7);
    }
    const uint32_t result[8] = {a, b, c, d, e, f, g, h};
    for (unsigned i = 0; i < 8; i++)
        state[i] += result[i];
}

void sha256_begin(struct sha256 *hash)
{
    /* 5.3.3 */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, initial, sizeof(initial));
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    size_t filled = hash->length % BLOCK;
    hash->length += length;
    if (filled > 0) {
        size_t part = length < BLOCK - filled ? length : BLOCK - filled;
        memcpy(hash->block + filled, bytes, part);
        bytes += part;
        length -= part;
        if (filled + part < BLOCK)
            return;
        add_block(hash->state, hash->block);
    }
    for (; length >= BLOCK; bytes += BLOCK, length -= BLOCK)
        add_block(hash->state, bytes);
    if (length > 0)
        memcpy(hash->block, bytes, length);
}

/* 5.1.1: a one bit, zeros, and the length in bits as the last 8 bytes. */
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES])
{
    static const uint8_t padding[BLOCK] = {0x80};
    uint64_t bits = hash->length * 8;
    uint8_t length[8];
    for (unsigned i = 0; i < sizeof(length); i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    size_t filled = hash->length % BLOCK;
    sha256_add(hash, padding, (filled < 56 ? 56 : 120) - filled);
    sha256_add(hash, length, sizeof(length));
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_print(const uint8_t digest[SHA256_BYTES], char text[SHA256_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < SHA256_BYTES; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * SHA256_BYTES] = '\0';
}
