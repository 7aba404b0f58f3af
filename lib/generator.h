/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A generator of random bytes, as good as its seeds: ChaCha20 with fast key erasure (D. J.
 * Bernstein, blog.cr.yp.to, 2017-07-23). Each call begins with a new key and forgets the one
 * before, so who learns the state later cannot compute what was given out. Pure; one thread at a
 * time.
 */
#ifndef ANSER_LIB_GENERATOR_H
#define ANSER_LIB_GENERATOR_H

#include <stddef.h>
#include <stdint.h>
#include "chacha20.h"

#define GENERATOR_SEED 32 /* bytes: as many as it holds */

struct generator {
    uint32_t key[CHACHA20_KEY];
};

/* Mixes in what somebody may know or not; nothing that was in it is lost. Any length. */
void generator_seed(struct generator *generator, const void *seed, size_t length);

/* Fills `to` with `length` random bytes. */
void generator_fill(struct generator *generator, void *to, size_t length);

#endif
