/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer must not guess: initial sequence numbers, ports, identifiers of DNS requests. SipHash
 * of a counter under a key from the entropy service; where that service is not there, or has no
 * device, the key comes from clocks, which is good enough against strangers only.
 */
#include <anser/entropy.h>
#include "channel.h"
#include "clock.h"
#include "seed.h"
#include "start.h"
#include <lwip/arch.h>

static uint64_t key[2];
static uint64_t counter;

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

struct sip {
    uint64_t a, b, c, d;
};

static void sip_round(struct sip *v)
{
    v->a += v->b;
    v->b = rotate(v->b, 13) ^ v->a;
    v->a = rotate(v->a, 32);
    v->c += v->d;
    v->d = rotate(v->d, 16) ^ v->c;
    v->a += v->d;
    v->d = rotate(v->d, 21) ^ v->a;
    v->c += v->b;
    v->b = rotate(v->b, 17) ^ v->c;
    v->c = rotate(v->c, 32);
}

/* SipHash-2-4 of one word (Aumasson, Bernstein 2012). */
static uint64_t sip_hash(uint64_t word)
{
    struct sip v = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                    key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    const uint64_t words[] = {word, 8ul << 56};
    for (int i = 0; i < 2; i++) {
        v.d ^= words[i];
        sip_round(&v);
        sip_round(&v);
        v.a ^= words[i];
    }
    v.c ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&v);
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint32_t seed_random(void)
{
    return (uint32_t)sip_hash(counter++);
}

bool seed_begin(void)
{
    key[0] = clock_now();
    key[1] = clock_instructions() ^ (uint64_t)&key;
    anser_handle entropy = start_handle(ENTROPY_SERVICE);
    if (entropy == 0)
        return false;
    struct entropy_read request = {.type = ENTROPY_READ, .bytes = sizeof(key)};
    struct {
        struct entropy_answer answer;
        uint64_t bytes[2];
    } in = {0};
    struct channel_out out = {.data = &request, .length = sizeof(request)};
    struct channel_in received = {.data = &in, .capacity = sizeof(in)};
    if (channel_call(entropy, &out, &received, CLOCK_NEVER) < 0 ||
        in.answer.status != (int64_t)sizeof(key))
        return false;
    key[0] ^= in.bytes[0];
    key[1] ^= in.bytes[1];
    return in.answer.source == ENTROPY_DEVICE;
}
