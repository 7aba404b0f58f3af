/* SPDX-License-Identifier: BSD-2-Clause */
/* ChaCha20 against the vectors of RFC 8439, and the generator's promises. */
/* sources: lib/chacha20.c lib/generator.c */
#include <string.h>
#include "lib/generator.h"
#include "tap.h"

/* Reads hexadecimal digits; blanks are left out. */
static size_t bytes(const char *text, uint8_t *to)
{
    size_t count = 0;
    unsigned byte;
    int used;
    for (; sscanf(text, " %2x%n", &byte, &used) == 1; text += used)
        to[count++] = (uint8_t)byte;
    return count;
}

static void test_block(const char *what, const char *key_text, uint32_t counter,
                       const char *nonce_text, const char *block_text)
{
    uint32_t key[CHACHA20_KEY], nonce[3];
    uint8_t wanted[CHACHA20_BLOCK], block[CHACHA20_BLOCK];
    bool whole = bytes(key_text, (uint8_t *)key) == sizeof(key) &&
                 bytes(nonce_text, (uint8_t *)nonce) == sizeof(nonce) &&
                 bytes(block_text, wanted) == sizeof(wanted);
    chacha20_block(key, counter, nonce, block);
    TEST(whole && memcmp(block, wanted, sizeof(block)) == 0, "RFC 8439, %s", what);
}

#define ZEROES "00000000000000000000000000000000"

static void test_vectors(void)
{
    test_block("section 2.3.2", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
               1, "000000090000004a00000000",
               "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
               "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
    test_block("appendix A.1, vector 1", ZEROES ZEROES, 0, "000000000000000000000000",
               "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
               "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
    test_block("appendix A.1, vector 2", ZEROES ZEROES, 1, "000000000000000000000000",
               "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
               "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
    test_block("appendix A.1, vector 3", ZEROES "00000000000000000000000000000001", 1,
               "000000000000000000000000",
               "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
               "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
    test_block("appendix A.1, vector 5", ZEROES ZEROES, 0, "000000000000000000000002",
               "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
               "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d");
}

/* A fill of n bytes is the key stream behind the part that became the key. */
static void test_fill(void)
{
    static const uint32_t nonce[3];
    uint8_t stream[5 * CHACHA20_BLOCK], got[sizeof(stream)];
    bool right = true;
    for (size_t length = 0; length <= sizeof(stream) - 32; length++) {
        struct generator generator = {{1, 2, 3}};
        for (unsigned i = 0; i < 5; i++)
            chacha20_block(generator.key, i, nonce, stream + i * CHACHA20_BLOCK);
        memset(got, 0xa5, sizeof(got));
        generator_fill(&generator, got, length);
        right = right && memcmp(got, stream + 32, length) == 0 && got[length] == 0xa5 &&
                memcmp(generator.key, stream, 32) == 0;
    }
    TEST(right, "each length gives the stream, and nothing behind it; its first half is the key");
}

static void test_erasure(void)
{
    struct generator generator = {{0}}, before;
    uint8_t first[64], second[64];
    before = generator;
    generator_fill(&generator, first, sizeof(first));
    TEST(memcmp(&before, &generator, sizeof(before)) != 0, "the key is another one after a call");
    generator_fill(&generator, second, sizeof(second));
    TEST(memcmp(first, second, sizeof(first)) != 0, "and so are the bytes");
    before = generator;
    generator_fill(&generator, first, 0);
    TEST(memcmp(&before, &generator, sizeof(before)) != 0, "also when none were wanted");
}

static void test_seed(void)
{
    static const uint8_t long_seed[100] = {[99] = 1}, other_seed[100] = {[98] = 1};
    struct generator a = {{0}}, b = {{0}}, c = {{0}};
    generator_seed(&a, "x", 1);
    generator_seed(&b, "x", 1);
    generator_seed(&c, "y", 1);
    TEST(memcmp(&a, &b, sizeof(a)) == 0 && memcmp(&a, &c, sizeof(a)) != 0,
         "the same seeds make the same generator, others another one");
    generator_seed(&a, long_seed, sizeof(long_seed));
    generator_seed(&b, other_seed, sizeof(other_seed));
    TEST(memcmp(&a, &b, sizeof(a)) != 0, "all bytes of a long seed count");
    b = a;
    generator_seed(&a, a.key, sizeof(a.key));
    for (unsigned i = 0; i < CHACHA20_KEY; i++)
        if (a.key[i] == 0 || a.key[i] == b.key[i])
            b.key[0] = a.key[0] = 0;
    TEST(a.key[0] != 0, "a seed that is the key itself does not make the key known");
}

/* Each bit is set in about half of all bytes: 4 sigma of 64 Ki samples, and the seed is fixed. */
static void test_distribution(void)
{
    static uint8_t sample[65536];
    unsigned counts[256] = {0}, bits = 0;
    struct generator generator = {{7}};
    generator_fill(&generator, sample, sizeof(sample));
    for (size_t i = 0; i < sizeof(sample); i++) {
        counts[sample[i]]++;
        bits += (unsigned)__builtin_popcount(sample[i]);
    }
    double chi = 0;
    for (unsigned i = 0; i < 256; i++)
        chi += (counts[i] - 256.0) * (counts[i] - 256.0) / 256.0;
    TEST(bits > 262144 - 1450 && bits < 262144 + 1450, "%u of 524288 bits are set", bits);
    TEST(chi > 160 && chi < 350, "chi-squared of the bytes is %.1f", chi);
}

int main(void)
{
    test_vectors();
    test_fill();
    test_erasure();
    test_seed();
    test_distribution();
    return tap_done();
}
