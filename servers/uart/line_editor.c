/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor: one function a key. */
#include "line_editor.h"

#include <string.h>

#define CTRL(letter) ((letter)&0x1f)
#define ESC          0x1b
#define DELETE       0x7f

static void echo(struct line_editor *editor, const char *text)
{
    editor->echo(editor->context, text, strlen(text));
}

/* UTF-8: a byte that continues a character begun before it. */
static bool continues(char byte)
{
    return (byte & 0xc0) == 0x80;
}

static void erase_character(struct line_editor *editor)
{
    while (editor->length && continues(editor->line[editor->length - 1]))
        editor->length--;
    if (editor->length)
        editor->length--;
    echo(editor, "\b \b");
}

static bool ends_in_blank(const struct line_editor *editor)
{
    char last = editor->length ? editor->line[editor->length - 1] : 0;
    return last == ' ' || last == '\t';
}

static void erase_word(struct line_editor *editor)
{
    while (ends_in_blank(editor))
        erase_character(editor);
    while (editor->length && !ends_in_blank(editor))
        erase_character(editor);
}

static void erase_line(struct line_editor *editor)
{
    while (editor->length)
        erase_character(editor);
}

static void insert(struct line_editor *editor, unsigned char byte)
{
    if (editor->length == LINE_EDITOR_MAX - 1) { /* the newline needs the last place */
        echo(editor, "\a");
        return;
    }
    editor->line[editor->length++] = (char)byte;
    /* A tab shows as one blank, see the top. */
    const char shown = byte == '\t' ? ' ' : (char)byte;
    editor->echo(editor->context, &shown, 1);
}

static enum line_event end_line(struct line_editor *editor)
{
    editor->line[editor->length++] = '\n';
    echo(editor, "\r\n");
    return LINE_DONE;
}

/* Arrow and function keys are ESC [ parameters letter, or ESC O letter. */
static bool drop_escape(struct line_editor *editor, unsigned char byte)
{
    switch (editor->escape) {
    case ESCAPE_NONE:
        editor->escape = byte == ESC ? ESCAPE_BEGUN : ESCAPE_NONE;
        return byte == ESC;
    case ESCAPE_BEGUN:
        editor->escape = byte == '[' || byte == 'O' ? ESCAPE_SEQUENCE : ESCAPE_NONE;
        return true;
    default:
        if (byte >= '@' && byte <= '~')
            editor->escape = ESCAPE_NONE;
        return byte >= ' ';
    }
}

static enum line_event feed_control(struct line_editor *editor, unsigned char byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return end_line(editor);
    case CTRL('D'):
        return editor->length ? LINE_DONE : LINE_END;
    case CTRL('H'):
    case DELETE:
        if (editor->length)
            erase_character(editor);
        break;
    case CTRL('W'):
        erase_word(editor);
        break;
    case CTRL('U'):
        erase_line(editor);
        break;
    default:
        break;
    }
    return LINE_OPEN;
}

enum line_event line_editor_feed(struct line_editor *editor, unsigned char byte)
{
    bool same_key = editor->after_return && byte == '\n';
    editor->after_return = byte == '\r';
    if (same_key || drop_escape(editor, byte))
        return LINE_OPEN;
    if ((byte < ' ' && byte != '\t') || byte == DELETE)
        return feed_control(editor, byte);
    insert(editor, byte);
    return LINE_OPEN;
}

void line_editor_clear(struct line_editor *editor)
{
    editor->length = 0;
    editor->escape = ESCAPE_NONE;
}
