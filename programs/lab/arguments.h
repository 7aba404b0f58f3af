/* SPDX-License-Identifier: BSD-2-Clause */
/* A command line `EXPERIMENT NAME=VALUE[,VALUE...]... [format=...]`, as a list of points. */
#ifndef ANSER_PROGRAMS_LAB_ARGUMENTS_H
#define ANSER_PROGRAMS_LAB_ARGUMENTS_H

#include "experiment.h"

#define ARGUMENTS_VALUES_MAX 64 /* of one parameter */
#define ARGUMENTS_POINTS_MAX 1000

enum lab_format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };

struct arguments {
    const struct lab_experiment *experiment;
    enum lab_format format;
    unsigned counts[LAB_PARAMETERS_MAX];
    uint64_t values[LAB_PARAMETERS_MAX][ARGUMENTS_VALUES_MAX];
    unsigned point_count; /* all combinations */
};

/* Reads words[0..count], the experiment first. Returns false, having said on stderr what is wrong.
 */
bool arguments_read(struct arguments *arguments, unsigned count, char *const *words);

/* The index-th combination, the last parameter changing fastest. */
void arguments_point(const struct arguments *arguments, unsigned index, struct lab_point *point);

#endif
