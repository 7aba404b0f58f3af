/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines for the log server, and from it. `logger LEVEL SOURCE TEXT...` keeps a line; `logger [LEVEL
 * [SOURCE]]` prints what is kept, `logger -f` goes on as lines come.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "log.h"

static const char *const levels[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
    [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
};

#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

static int complain(const char *what, int error)
{
    fprintf(stderr, "logger: %s: %s\n", what, strerror(-error));
    return 1;
}

/* The level of this name, or LEVEL_COUNT with a line that says what is wrong. */
static uint32_t find_level(const char *name)
{
    uint32_t level = 0;
    while (level < LEVEL_COUNT && strcmp(levels[level], name) != 0)
        level++;
    if (level == LEVEL_COUNT)
        fprintf(stderr, "logger: no level '%s'; there are error, warning, notice, info, debug\n",
                name);
    return level;
}

static int keep(uint32_t level, const char *source, int count, char **words)
{
    char text[LOG_TEXT_MAX + 1] = "";
    for (int i = 0; i < count; i++) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, "%s%s", i > 0 ? " " : "", words[i]);
    }
    int error = log_line(source, level, text);
    return error < 0 ? complain("line is not kept", error) : 0;
}

static int print(uint32_t level, const char *source, bool follow)
{
    static struct log_reader reader;
    const struct log_record *record;
    const char *text;
    int status = log_reader_begin(&reader, source, level, follow ? LOG_READ_FOLLOW : 0);
    while (status >= 0 && (status = log_reader_next(&reader, &record, &text)) == 1) {
        printf("%lu %s %s: %.*s\n", (unsigned long)record->position, levels[record->level],
               record->source, (int)record->length, text);
        if (reader.lost > 0)
            printf("(%lu lines were no longer there)\n", (unsigned long)reader.lost);
        reader.lost = 0;
    }
    return status < 0 ? complain("cannot read", status) : 0;
}

int main(int argc, char **argv)
{
    bool follow = argc > 1 && strcmp(argv[1], "-f") == 0;
    if (follow) {
        argc--;
        argv++;
    }
    uint32_t level = argc > 1 ? find_level(argv[1]) : LOG_DEBUG;
    const char *source = argc > 2 ? argv[2] : "";
    if (level == LEVEL_COUNT)
        return 2;
    return argc > 3 ? keep(level, source, argc - 3, argv + 3) : print(level, source, follow);
}
