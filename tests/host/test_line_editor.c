/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two line editors: that of the uart server for programs, and the console program's with
 * cursor and history. What they echo is shown on a small terminal, which must then show the line.
 */
/* sources: servers/uart/line_editor.c servers/console/prompt.c */
#include <stdlib.h>
#include <string.h>
#include "servers/console/prompt.h"
#include "servers/uart/line_editor.h"
#include "tap.h"

/* One row of a terminal that knows what the editors send. */
static struct {
    char row[4096];
    size_t column, end, bells;
} screen;

static size_t show_byte(const char *text, size_t left)
{
    if (left >= 3 && memcmp(text, "\x1b[K", 3) == 0) {
        screen.end = screen.column;
        return 3;
    }
    if (*text == '\b')
        screen.column--;
    else if (*text == '\a')
        screen.bells++;
    else if (*text != '\r' && *text != '\n')
        screen.row[screen.column++] = *text;
    if (screen.column > screen.end)
        screen.end = screen.column;
    return 1;
}

static void show(void *context, const char *text, size_t length)
{
    (void)context;
    while (length > 0) {
        size_t used = show_byte(text, length);
        text += used;
        length -= used;
    }
}

/* What stands on the screen, trailing blanks left out. */
static const char *shown(void)
{
    size_t end = screen.end;
    while (end && screen.row[end - 1] == ' ')
        end--;
    screen.row[end] = 0;
    return screen.row;
}

static void clear(void)
{
    memset(&screen, 0, sizeof(screen));
}

/* ---- The uart server's. ---------------------------------------------------------------------- */

static struct line_editor editor = {.echo = show};

static enum line_event type(const char *keys)
{
    enum line_event event = LINE_OPEN;
    clear();
    line_editor_clear(&editor);
    for (; *keys && event == LINE_OPEN; keys++)
        event = line_editor_feed(&editor, (unsigned char)*keys);
    return event;
}

static bool line_is(const char *text)
{
    return editor.length == strlen(text) && memcmp(editor.line, text, editor.length) == 0;
}

static void test_line(const char *what, const char *keys, const char *line, const char *on_screen)
{
    TEST(type(keys) == LINE_DONE && line_is(line) && strcmp(shown(), on_screen) == 0,
         "%s (line of %zu bytes, screen '%s')", what, editor.length, shown());
}

static void test_line_editor(void)
{
    test_line("a line", "hello\r", "hello\n", "hello");
    test_line("a line feed ends it as well", "hello\n", "hello\n", "hello");
    test_line("backspace", "helpo\b\blo\r", "hello\n", "hello");
    test_line("delete", "hellp\x7fo\r", "hello\n", "hello");
    test_line("backspace on nothing", "\b\bhi\r", "hi\n", "hi");
    test_line("Ctrl-W", "one two  \x17six\r", "one six\n", "one six");
    test_line("Ctrl-U", "one two\x15six\r", "six\n", "six");
    test_line("arrow keys do nothing", "a\x1b[Ab\x1bOCc\x1b[3~d\r", "abcd\n", "abcd");
    test_line("Ctrl-D behind text ends the line", "abc\x04", "abc", "abc");
    test_line("UTF-8 goes as a whole", "x\xc3\xa4\by\r", "xy\n",
              "x\xc3"
              "y");
    test_line("a tab shows as a blank", "a\tb\r", "a\tb\n", "a b");
    TEST(type("\x04") == LINE_END && editor.length == 0, "Ctrl-D on an empty line: end");
    TEST(type("abc") == LINE_OPEN && editor.length == 3, "a line that is not complete");
    type("a\r");
    line_editor_clear(&editor);
    TEST(line_editor_feed(&editor, '\n') == LINE_OPEN, "the line feed of CR LF is no second line");
    TEST(line_editor_feed(&editor, '\n') == LINE_DONE, "but the next one is");
}

static void test_long_line(void)
{
    static char keys[2 * LINE_EDITOR_MAX];
    memset(keys, 'x', sizeof(keys) - 2);
    keys[sizeof(keys) - 2] = '\r';
    TEST(type(keys) == LINE_DONE && editor.length == LINE_EDITOR_MAX &&
             editor.line[LINE_EDITOR_MAX - 1] == '\n' && screen.bells > 0,
         "what does not fit rings the bell; the newline fits");
}

/* ---- The console program's. ------------------------------------------------------------------ */

static struct prompt prompt = {.echo = show};

static enum prompt_event press(const char *keys)
{
    enum prompt_event event = PROMPT_OPEN;
    clear();
    prompt_begin(&prompt);
    for (; *keys && event == PROMPT_OPEN; keys++)
        event = prompt_feed(&prompt, (unsigned char)*keys);
    return event;
}

static void test_command(const char *what, const char *keys, const char *line)
{
    enum prompt_event event = press(keys);
    TEST(event == PROMPT_DONE && strcmp(prompt.line, line) == 0 && strcmp(shown(), line) == 0,
         "%s ('%s', screen '%s')", what, prompt.line, shown());
}

#define UP    "\x1b[A"
#define DOWN  "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT  "\x1b[D"
#define HOME  "\x1b[H"
#define END   "\x1b[F"

static void test_editing(void)
{
    test_command("a command", "ls\r", "ls");
    test_command("insert in the middle", "hlo" LEFT LEFT "el\r", "hello");
    test_command("erase in the middle", "helXlo" LEFT LEFT "\b\r", "hello");
    test_command("delete under the cursor", "heXllo" HOME RIGHT RIGHT "\x1b[3~\r", "hello");
    test_command("Ctrl-D deletes, too", "Xhello" HOME "\x04\r", "hello");
    test_command("Ctrl-U keeps what is right of it", "one two" LEFT LEFT LEFT "\x15\r", "two");
    test_command("Ctrl-K keeps what is left of it", "one two" LEFT LEFT LEFT LEFT "\x0b\r", "one");
    test_command("Ctrl-W", "one two three\x17\x17six\r", "one six");
    test_command("home and end", "b" HOME "a" END "c\r", "abc");
    test_command("moves past the ends", LEFT LEFT RIGHT "a" RIGHT RIGHT "b\r", "ab");
    test_command("a key nobody knows", "a\x1b[15~b\r", "ab");
    TEST(press("abc\x03") == PROMPT_INTERRUPT, "Ctrl-C drops the line");
    TEST(press("\x04") == PROMPT_END, "Ctrl-D on an empty line");
}

static void test_history(void)
{
    press("first\r");
    press("second one\r");
    press("\r");
    press("second one\r");
    test_command("up: the last one", UP "\r", "second one");
    test_command("up twice: the one before; it is there once", UP UP "\r", "first");
    test_command("down comes back to what was begun", "dra" UP UP UP DOWN DOWN DOWN "ft\r",
                 "draft");
    test_command("a line from history can be changed", UP UP "\b\bX\r", "firX");
    for (int i = 0; i < PROMPT_HISTORY_MAX + 10; i++) {
        char keys[32];
        snprintf(keys, sizeof(keys), "command %d\r", i);
        press(keys);
    }
    char all[8 * PROMPT_HISTORY_MAX] = "";
    for (int i = 0; i < PROMPT_HISTORY_MAX + 5; i++)
        strcat(all, UP);
    strcat(all, "\r");
    test_command("the oldest that is kept", all, "command 10");
}

static void test_full_line(void)
{
    static char keys[2 * PROMPT_LINE_MAX];
    memset(keys, 'x', sizeof(keys) - 2);
    keys[sizeof(keys) - 2] = '\r';
    TEST(press(keys) == PROMPT_DONE && strlen(prompt.line) == PROMPT_LINE_MAX - 1 &&
             screen.bells > 0,
         "what does not fit rings the bell");
}

/* Any keys: the screen shows the line, whatever was pressed. */
static void test_random(void)
{
    static const char *const keys[] = {"a",  "b ", "\b",   UP,     DOWN,   LEFT,      RIGHT,
                                       HOME, END,  "\x17", "\x15", "\x0b", "\x1b[3~", "word"};
    bool same = true;
    srand(1);
    for (int round = 0; round < 2000 && same; round++) {
        char all[512] = "";
        for (int i = rand() % 40; i > 0; i--)
            strcat(all, keys[(unsigned)rand() % (sizeof(keys) / sizeof(keys[0]))]);
        strcat(all, "\r");
        press(all);
        size_t end = strlen(prompt.line);
        while (end && prompt.line[end - 1] == ' ')
            end--;
        same = strlen(shown()) == end && memcmp(shown(), prompt.line, end) == 0;
    }
    TEST(same, "2000 random sessions: the screen shows '%s', the line is '%s'", shown(),
         prompt.line);
}

int main(void)
{
    test_line_editor();
    test_long_line();
    test_editing();
    test_history();
    test_full_line();
    test_random();
    return tap_done();
}
