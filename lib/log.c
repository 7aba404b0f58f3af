/* SPDX-License-Identifier: BSD-2-Clause */
/* Client side of the log server. */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "channel.h"
#include "log.h"
#include "names.h"

#define TRIES 8 /* each restart of the server costs the request that it was serving */

/* The server's handle, looked up once and kept. */
static anser_handle log_server(void)
{
    static _Atomic anser_handle server;
    anser_handle known = atomic_load(&server);
    if (known > 0)
        return known;
    anser_handle found = names_lookup(LOG_SERVICE);
    if (found < 0 || atomic_compare_exchange_strong(&server, &known, found))
        return found;
    handle_close(found); /* another thread was faster */
    return known;
}

/* One request; returns the answer's status, or -errno. */
static int ask(const void *request, size_t length, struct channel_in *in)
{
    anser_handle server = log_server();
    if (server < 0)
        return (int)server;
    struct channel_out out = {.data = request, .length = length};
    int error = -EPIPE;
    for (int i = 0; i < TRIES && error == -EPIPE; i++)
        error = channel_call(server, &out, in, CLOCK_NEVER);
    if (error < 0)
        return error;
    for (unsigned i = 0; i < in->handle_count; i++)
        handle_close(in->handles[i]);
    if (in->length < sizeof(int64_t))
        return -EIO;
    return (int)*(const int64_t *)in->data;
}

int log_line(const char *source, uint64_t level, const char *text)
{
    struct {
        struct log_write head;
        char text[LOG_TEXT_MAX];
    } request = {.head = {.type = LOG_WRITE, .level = level}};
    size_t length = strlen(text);
    int64_t status;
    if (strlen(source) >= sizeof(request.head.source))
        return -EINVAL;
    strcpy(request.head.source, source);
    if (length > LOG_TEXT_MAX)
        length = LOG_TEXT_MAX;
    memcpy(request.text, text, length);
    struct channel_in in = {.data = &status, .capacity = sizeof(status)};
    return ask(&request, sizeof(request.head) + length, &in);
}

int log_printf(const char *source, uint64_t level, const char *format, ...)
{
    char text[LOG_TEXT_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return log_line(source, level, text);
}

int log_reader_begin(struct log_reader *reader, const char *source, uint32_t level, uint32_t flags)
{
    memset(reader, 0, sizeof(*reader));
    reader->request = (struct log_read){.type = LOG_READ, .level = level, .flags = flags};
    if (strlen(source) >= sizeof(reader->request.source))
        return -EINVAL;
    strcpy(reader->request.source, source);
    return 0;
}

/* Asks for more records. Returns how many came, or -errno. */
static int fetch(struct log_reader *reader)
{
    struct channel_in in = {.data = reader->answer, .capacity = sizeof(reader->answer)};
    int count = ask(&reader->request, sizeof(reader->request), &in);
    if (count < 0)
        return count;
    const struct log_records *head = (const struct log_records *)reader->answer;
    if (in.length < sizeof(*head))
        return -EIO;
    reader->request.position = head->next;
    reader->lost += head->lost;
    reader->at = sizeof(*head);
    reader->length = in.length;
    reader->left = (uint64_t)count;
    return count;
}

int log_reader_next(struct log_reader *reader, const struct log_record **record, const char **text)
{
    int count = reader->left > 0 ? 1 : fetch(reader);
    if (count <= 0)
        return count;
    size_t room = reader->length - reader->at;
    const struct log_record *next =
        (const struct log_record *)((const char *)reader->answer + reader->at);
    if (room < sizeof(*next) || next->length > room - sizeof(*next))
        return -EIO;
    *record = next;
    *text = (const char *)(next + 1);
    reader->left--;
    size_t end = reader->at + sizeof(*next) + next->length;
    end = (end + 7) & ~(size_t)7;
    reader->at = end < reader->length ? end : reader->length;
    return 1;
}
