/* SPDX-License-Identifier: BSD-2-Clause */
/* The experiments, their parameters, and what a user or a worker is told about them as NAME=VALUE.
 */
#ifndef ANSER_PROGRAMS_LAB_PARAMETER_H
#define ANSER_PROGRAMS_LAB_PARAMETER_H

#include "experiment.h"

#define PARAMETER_ERROR_MAX 160

/* The experiments, by name: the first one, and from each the next. */
const struct lab_experiment *experiment_first(void);
const struct lab_experiment *experiment_find(const char *name);

/* The i-th parameter, shared ones last, or NULL: there are no more. */
const struct lab_parameter *parameter_at(const struct lab_experiment *experiment, unsigned index);

/* Its place, or -1. */
int parameter_find(const struct lab_experiment *experiment, const char *name, size_t length);

/*
 * Reads `length` bytes of text as a value of the parameter. Returns false, with what is wrong in
 * `error`, if it is no number, out of range, or none of the choices.
 */
bool parameter_read(const struct lab_parameter *parameter, const char *text, size_t length,
                    uint64_t *value, char error[static PARAMETER_ERROR_MAX]);

/* Writes the value as parameter_read takes it. Returns its length, as snprintf does. */
int parameter_write(const struct lab_parameter *parameter, uint64_t value, char *text, size_t size);

/* Writes " NAME=VALUE" for all parameters of the point. Returns the length, as snprintf does. */
int parameter_write_all(const struct lab_point *point, char *text, size_t size);

#endif
