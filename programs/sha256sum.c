/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sha256sum [-p] [NAME...]` prints the SHA-256 of files, disks or stdin ("-"); `sha256sum -c
 * [NAME...]` checks lists that it printed. -p: says at once how far it is, else only when it takes
 * long.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "progress.h"
#include "sha256.h"
#include "source.h"

#define PIECE    (256u << 10)
#define PATIENCE 2000 /* ms without a word */
#define LIST_MAX (1u << 20)

static bool impatient;

static int hash_source(struct source *source, const char *name, char text[SHA256_TEXT])
{
    static char buffer[PIECE];
    uint8_t digest[SHA256_BYTES];
    struct sha256 hash;
    struct progress progress;
    int64_t length;
    progress_begin(&progress, name, source->size, impatient ? 0 : PATIENCE);
    sha256_begin(&hash);
    while ((length = source_read(source, buffer, sizeof(buffer))) > 0) {
        sha256_add(&hash, buffer, (size_t)length);
        progress_show(&progress, source->position);
    }
    sha256_end(&hash, digest);
    sha256_print(digest, text);
    progress_end(&progress);
    return (int)length;
}

/* 0 and the digest, or -errno. */
static int hash_name(const char *name, char text[SHA256_TEXT])
{
    struct source source;
    int status = source_open(&source, name);
    if (status < 0)
        return status;
    status = hash_source(&source, name, text);
    source_close(&source);
    return status;
}

static bool print(const char *name)
{
    char text[SHA256_TEXT];
    int status = hash_name(name, text);
    if (status < 0)
        fprintf(stderr, "sha256sum: %s: %s\n", name, source_reason(status));
    else
        printf("%s  %s\n", text, name);
    return status == 0;
}

/* ---- Lists. ---------------------------------------------------------------------------------- */

/* "DIGEST  NAME", or "DIGEST *NAME". Returns the name, or NULL: it is no such line. */
static char *split(char *line)
{
    size_t digits = 0;
    while (isxdigit((unsigned char)line[digits])) {
        line[digits] = (char)tolower((unsigned char)line[digits]);
        digits++;
    }
    if (digits != SHA256_TEXT - 1 || line[digits] != ' ' ||
        (line[digits + 1] != ' ' && line[digits + 1] != '*') || line[digits + 2] == '\0')
        return NULL;
    line[digits] = '\0';
    return line + digits + 2;
}

static bool check_line(char *line, const char *list, int number)
{
    char text[SHA256_TEXT];
    if (*line == '\0')
        return true;
    const char *name = split(line);
    if (name == NULL) {
        fprintf(stderr, "sha256sum: %s:%d: not a line of a list\n", list, number);
        return false;
    }
    int status = hash_name(name, text);
    bool good = status == 0 && strcmp(text, line) == 0;
    printf("%s: %s\n", name, good ? "OK" : status < 0 ? source_reason(status) : "FAILED");
    return good;
}

static bool check_list(const char *list)
{
    struct source source;
    static char text[LIST_MAX];
    int64_t length = source_open(&source, list);
    if (length == 0) {
        length = source_read(&source, text, sizeof(text) - 1);
        source_close(&source);
    }
    if (length < 0) {
        fprintf(stderr, "sha256sum: %s: %s\n", list, source_reason((int)length));
        return false;
    }
    text[length] = '\0';
    bool good = true;
    int number = 1;
    for (char *line = text, *end; *line != '\0'; line = end, number++) {
        end = line + strcspn(line, "\n");
        if (*end != '\0')
            *end++ = '\0';
        good &= check_line(line, list, number);
    }
    return good;
}

int main(int argc, char **argv)
{
    bool (*work)(const char *) = print, good = true;
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (strcmp(argv[i], "-c") == 0)
            work = check_list;
        else if (strcmp(argv[i], "-p") == 0)
            impatient = true;
        else {
            fprintf(stderr, "usage: sha256sum [-p] [-c] [NAME...]\n");
            return 2;
        }
    }
    if (i == argc)
        return !work("-");
    for (; i < argc; i++)
        good &= work(argv[i]);
    return !good;
}
