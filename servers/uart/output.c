/* SPDX-License-Identifier: BSD-2-Clause */
/* The output queue. */
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "serve.h"
#include "output.h"

struct text {
    const char *bytes;
    size_t length;
    size_t sent;
    bool crlf;     /* '\n' goes out as "\r\n" */
    bool returned; /* the '\r' of the '\n' at `sent` is out */
};

struct write {
    struct write *next;
    anser_handle reply; /* 0: nobody waits */
    struct text text;
    size_t total; /* bytes of the request, those sent before it was queued included */
    char bytes[];
};

static struct ns16550 *device;
static struct write *first, *last;
static unsigned room; /* bytes that the transmitter takes without being asked again */

void output_init(struct ns16550 *of)
{
    device = of;
}

bool output_waits(void)
{
    return first != NULL;
}

static bool put(uint8_t byte)
{
    if (!room && ns16550_is_empty(device))
        room = NS16550_FIFO;
    if (!room)
        return false;
    room--;
    ns16550_put(device, byte);
    return true;
}

/* Sends what the transmitter takes. Returns whether that is all. */
static bool send(struct text *text)
{
    while (text->sent < text->length) {
        char byte = text->bytes[text->sent];
        bool needs_return = byte == '\n' && text->crlf && !text->returned;
        if (!put(needs_return ? '\r' : (uint8_t)byte))
            return false;
        text->returned = needs_return;
        text->sent += !needs_return;
    }
    return true;
}

/* Keeps what is left of a text. */
static bool append(const struct text *text)
{
    size_t left = text->length - text->sent;
    struct write *write = malloc(sizeof(*write) + left);
    if (!write)
        return false;
    memcpy(write->bytes, text->bytes + text->sent, left);
    write->next = NULL;
    write->reply = 0;
    write->total = text->length;
    write->text = (struct text){write->bytes, left, 0, text->crlf, text->returned};
    if (first)
        last->next = write;
    else
        first = write;
    last = write;
    return true;
}

void output_pump(void)
{
    while (first && send(&first->text)) {
        struct write *done = first;
        first = done->next;
        if (done->reply)
            serve_answer(done->reply, (int64_t)done->total, NULL, 0);
        free(done);
    }
}

int64_t output_write(const char *text, size_t length, bool crlf, bool *queued)
{
    struct text all = {.bytes = text, .length = length, .crlf = crlf};
    *queued = false;
    if (!first && send(&all))
        return (int64_t)length;
    *queued = append(&all);
    if (*queued)
        return 0;
    return all.sent ? (int64_t)all.sent : -ANSER_ENOMEM;
}

void output_answer_later(anser_handle reply)
{
    last->reply = reply;
}

void output_show(const char *text, size_t length)
{
    struct text all = {.bytes = text, .length = length, .crlf = true};
    if (first || !send(&all))
        append(&all);
}
