/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ChaCha20 key stream (RFC 8439, section 2.3) over a key from AT_RANDOM and the counters of the
 * hart. It is as good as that seed: until an entropy server fills AT_RANDOM from hardware, do not
 * make keys with it.
 */
#include <string.h>
#include "calls.h"
#include "lib/clock.h"
#include "lib/thread.h"
#include "linux_abi.h"
#include "random.h"
#include "user.h"

#define BLOCK 64

static struct {
    struct mutex lock;
    uint32_t state[16];
} generator;

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b], x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d], x[b] = rotate(x[b] ^ x[c], 7);
}

/* The next block; the lock is held. */
static void next_block(uint32_t block[16])
{
    uint32_t *state = generator.state;
    memcpy(block, state, BLOCK);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter_round(block, i, 4 + i, 8 + i, 12 + i);
        for (unsigned i = 0; i < 4; i++)
            quarter_round(block, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        block[i] += state[i];
    if (++state[12] == 0)
        state[13]++;
}

void random_init(const void *seed)
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint64_t counters[2] = {clock_now(), clock_instructions()};
    memcpy(generator.state, constants, sizeof(constants));
    if (seed != NULL)
        memcpy(generator.state + 4, seed, 16);
    memcpy(generator.state + 8, counters, sizeof(counters));
}

void random_fill(void *to, size_t length)
{
    uint32_t block[16];
    for (size_t done = 0; done < length; done += BLOCK) {
        mutex_lock(&generator.lock);
        next_block(block);
        mutex_unlock(&generator.lock);
        memcpy((char *)to + done, block, length - done < BLOCK ? length - done : BLOCK);
    }
}

int64_t linux_getrandom(struct task *self)
{
    enum { NONBLOCK = 1, RANDOM = 2, INSECURE = 4 };
    uint64_t to = task_argument(self, 0), length = task_argument(self, 1), done = 0;
    char bytes[256];
    if (task_argument(self, 2) & ~(uint64_t)(NONBLOCK | RANDOM | INSECURE))
        return -LINUX_EINVAL;
    if (length > INT32_MAX)
        length = INT32_MAX;
    while (done < length) {
        size_t piece = length - done < sizeof(bytes) ? length - done : sizeof(bytes);
        random_fill(bytes, piece);
        if (user_write(to + done, bytes, piece) < 0)
            return done > 0 ? (int64_t)done : -LINUX_EFAULT;
        done += piece;
    }
    return (int64_t)done;
}
