/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing of one line as it is typed, for programs that read lines: backspace, Ctrl-W (word),
 * Ctrl-U (line), Ctrl-D (end of input). Pure: bytes in, echo out. Every character of the line takes
 * one column on the screen, which is what makes erasing it three bytes.
 */
#ifndef ANSER_SERVERS_UART_LINE_EDITOR_H
#define ANSER_SERVERS_UART_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_EDITOR_MAX 1024 /* bytes of a line, its newline included */

enum line_event {
    LINE_OPEN, /* go on typing */
    LINE_DONE, /* `line` holds `length` bytes, the last a newline, or none after Ctrl-D */
    LINE_END,  /* Ctrl-D on an empty line: end of input */
};

enum line_escape { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_SEQUENCE };

struct line_editor {
    char line[LINE_EDITOR_MAX];
    size_t length;
    enum line_escape escape; /* inside an arrow key or the like, which is dropped */
    bool after_return;       /* a line feed that follows is the same key */
    /* Called with what the terminal must show. */
    void (*echo)(void *context, const char *text, size_t length);
    void *context;
};

/* Feeds one byte. After LINE_DONE and LINE_END the caller takes the line and calls
 * line_editor_clear before the next byte. */
enum line_event line_editor_feed(struct line_editor *editor, unsigned char byte);

/* Forgets the line without touching the screen. */
void line_editor_clear(struct line_editor *editor);

#endif
