/* SPDX-License-Identifier: BSD-2-Clause */
/* One point of an experiment on stage: its channels, its processes, and what they reported. */
#ifndef ANSER_PROGRAMS_LAB_STAGE_H
#define ANSER_PROGRAMS_LAB_STAGE_H

#include "experiment.h"

#define STAGE_ERROR_MAX 256

/* One value that workers reported, over all of them. */
struct stage_result {
    bool present;
    uint64_t value;
};

/* What a point came to. */
struct stage_outcome {
    struct stage_result operations;
    struct stage_result instructions;
    struct stage_result ticks;
    struct stage_result columns[LAB_COLUMNS_MAX];
};

/*
 * Arranges the point, runs its workers to their end and combines what they say. Returns true, or
 * false with the reason in `error`. Either way no worker is left.
 */
bool stage_run(const struct lab_point *point, struct stage_outcome *outcome,
               char error[static STAGE_ERROR_MAX]);

#endif
