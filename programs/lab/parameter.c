/* SPDX-License-Identifier: BSD-2-Clause */
/* Experiments and their parameters: found by name, read from text, written as text. */
#include "parameter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_PROGRAM_WRONG 70 /* an experiment asks for a parameter that it does not have */

/* What every experiment has. `ends` of those that exist in C only has one choice. */
static const struct lab_parameter ends_both = {
    .name = "ends",
    .meaning = "the processes' language; c+go: the first role in C, the others in Go",
    .choices = "c go c+go go+c"};
static const struct lab_parameter ends_c = {
    .name = "ends", .meaning = "the processes' language", .choices = "c"};
static const struct lab_parameter seed = {
    .name = "seed", .meaning = "of all that is random", .otherwise = 1, .most = UINT32_MAX};

static struct lab_experiment *experiments;

/* Keeps the list in the order of the names, whatever the order of the constructors. */
void lab_register(struct lab_experiment *experiment)
{
    struct lab_experiment **place = &experiments;
    while (*place != NULL && strcmp((*place)->name, experiment->name) < 0)
        place = &(*place)->next;
    experiment->next = *place;
    *place = experiment;
}

const struct lab_experiment *experiment_first(void)
{
    return experiments;
}

const struct lab_experiment *experiment_find(const char *name)
{
    const struct lab_experiment *experiment = experiments;
    while (experiment != NULL && strcmp(experiment->name, name) != 0)
        experiment = experiment->next;
    return experiment;
}

const struct lab_parameter *parameter_at(const struct lab_experiment *experiment, unsigned index)
{
    unsigned own = 0;
    while (own < LAB_PARAMETERS_MAX - 2 && experiment->parameters[own].name != NULL)
        own++;
    if (index < own)
        return &experiment->parameters[index];
    if (index == own)
        return experiment->go ? &ends_both : &ends_c;
    return index == own + 1 ? &seed : NULL;
}

int parameter_find(const struct lab_experiment *experiment, const char *name, size_t length)
{
    const struct lab_parameter *parameter;
    for (unsigned i = 0; (parameter = parameter_at(experiment, i)) != NULL; i++)
        if (strlen(parameter->name) == length && memcmp(parameter->name, name, length) == 0)
            return (int)i;
    return -1;
}

/* The place of a word among words with one blank between them, or -1. */
static int choice_find(const char *choices, const char *word, size_t length)
{
    for (int place = 0; *choices != '\0'; place++) {
        size_t here = strcspn(choices, " ");
        if (here == length && memcmp(choices, word, length) == 0)
            return place;
        choices += here + (choices[here] == ' ');
    }
    return -1;
}

static int choice_write(const char *choices, uint64_t place, char *text, size_t size)
{
    while (place-- > 0)
        choices += strcspn(choices, " ") + 1;
    return snprintf(text, size, "%.*s", (int)strcspn(choices, " "), choices);
}

static bool read_number(const char *text, size_t length, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(text[i] - '0'), value))
            return false;
    }
    return length > 0;
}

bool parameter_read(const struct lab_parameter *parameter, const char *text, size_t length,
                    uint64_t *value, char error[static PARAMETER_ERROR_MAX])
{
    if (parameter->choices != NULL) {
        int place = choice_find(parameter->choices, text, length);
        *value = (uint64_t)place;
        if (place < 0)
            snprintf(error, PARAMETER_ERROR_MAX, "%s=%.*s: must be one of: %s", parameter->name,
                     (int)length, text, parameter->choices);
        return place >= 0;
    }
    if (!read_number(text, length, value)) {
        snprintf(error, PARAMETER_ERROR_MAX, "%s=%.*s: not a number", parameter->name, (int)length,
                 text);
        return false;
    }
    if (*value >= parameter->least && *value <= parameter->most)
        return true;
    snprintf(error, PARAMETER_ERROR_MAX, "%s=%.*s: must be from %" PRIu64 " to %" PRIu64,
             parameter->name, (int)length, text, parameter->least, parameter->most);
    return false;
}

int parameter_write(const struct lab_parameter *parameter, uint64_t value, char *text, size_t size)
{
    if (parameter->choices != NULL)
        return choice_write(parameter->choices, value, text, size);
    return snprintf(text, size, "%" PRIu64, value);
}

int parameter_write_all(const struct lab_point *point, char *text, size_t size)
{
    const struct lab_parameter *parameter;
    char value[LAB_NAME_MAX];
    size_t used = 0;
    for (unsigned i = 0; (parameter = parameter_at(point->experiment, i)) != NULL; i++) {
        parameter_write(parameter, point->values[i], value, sizeof(value));
        used += (size_t)snprintf(used < size ? text + used : NULL, used < size ? size - used : 0,
                                 " %s=%s", parameter->name, value);
    }
    return (int)used;
}

/* ---- For experiments. ------------------------------------------------------------------------ */

static unsigned index_of(const struct lab_point *point, const char *name)
{
    int index = parameter_find(point->experiment, name, strlen(name));
    if (index >= 0)
        return (unsigned)index;
    fprintf(stderr, "lab: the experiment %s has no parameter %s\n", point->experiment->name, name);
    exit(EXIT_PROGRAM_WRONG);
}

uint64_t lab_value(const struct lab_point *point, const char *name)
{
    return point->values[index_of(point, name)];
}

bool lab_is(const struct lab_point *point, const char *name, const char *choice)
{
    unsigned index = index_of(point, name);
    const char *choices = parameter_at(point->experiment, index)->choices;
    return choices != NULL &&
           choice_find(choices, choice, strlen(choice)) == (int)point->values[index];
}
