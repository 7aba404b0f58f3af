/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks, nanoseconds and sleeping. */
#include <errno.h>
#include "clock.h"
#include "start.h"
#include "syscall.h"

#define NANOSECONDS   1000000000ul
#define HERTZ_DEFAULT 10000000ul

#define LOOP_ROUNDS       1000ul
#define LOOP_INSTRUCTIONS (2 * LOOP_ROUNDS)
#define LOOP_TRIES        3

bool clock_counts_instructions(void)
{
    /* An interrupt in between adds its own; hardly one in each of a few tries. */
    for (int i = 0; i < LOOP_TRIES; i++) {
        uint64_t rounds = LOOP_ROUNDS;
        uint64_t begin = clock_instructions();
        __asm__ volatile("1: addi %0, %0, -1\n"
                         "   bnez %0, 1b"
                         : "+r"(rounds));
        uint64_t count = clock_instructions() - begin;
        if (count >= LOOP_INSTRUCTIONS && count < LOOP_INSTRUCTIONS + 20)
            return true;
    }
    return false;
}

uint64_t clock_hertz(void)
{
    static uint64_t hertz;
    if (hertz == 0)
        hertz = start_auxiliary(ANSER_AT_TIMEBASE, HERTZ_DEFAULT);
    return hertz;
}

/* value * multiplier / divisor without losing high bits. */
static uint64_t scale(uint64_t value, uint64_t multiplier, uint64_t divisor)
{
    unsigned __int128 product = (unsigned __int128)value * multiplier / divisor;
    return product > CLOCK_NEVER ? CLOCK_NEVER : (uint64_t)product;
}

uint64_t clock_ticks(uint64_t nanoseconds)
{
    return scale(nanoseconds, clock_hertz(), NANOSECONDS);
}

uint64_t clock_nanoseconds(uint64_t ticks)
{
    return scale(ticks, NANOSECONDS, clock_hertz());
}

uint64_t clock_after(uint64_t milliseconds)
{
    uint64_t now = clock_now();
    uint64_t ticks = scale(milliseconds, clock_hertz(), 1000);
    return ticks > CLOCK_NEVER - 1 - now ? CLOCK_NEVER : now + ticks;
}

int clock_sleep_until(uint64_t deadline)
{
    /* A word that nobody wakes: only the deadline, or an interruption, ends the wait. */
    static const uint32_t nobody = 0;
    while (clock_now() < deadline) {
        int64_t status = sys_word_wait(&nobody, 0, deadline == CLOCK_NEVER ? 0 : deadline);
        if (status == -EINTR)
            return -EINTR;
    }
    return 0;
}

int clock_sleep(uint64_t milliseconds)
{
    return clock_sleep_until(clock_after(milliseconds));
}
