/* SPDX-License-Identifier: BSD-2-Clause */
/* What producer and consumer agree on: a 2 MiB pages object goes there and back with each call. */
#ifndef ANSER_PROGRAMS_PAGES_WORK_H
#define ANSER_PROGRAMS_PAGES_WORK_H

#include <stdint.h>

#define PAGES_WORK_NAME  "demo/pages"
#define PAGES_WORK_SIZE  (2ul << 20)
#define PAGES_WORK_WORDS (PAGES_WORK_SIZE / sizeof(uint64_t))

/* The request: type, round, and the object. The answer: status, checksum, and the object. */
#define PAGES_WORK_ROUND 1

/* What the producer writes at `index` in a round, and the consumer turns over. */
static inline uint64_t pages_work_word(uint64_t round, uint64_t index)
{
    return (round + 1) * 0x9e3779b97f4a7c15ul + index;
}

#endif
