/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shell.h"

/* Ends the word that begins at *at and moves behind it. False: its quote is open. */
static bool end_word(char **at)
{
    bool quoted = **at == '"';
    char *end = *at + quoted + strcspn(*at + quoted, quoted ? "\"" : " ");
    if (quoted && !*end)
        return false;
    *at = *end ? end + 1 : end;
    *end = 0;
    return true;
}

int words_split(char *line, char *words[WORDS_MAX + 1])
{
    int count = 0;
    for (char *at = line;;) {
        at += strspn(at, " ");
        if (!*at)
            break;
        if (count == WORDS_MAX)
            return -1;
        words[count++] = at + (*at == '"');
        if (!end_word(&at))
            return -1;
    }
    words[count] = NULL;
    return count;
}

bool words_number(const char *word, uint64_t *number)
{
    char *end;
    *number = strtoull(word, &end, 0);
    if (*word >= '0' && *word <= '9' && !*end)
        return true;
    printf("'%s' is not a number\n", word);
    return false;
}

void say_error(const char *command, const char *what, int64_t error)
{
    static const struct {
        int number;
        const char *text;
    } errors[] = {
        {ANSER_EPERM, "not permitted"},
        {ANSER_ESRCH, "there is none"},
        {ANSER_EBADF, "no handle for that"},
        {ANSER_ENOMEM, "out of memory"},
        {ANSER_EINVAL, "cannot be (dmesg may say why)"},
        {ANSER_EPIPE, "nobody answers"},
        {ANSER_EMFILE, "too many handles"},
    };
    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].number == -error) {
            printf("%s: %s: %s\n", command, what, errors[i].text);
            return;
        }
    printf("%s: %s: error %ld\n", command, what, (long)-error);
}
