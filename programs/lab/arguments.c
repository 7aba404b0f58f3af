/* SPDX-License-Identifier: BSD-2-Clause */
/* From words to points. Everything is checked before anything runs. */
#include "arguments.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "parameter.h"

__attribute__((format(printf, 1, 2))) static bool refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "lab: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return false;
}

static bool refuse_name(const struct lab_experiment *experiment, const char *word, int length)
{
    const struct lab_parameter *parameter;
    fprintf(stderr, "lab: %s has no parameter '%.*s'; it has", experiment->name, length, word);
    for (unsigned i = 0; (parameter = parameter_at(experiment, i)) != NULL; i++)
        fprintf(stderr, " %s", parameter->name);
    fprintf(stderr, " format\n");
    return false;
}

static bool read_format(struct arguments *arguments, const char *text)
{
    static const char *const names[] = {
        [FORMAT_TEXT] = "text", [FORMAT_CSV] = "csv", [FORMAT_JSON] = "json"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], text) == 0) {
            arguments->format = (enum lab_format)i;
            return true;
        }
    }
    return refuse("format=%s: must be one of: text csv json", text);
}

/* VALUE[,VALUE...] of the parameter at this place. */
static bool read_values(struct arguments *arguments, unsigned place, const char *text)
{
    const struct lab_parameter *parameter = parameter_at(arguments->experiment, place);
    char error[PARAMETER_ERROR_MAX];
    unsigned *count = &arguments->counts[place];
    for (;;) {
        size_t length = strcspn(text, ",");
        if (*count == ARGUMENTS_VALUES_MAX)
            return refuse("%s: more than %d values", parameter->name, ARGUMENTS_VALUES_MAX);
        if (!parameter_read(parameter, text, length, &arguments->values[place][(*count)++], error))
            return refuse("%s", error);
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool read_word(struct arguments *arguments, const char *word)
{
    size_t length = strcspn(word, "=");
    if (length == 0 || word[length] == '\0')
        return refuse("'%s' is not NAME=VALUE", word);
    if (length == sizeof("format") - 1 && memcmp(word, "format", length) == 0)
        return read_format(arguments, word + length + 1);
    int place = parameter_find(arguments->experiment, word, length);
    if (place < 0)
        return refuse_name(arguments->experiment, word, (int)length);
    if (arguments->counts[place] > 0)
        return refuse("%.*s is given twice; several values are one list: %.*s=A,B", (int)length,
                      word, (int)length, word);
    return read_values(arguments, (unsigned)place, word + length + 1);
}

/* Parameters that were not given have one value; then the combinations are counted. */
static bool complete(struct arguments *arguments)
{
    const struct lab_parameter *parameter;
    uint64_t points = 1;
    for (unsigned i = 0; (parameter = parameter_at(arguments->experiment, i)) != NULL; i++) {
        if (arguments->counts[i] == 0)
            arguments->values[i][arguments->counts[i]++] = parameter->otherwise;
        points *= arguments->counts[i];
        if (points > ARGUMENTS_POINTS_MAX)
            return refuse("more than %d combinations of values", ARGUMENTS_POINTS_MAX);
    }
    arguments->point_count = (unsigned)points;
    return true;
}

bool arguments_read(struct arguments *arguments, unsigned count, char *const *words)
{
    *arguments = (struct arguments){.experiment = experiment_find(words[0])};
    if (arguments->experiment == NULL)
        return refuse("no experiment '%s'; 'lab list' shows those that there are", words[0]);
    for (unsigned i = 1; i < count; i++)
        if (!read_word(arguments, words[i]))
            return false;
    return complete(arguments);
}

void arguments_point(const struct arguments *arguments, unsigned index, struct lab_point *point)
{
    *point = (struct lab_point){.experiment = arguments->experiment};
    for (unsigned i = LAB_PARAMETERS_MAX; i-- > 0;) {
        if (arguments->counts[i] == 0)
            continue;
        point->values[i] = arguments->values[i][index % arguments->counts[i]];
        index /= arguments->counts[i];
    }
}
