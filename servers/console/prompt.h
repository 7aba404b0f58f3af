/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line of the console program: a cursor that moves, and a history under the arrow keys.
 * Pure: bytes of the terminal in, bytes for the terminal out.
 */
#ifndef ANSER_SERVERS_CONSOLE_PROMPT_H
#define ANSER_SERVERS_CONSOLE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_LINE_MAX    256 /* bytes of a command, its NUL included */
#define PROMPT_HISTORY_MAX 32  /* lines kept */
#define PROMPT_KEY_MAX     8   /* bytes of an escape sequence */

enum prompt_event {
    PROMPT_OPEN,      /* go on typing */
    PROMPT_DONE,      /* `line` is a command */
    PROMPT_END,       /* Ctrl-D on an empty line */
    PROMPT_INTERRUPT, /* Ctrl-C: the line is dropped */
};

struct prompt {
    char line[PROMPT_LINE_MAX]; /* NUL-terminated after PROMPT_DONE */
    size_t length;
    size_t cursor;            /* 0..length */
    char key[PROMPT_KEY_MAX]; /* an escape sequence that is not complete */
    size_t key_length;
    bool after_return;

    char history[PROMPT_HISTORY_MAX][PROMPT_LINE_MAX]; /* a ring, newest at history_count - 1 */
    unsigned history_count;                            /* ever added */
    unsigned history_at;                               /* shown; == history_count: the new line */
    char draft[PROMPT_LINE_MAX];                       /* the new line while history is shown */

    void (*echo)(void *context, const char *text, size_t length);
    void *context;
};

/* Begins an empty line; the caller has written the prompt. History stays. */
void prompt_begin(struct prompt *prompt);

/* Feeds one byte of the terminal. After PROMPT_DONE the line has been added to the history, unless
 * it is empty or the same as the one before. */
enum prompt_event prompt_feed(struct prompt *prompt, unsigned char byte);

#endif
