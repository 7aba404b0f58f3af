/* SPDX-License-Identifier: BSD-2-Clause */
/* All floating-point registers, in and out, bit by bit. */
#ifndef ANSER_TESTS_FLOATS_H
#define ANSER_TESTS_FLOATS_H

#include <stdint.h>

struct floats {
    uint64_t f[32];
    uint64_t fcsr; /* rounding mode and flags */
};

void floats_load(const struct floats *floats);
void floats_store(struct floats *floats);

/* Loads *floats, makes the native call null, stores what is there afterwards: nothing that the
 * compiler makes comes in between. */
void floats_over_call(struct floats *floats);

/* Likewise, but counts `rounds` down to zero: the hart is taken away in the middle of it. */
void floats_over_spin(struct floats *floats, uint64_t rounds);

#endif
