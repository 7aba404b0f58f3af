/* SPDX-License-Identifier: BSD-2-Clause */
/* From typed bytes to answered reads. */
#include <string.h>
#include "channel.h"
#include "serve.h"
#include "input.h"
#include "line_editor.h"
#include "output.h"
#include "sessions.h"

#define CTRL(letter) ((letter)&0x1f)
#define TYPED_MAX    4096u /* a power of two */

static uint8_t typed[TYPED_MAX]; /* a ring */
static uint32_t typed_begin, typed_end;

static struct line_editor editor;
static bool line_ready;   /* the editor's line is complete */
static size_t line_taken; /* bytes of it that were read */

static void (*dump_threads)(void);

static void echo(void *context, const char *text, size_t length)
{
    (void)context;
    const struct session *session = session_foreground();
    if (session && session->mode & CONSOLE_MODE_ECHO)
        output_show(text, length);
}

void input_init(void (*dump)(void))
{
    dump_threads = dump;
    editor.echo = echo;
}

bool input_has_room(void)
{
    return typed_end - typed_begin < TYPED_MAX;
}

static void forget_line(void)
{
    line_editor_clear(&editor);
    line_ready = false;
    line_taken = 0;
}

/* Ctrl-C for the foreground: what was typed before it was meant for the same program, and goes. */
static void interrupt(const struct session *session)
{
    uint64_t message[2] = {CONSOLE_INTERRUPT, session->number};
    struct channel_out out = {.data = message, .length = sizeof(message)};
    typed_begin = typed_end;
    forget_line();
    echo(NULL, "^C\n", 3);
    if (session->interrupt)
        channel_send(session->interrupt, &out, 0);
}

/* Where in the ring the first Ctrl-C is, or typed_end. */
static uint32_t find_interrupt(void)
{
    uint32_t at = typed_begin;
    while (at != typed_end && typed[at % TYPED_MAX] != CTRL('C'))
        at++;
    return at;
}

void input_forward(void)
{
    const struct session *session = session_foreground();
    forget_line();
    if (!session || !(session->mode & CONSOLE_MODE_LINE))
        return;
    uint32_t at = find_interrupt();
    if (at == typed_end)
        return;
    /* Who typed it saw the program's name, and meant the program. */
    uint32_t end = typed_end;
    interrupt(session);
    typed_begin = at + 1;
    typed_end = end;
}

void input_typed(uint8_t byte)
{
    const struct session *session = session_foreground();
    if (byte == CTRL('T'))
        dump_threads();
    else if (byte == CTRL('C') && session && session->mode & CONSOLE_MODE_LINE)
        interrupt(session);
    else
        typed[typed_end++ % TYPED_MAX] = byte;
}

/* False: the read was called off, and the text is still to be read. */
static bool answer(struct session *session, const char *text, size_t length)
{
    anser_handle reply = session->reader;
    session->reader = 0;
    return serve_answer(reply, (int64_t)length, text, length) == 0;
}

/* Answers with the rest of the line that is ready. */
static void answer_line(struct session *session)
{
    size_t left = editor.length - line_taken;
    size_t length = left < session->reader_most ? left : session->reader_most;
    if (!answer(session, editor.line + line_taken, length))
        return;
    line_taken += length;
    if (line_taken == editor.length)
        forget_line();
}

/* Edits until a line is ready or nothing is left. */
static void pump_line(struct session *session)
{
    while (!line_ready && typed_begin != typed_end) {
        enum line_event event = line_editor_feed(&editor, typed[typed_begin++ % TYPED_MAX]);
        line_ready = event != LINE_OPEN;
    }
    if (line_ready)
        answer_line(session);
}

static bool ends_line(char byte)
{
    return byte == '\r' || byte == '\n';
}

/* A read ends behind a line end, so that what is typed ahead of a command that gives the input away
 * is still here for whoever gets it. */
static void pump_bytes(struct session *session)
{
    char bytes[CONSOLE_READ_MAX];
    size_t length = 0;
    uint32_t begin = typed_begin;
    size_t most = session->reader_most < sizeof(bytes) ? session->reader_most : sizeof(bytes);
    while (length < most && typed_begin != typed_end && (!length || !ends_line(bytes[length - 1])))
        bytes[length++] = (char)typed[typed_begin++ % TYPED_MAX];
    if (!length)
        return;
    if (answer(session, bytes, length))
        echo(NULL, bytes, length);
    else
        typed_begin = begin;
}

void input_pump(void)
{
    struct session *session = session_foreground();
    if (!session || !session->reader)
        return;
    /* What is left of a line goes first, also to a reader that has changed its mode. */
    if (line_ready)
        answer_line(session);
    else if (session->mode & CONSOLE_MODE_LINE)
        pump_line(session);
    else
        pump_bytes(session);
}
