/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations as lines of text. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "channel_operation.h"

const struct operation operation_empty = {
    .handle = NO_NAME, .reply = NO_NAME, .target = -1, .carried = {NO_NAME, NO_NAME}};
const struct outcome outcome_empty = {.from = -1, .carried = {NO_NAME, NO_NAME}, .reply = NO_NAME};

static const char *const words[OPERATION_KIND_COUNT] = {
#define OPERATION_WORD(name, word) #word,
    OPERATION_KINDS(OPERATION_WORD)
#undef OPERATION_WORD
};

/* The keys, where their numbers are, and the number that is not worth writing. */
struct key {
    const char *name;
    size_t offset;
    int64_t otherwise;
};

#define OPERATION_KEY(name, field, otherwise)                                                      \
    {                                                                                              \
        name, offsetof(struct operation, field), otherwise                                         \
    }
static const struct key operation_keys[] = {
    OPERATION_KEY("t", thread, -1),
    OPERATION_KEY("id", id, -1),
    OPERATION_KEY("h", handle, NO_NAME),
    OPERATION_KEY("len", length, 0),
    OPERATION_KEY("room", room, 0),
    OPERATION_KEY("flags", flags, 0),
    OPERATION_KEY("until", until, 0),
    OPERATION_KEY("reply", reply, NO_NAME),
    OPERATION_KEY("target", target, -1),
    OPERATION_KEY("carry", carried[0], NO_NAME),
    OPERATION_KEY("carry2", carried[1], NO_NAME),
};
#define OUTCOME_KEY(name, field, otherwise)                                                        \
    {                                                                                              \
        name, offsetof(struct outcome, field), otherwise                                           \
    }
static const struct key outcome_keys[] = {
    OUTCOME_KEY("status", status, -1),
    OUTCOME_KEY("value", value, 0),
    OUTCOME_KEY("from", from, -1),
    OUTCOME_KEY("len", length, 0),
    OUTCOME_KEY("carry", carried[0], NO_NAME),
    OUTCOME_KEY("carry2", carried[1], NO_NAME),
    OUTCOME_KEY("reply", reply, NO_NAME),
};
#define KEYS(table) (sizeof(table) / sizeof((table)[0]))

static int64_t *field_of(void *object, const struct key *key)
{
    return (int64_t *)((char *)object + key->offset);
}

static void write_keys(FILE *to, const void *object, const struct key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = *field_of((void *)(uintptr_t)object, &keys[i]);
        if (value != keys[i].otherwise)
            fprintf(to, " %s=%ld", keys[i].name, value);
    }
}

void operation_write(FILE *to, const struct operation *operation)
{
    fputs(words[operation->kind], to);
    write_keys(to, operation, operation_keys, KEYS(operation_keys));
    for (int64_t i = 0; i < operation->case_count; i++) {
        const struct operation_case *one = &operation->cases[i];
        fprintf(to, " case=%ld:%ld:%ld:%ld", one->handle, one->send, one->length, one->carried);
    }
    fputc('\n', to);
}

void outcome_write(FILE *to, int64_t thread, const struct outcome *outcome)
{
    fprintf(to, "> t=%ld", thread);
    write_keys(to, outcome, outcome_keys, KEYS(outcome_keys));
    fputc('\n', to);
}

static bool read_case(const char *text, struct operation *operation)
{
    if (operation->case_count == CASES_MAX)
        return false;
    struct operation_case *one = &operation->cases[operation->case_count++];
    return sscanf(text, "%ld:%ld:%ld:%ld", &one->handle, &one->send, &one->length, &one->carried) ==
           4;
}

static bool read_key(const char *text, struct operation *operation)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return false;
    size_t length = (size_t)(equals - text);
    if (length == 4 && strncmp(text, "case", 4) == 0)
        return read_case(equals + 1, operation);
    for (size_t i = 0; i < KEYS(operation_keys); i++) {
        const struct key *key = &operation_keys[i];
        if (strlen(key->name) != length || strncmp(key->name, text, length) != 0)
            continue;
        *field_of(operation, key) = strtol(equals + 1, NULL, 10);
        return true;
    }
    return false;
}

static bool read_line(char *line, struct operation *operation)
{
    char *rest = NULL;
    const char *word = strtok_r(line, " \n", &rest);
    *operation = operation_empty;
    operation->thread = -1;
    while (operation->kind < OPERATION_KIND_COUNT && strcmp(word, words[operation->kind]) != 0)
        operation->kind++;
    if (operation->kind == OPERATION_KIND_COUNT)
        return false;
    while ((word = strtok_r(NULL, " \n", &rest)))
        if (!read_key(word, operation))
            return false;
    return operation->id >= 0 && operation->id < OPERATIONS_MAX;
}

int operation_read(FILE *from, struct operation *operation, char *line, int size)
{
    char copy[512];
    while (fgets(line, size, from)) {
        if (line[0] == '>' || line[0] == '#' || line[0] == '\n')
            continue;
        snprintf(copy, sizeof(copy), "%s", line);
        return read_line(copy, operation) ? 1 : -1;
    }
    return 0;
}
