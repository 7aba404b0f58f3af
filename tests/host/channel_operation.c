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
    OPERATION_KEY("seed", seed, 0),
    OPERATION_KEY("fail", fail, 0),
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

/* ---- Reading. */

static bool read_case(const char *text, struct operation *operation)
{
    if (operation->case_count == CASES_MAX)
        return false;
    struct operation_case *one = &operation->cases[operation->case_count++];
    int64_t *fields[] = {&one->handle, &one->send, &one->length, &one->carried};
    for (unsigned i = 0; i < KEYS(fields); i++) {
        char *end;
        *fields[i] = strtol(text, &end, 10);
        if (end == text || (i + 1 < KEYS(fields) && *end != ':'))
            return false;
        text = end + 1;
    }
    return true;
}

/* key=value, into the object that the keys are of. */
static bool read_key(const char *text, void *object, const struct key *keys, size_t count)
{
    size_t length = strcspn(text, "= \n");
    if (text[length] != '=')
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strlen(keys[i].name) != length || strncmp(keys[i].name, text, length) != 0)
            continue;
        *field_of(object, &keys[i]) = strtol(text + length + 1, NULL, 10);
        return true;
    }
    return false;
}

static const char *next_word(const char *text)
{
    text += strcspn(text, " \n");
    return text + strspn(text, " ");
}

static bool read_operation(const char *text, struct operation *operation)
{
    size_t length = strcspn(text, " \n");
    *operation = operation_empty;
    operation->thread = -1;
    while (operation->kind < OPERATION_KIND_COUNT &&
           (strlen(words[operation->kind]) != length ||
            strncmp(words[operation->kind], text, length) != 0))
        operation->kind++;
    bool good = operation->kind < OPERATION_KIND_COUNT;
    for (text = next_word(text); good && *text != '\n' && *text != 0; text = next_word(text))
        good = strncmp(text, "case=", 5) == 0
                   ? read_case(text + 5, operation)
                   : read_key(text, operation, operation_keys, KEYS(operation_keys));
    return good && operation->id >= 0 && operation->id < OPERATIONS_MAX;
}

static bool read_outcome(const char *text, struct script_line *line)
{
    bool good = true;
    const struct key thread = {"t", 0, 0};
    line->outcome = outcome_empty;
    line->outcome.ended = 1;
    line->outcome.status = -1;
    for (text = next_word(text); good && *text != '\n' && *text != 0; text = next_word(text))
        good = read_key(text, &line->thread, &thread, 1) ||
               read_key(text, &line->outcome, outcome_keys, KEYS(outcome_keys));
    return good;
}

int script_read(const char **at, struct script_line *line)
{
    while (**at == '#' || **at == '\n') {
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
    }
    line->outcome.ended = 0;
    if (**at == 0)
        return 0;
    if (!(**at == '>' ? read_outcome(*at, line) : read_operation(*at, &line->operation)))
        return -1;
    *at += strcspn(*at, "\n");
    *at += **at == '\n';
    return 1;
}
