/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests write to disks, so that every byte of it can be checked, here and on the host
 * (tests/test_disk.py has the same): a unit of 4096 bytes is 64 lines of 8 words: the seed, the
 * unit's number, its generation, the line's number, and a mix of these, four times over. Generation
 * 0 is a unit of zeros.
 */
#ifndef ANSER_TESTS_DISK_PATTERN_H
#define ANSER_TESTS_DISK_PATTERN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PATTERN_UNIT  4096u
#define PATTERN_LINES 64

static inline uint64_t pattern_mix(uint64_t seed, uint64_t unit, uint64_t generation, uint64_t line)
{
    uint64_t word = seed * 0x9e3779b97f4a7c15ul + unit * 0xbf58476d1ce4e5b9ul +
                    generation * 0x94d049bb133111ebul + line;
    return word ^ word >> 29;
}

static inline void pattern_line(uint64_t words[8], uint64_t seed, uint64_t unit,
                                uint64_t generation, uint64_t line)
{
    if (generation == 0) {
        memset(words, 0, 64);
        return;
    }
    const uint64_t mixed = pattern_mix(seed, unit, generation, line);
    const uint64_t made[8] = {seed, unit, generation, line, mixed, ~mixed, mixed << 1, mixed >> 1};
    memcpy(words, made, sizeof(made));
}

static inline void pattern_make(void *bytes, uint64_t seed, uint64_t unit, uint64_t generation)
{
    for (unsigned line = 0; line < PATTERN_LINES; line++)
        pattern_line((uint64_t *)bytes + 8 * line, seed, unit, generation, line);
}

/* The first line that is not as it should be, or PATTERN_LINES. */
static inline unsigned pattern_check(const void *bytes, uint64_t seed, uint64_t unit,
                                     uint64_t generation)
{
    for (unsigned line = 0; line < PATTERN_LINES; line++) {
        uint64_t words[8];
        pattern_line(words, seed, unit, generation, line);
        if (memcmp((const uint64_t *)bytes + 8 * line, words, sizeof(words)) != 0)
            return line;
    }
    return PATTERN_LINES;
}

/* xorshift64*: the same choices for the same seed. */
static inline uint64_t pattern_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dul;
}

#endif
