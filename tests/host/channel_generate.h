/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations that the model's present state gives a meaning to; and worlds for them. */
#ifndef TESTS_CHANNEL_GENERATE_H
#define TESTS_CHANNEL_GENERATE_H

#include "channel_model.h"

struct shape {
    int processes[MODEL_THREADS]; /* of each thread; -1: there is none */
    int64_t free_slots;           /* in each handle table */
    int64_t budget;               /* of each process, in pages */
    bool replayable;              /* only what a program on Anser can repeat */
    bool go;                      /* only what one in Go says through package anser */
};

#define SHAPES    5
#define REPLAY_C  3 /* the shapes of one process, for the programs on Anser */
#define REPLAY_GO 4
extern const struct shape shapes[SHAPES];

void generate_seed(uint64_t seed);
/* The next operation, with this id. */
void generate(const struct shape *shape, int64_t id, struct operation *out);

#endif
