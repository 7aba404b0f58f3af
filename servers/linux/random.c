/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A generator for each process. It is asked only for what the program wants, so that a program that
 * wants nothing pays nothing: its first seed is AT_RANDOM, and before the first byte goes out the
 * entropy server gives another one; then again after a while.
 */
#include "calls.h"
#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/entropy.h"
#include "lib/generator.h"
#include "lib/names.h"
#include "lib/thread.h"
#include "linux_abi.h"
#include "random.h"
#include "user.h"

#define RESEED_SECONDS 60
#define RESEED_BYTES   (1ul << 20)

static struct {
    struct mutex lock;
    struct generator generator;
    anser_handle server; /* 0: not found (yet) */
    uint64_t due;        /* ticks, when it is to be seeded again */
    uint64_t given;      /* bytes since it was seeded */
} own;

void random_init(const void *seed)
{
    uint64_t counters[2] = {clock_now(), clock_instructions()};
    if (seed != NULL)
        generator_seed(&own.generator, seed, 16);
    generator_seed(&own.generator, counters, sizeof(counters));
}

/* The lock is held. Without the server it is as good as AT_RANDOM was; it is asked again later. */
static void seed_again(void)
{
    uint8_t seed[GENERATOR_SEED];
    own.due = clock_after(RESEED_SECONDS * 1000);
    own.given = 0;
    if (own.server <= 0)
        own.server = names_lookup(ENTROPY_SERVICE);
    if (own.server > 0 && entropy_read(own.server, seed, sizeof(seed), false) > 0)
        generator_seed(&own.generator, seed, sizeof(seed));
}

void random_fill(void *to, size_t length)
{
    mutex_lock(&own.lock);
    if (clock_now() >= own.due || own.given >= RESEED_BYTES)
        seed_again();
    own.given += length;
    generator_fill(&own.generator, to, length);
    mutex_unlock(&own.lock);
}

/* Nothing here waits: without a random device, what the entropy server has instead is good enough
 * for the flags that Linux has. GRND_NONBLOCK and GRND_RANDOM so change nothing. */
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
