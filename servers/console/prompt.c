/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt's editor. The screen is kept right by relative movements only, so that it need not
 * know what stands left of the line. */
#include "prompt.h"

#include <string.h>

#define CTRL(letter) ((letter)&0x1f)
#define ESC          0x1b
#define DELETE       0x7f

static void echo(struct prompt *prompt, const char *text, size_t length)
{
    if (length)
        prompt->echo(prompt->context, text, length);
}

static void move_left(struct prompt *prompt, size_t columns)
{
    static const char steps[] = "\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b";
    prompt->cursor -= columns;
    for (; columns > sizeof steps - 1; columns -= sizeof steps - 1)
        echo(prompt, steps, sizeof steps - 1);
    echo(prompt, steps, columns);
}

/* Writing a character again is what moves right on every terminal. */
static void move_right(struct prompt *prompt, size_t columns)
{
    echo(prompt, prompt->line + prompt->cursor, columns);
    prompt->cursor += columns;
}

/* Replaces `removed` bytes at the cursor by `added` ones and repairs the screen to the right. */
static void splice(struct prompt *prompt, size_t removed, const char *text, size_t added)
{
    char *at = prompt->line + prompt->cursor;
    size_t tail = prompt->length - prompt->cursor - removed;
    if (prompt->length - removed + added >= PROMPT_LINE_MAX) {
        echo(prompt, "\a", 1);
        return;
    }
    memmove(at + added, at + removed, tail);
    memcpy(at, text, added);
    prompt->length += added - removed;
    echo(prompt, at, added + tail);
    prompt->cursor += added + tail;
    size_t back = tail;
    if (removed > added) {
        echo(prompt, "\x1b[K", 3);
    }
    move_left(prompt, back);
}

static void remove_left(struct prompt *prompt, size_t count)
{
    move_left(prompt, count);
    splice(prompt, count, "", 0);
}

static size_t word_left(const struct prompt *prompt)
{
    size_t at = prompt->cursor;
    while (at && prompt->line[at - 1] == ' ')
        at--;
    while (at && prompt->line[at - 1] != ' ')
        at--;
    return prompt->cursor - at;
}

static void show(struct prompt *prompt, const char *text)
{
    move_left(prompt, prompt->cursor);
    splice(prompt, prompt->length, text, strlen(text));
    move_right(prompt, prompt->length - prompt->cursor);
}

/* ---- History. -------------------------------------------------------------------------------- */

static char *history_line(struct prompt *prompt, unsigned index)
{
    return prompt->history[index % PROMPT_HISTORY_MAX];
}

static void history_add(struct prompt *prompt)
{
    unsigned newest = prompt->history_count;
    if (!prompt->length || (newest && !strcmp(history_line(prompt, newest - 1), prompt->line)))
        return;
    strcpy(history_line(prompt, newest), prompt->line);
    prompt->history_count++;
}

static void history_older(struct prompt *prompt)
{
    unsigned oldest =
        prompt->history_count > PROMPT_HISTORY_MAX ? prompt->history_count - PROMPT_HISTORY_MAX : 0;
    if (prompt->history_at == oldest)
        return;
    if (prompt->history_at == prompt->history_count) {
        prompt->line[prompt->length] = 0;
        strcpy(prompt->draft, prompt->line);
    }
    show(prompt, history_line(prompt, --prompt->history_at));
}

static void history_newer(struct prompt *prompt)
{
    if (prompt->history_at == prompt->history_count)
        return;
    bool back = ++prompt->history_at == prompt->history_count;
    show(prompt, back ? prompt->draft : history_line(prompt, prompt->history_at));
}

/* ---- Keys. ----------------------------------------------------------------------------------- */

static void key_left(struct prompt *prompt)
{
    if (prompt->cursor)
        move_left(prompt, 1);
}

static void key_right(struct prompt *prompt)
{
    if (prompt->cursor < prompt->length)
        move_right(prompt, 1);
}

static void key_home(struct prompt *prompt)
{
    move_left(prompt, prompt->cursor);
}

static void key_end(struct prompt *prompt)
{
    move_right(prompt, prompt->length - prompt->cursor);
}

static void key_delete(struct prompt *prompt)
{
    if (prompt->cursor < prompt->length)
        splice(prompt, 1, "", 0);
}

static const struct {
    const char *bytes; /* after ESC */
    void (*press)(struct prompt *prompt);
} keys[] = {
    {"[A", history_older}, {"[B", history_newer}, {"[C", key_right},     {"[D", key_left},
    {"[H", key_home},      {"[F", key_end},       {"OA", history_older}, {"OB", history_newer},
    {"OC", key_right},     {"OD", key_left},      {"OH", key_home},      {"OF", key_end},
    {"[1~", key_home},     {"[4~", key_end},      {"[3~", key_delete},
};

/* A sequence ends with its first letter or ~ (ECMA-48, 5.4: a final byte is 0x40 to 0x7e). */
static void feed_key(struct prompt *prompt, unsigned char byte)
{
    bool first = prompt->key_length == 1;
    if (prompt->key_length < PROMPT_KEY_MAX - 1)
        prompt->key[prompt->key_length++] = (char)byte;
    if (first && (byte == '[' || byte == 'O'))
        return;
    if (!first && (byte < '@' || byte > '~'))
        return;
    prompt->key[prompt->key_length] = 0;
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(prompt->key + 1, keys[i].bytes) == 0)
            keys[i].press(prompt);
    prompt->key_length = 0;
}

static enum prompt_event end_line(struct prompt *prompt)
{
    key_end(prompt);
    echo(prompt, "\r\n", 2);
    prompt->line[prompt->length] = 0;
    history_add(prompt);
    return PROMPT_DONE;
}

static enum prompt_event drop_line(struct prompt *prompt)
{
    key_end(prompt);
    echo(prompt, "^C\r\n", 4);
    return PROMPT_INTERRUPT;
}

static enum prompt_event feed_control(struct prompt *prompt, unsigned char byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return end_line(prompt);
    case CTRL('C'):
        return drop_line(prompt);
    case CTRL('D'):
        if (!prompt->length)
            return PROMPT_END;
        key_delete(prompt);
        break;
    case CTRL('H'):
    case DELETE:
        if (prompt->cursor)
            remove_left(prompt, 1);
        break;
    case CTRL('W'):
        remove_left(prompt, word_left(prompt));
        break;
    case CTRL('U'):
        remove_left(prompt, prompt->cursor);
        break;
    case CTRL('K'):
        splice(prompt, prompt->length - prompt->cursor, "", 0);
        break;
    case CTRL('E'):
        key_end(prompt);
        break;
    case CTRL('P'):
        history_older(prompt);
        break;
    case CTRL('N'):
        history_newer(prompt);
        break;
    default:
        break;
    }
    return PROMPT_OPEN;
}

enum prompt_event prompt_feed(struct prompt *prompt, unsigned char byte)
{
    bool same_key = prompt->after_return && byte == '\n';
    prompt->after_return = byte == '\r';
    if (same_key)
        return PROMPT_OPEN;
    if (byte == ESC) {
        prompt->key[0] = ESC;
        prompt->key_length = 1;
    } else if (prompt->key_length) {
        feed_key(prompt, byte);
    } else if (byte < ' ' || byte == DELETE) {
        return feed_control(prompt, byte);
    } else {
        splice(prompt, 0, (const char *)&byte, 1);
    }
    return PROMPT_OPEN;
}

void prompt_begin(struct prompt *prompt)
{
    prompt->length = 0;
    prompt->cursor = 0;
    prompt->key_length = 0;
    prompt->draft[0] = 0;
    prompt->history_at = prompt->history_count;
}
