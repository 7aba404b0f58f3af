/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line a call: name(arguments) = result, as calls.h says of each. Numbers are shown as
 * numbers, text and bytes up to a limit.
 */
#include <string.h>
#include "calls.h"
#include "console_text.h"
#include "lib/thread.h"
#include "linux_abi.h"
#include "loader/line.h"
#include "process.h"
#include "trace.h"
#include "user.h"

#define SHOWN_MAX 32 /* bytes of a buffer or string */
#define LINE_MAX  320

enum { X_A0 = 10, X_A7 = 17 };

anser_handle trace_stream;

static struct mutex lock; /* one line after the other */

static const struct {
    const char *name;
    const char *show;
} shapes[] = {
#define LINUX_CALL_SHAPE(number, name, show) [number] = {#name, show},
    LINUX_CALLS(LINUX_CALL_SHAPE)
#undef LINUX_CALL_SHAPE
};

void trace_init(void)
{
    trace_stream = process_handle("trace");
}

/* ---- One line. ------------------------------------------------------------------------------- */

static void add_character(struct line *line, char c)
{
    const char text[] = {c, '\0'};
    line_add(line, text);
}

static void add_signed(struct line *line, int64_t number)
{
    if (number < 0)
        line_add(line, "-");
    line_add_decimal(line, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void add_octal(struct line *line, uint64_t number)
{
    char digits[24];
    unsigned at = sizeof(digits);
    digits[--at] = '\0';
    for (; number != 0; number >>= 3)
        digits[--at] = (char)('0' + (number & 7));
    line_add(line, "0");
    line_add(line, digits + at);
}

static void add_escaped(struct line *line, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (c == '\n')
            line_add(line, "\\n");
        else if (c == '\t')
            line_add(line, "\\t");
        else if (c == '"' || c == '\\') {
            add_character(line, '\\');
            add_character(line, c);
        } else if (c >= ' ' && c <= '~')
            add_character(line, c);
        else
            line_add(line, "\\?");
    }
}

/* `length` bytes, or (length < 0) a string. */
static void add_bytes(struct line *line, uint64_t address, int64_t length)
{
    char bytes[SHOWN_MAX];
    size_t most = length >= 0 && length < SHOWN_MAX ? (size_t)length : SHOWN_MAX;
    int64_t got;
    if (length < 0) {
        got = user_read_string(bytes, address, most);
        if (got == -LINUX_ENAMETOOLONG)
            got = SHOWN_MAX;
    } else {
        got = user_read_some(bytes, address, most);
    }
    if (got < 0) {
        line_add_hex(line, address);
        return;
    }
    line_add(line, "\"");
    add_escaped(line, bytes, (size_t)got);
    line_add(line, got == SHOWN_MAX ? "\"..." : "\"");
}

static void add_value(struct line *line, char kind, uint64_t value, uint64_t next)
{
    switch (kind) {
    case 'd':
    case 'f':
        add_signed(line, kind == 'f' ? (int32_t)value : (int64_t)value);
        break;
    case 'u':
        line_add_decimal(line, value);
        break;
    case 'o':
        add_octal(line, value);
        break;
    case 's':
        add_bytes(line, value, -1);
        break;
    case 'b':
        add_bytes(line, value, next > SHOWN_MAX ? SHOWN_MAX : (int64_t)next);
        break;
    default:
        line_add_hex(line, value);
    }
}

/* The call as it is made; whatever it reads into is shown as an address, for it is not filled yet.
 */
static void add_call(struct line *line, const struct task *self)
{
    const uint64_t *x = self->frame->x;
    const char *show = shapes[x[X_A7]].show;
    if (process_tasks.count > 1) {
        line_add(line, "[");
        line_add_decimal(line, self->id);
        line_add(line, "] ");
    }
    line_add(line, shapes[x[X_A7]].name);
    line_add(line, "(");
    for (unsigned i = 0; show[i] != '\0' && show[i] != ':'; i++) {
        line_add(line, i == 0 ? "" : ", ");
        add_value(line, show[i], x[X_A0 + i], x[X_A0 + i + 1]);
    }
    line_add(line, ")");
}

static void add_result(struct line *line, const char *show, int64_t result)
{
    const char *colon = strchr(show, ':');
    line_add(line, " = ");
    if (result < 0 && result > -4096)
        add_signed(line, result);
    else
        add_value(line, colon != NULL ? colon[1] : 'd', (uint64_t)result, 0);
}

/* ---- Around the call. ------------------------------------------------------------------------ */

int64_t trace_call(struct task *self, linux_call *call)
{
    char text[LINE_MAX];
    struct line line = line_begin(text, sizeof(text) - 1);
    uint64_t number = self->frame->x[X_A7];
    enum { EXIT = 93, EXIT_GROUP = 94 };
    bool ends = number == EXIT || number == EXIT_GROUP;
    add_call(&line, self);
    if (ends)
        line_add(&line, " = ?");
    int64_t result = 0;
    if (!ends) {
        result = call(self);
        add_result(&line, shapes[number].show, result);
    }
    text[line.length] = '\n';
    mutex_lock(&lock);
    console_text_send(trace_stream, text, line.length + 1);
    mutex_unlock(&lock);
    return ends ? call(self) : result;
}
