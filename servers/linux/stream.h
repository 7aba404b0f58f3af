/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams: files behind which a server speaks <anser/console.h>, a console session or an end of a
 * pipe. Shared by the rooms stream*.c; for others, stream_open.
 */
#ifndef ANSER_SERVERS_LINUX_STREAM_H
#define ANSER_SERVERS_LINUX_STREAM_H

#include <anser/console.h>
#include "lib/thread.h"
#include "file.h"

enum stream_kind { STREAM_UNKNOWN, STREAM_TERMINAL, STREAM_PIPE };

struct stream {
    struct file file;
    anser_handle handle;
    uint32_t kind;     /* enum stream_kind, atomic */
    struct mutex lock; /* all below */
    struct wait_queue readers;
    /* Input that has come. Asking the server is the business of a thread of its own, for a question
     * that is called off may take the answer with it: so a signal ends a read and loses nothing. */
    bool pump_runs;
    bool watched;        /* somebody polls: ask as soon as there is nothing */
    uint64_t asked;      /* bytes that the pump is asking for, 0: it rests */
    uint32_t asked_word; /* the pump waits for it to change */
    uint64_t *answer;    /* status, bytes */
    size_t begin, end;   /* of those bytes that nobody has read */
    int64_t status;      /* 0: nothing special, 1: end of input, < 0: error; told once */
};

/* The file of a start handle, one reference, the caller's; NULL: no such handle, or no memory. */
struct file *stream_open(const char *name);

/* ---- Between stream*.c. ---------------------------------------------------------------------- */

/*
 * One request and its answer, asked again of the successor if the server dies. Returns the answer's
 * status; -ERESTARTNOINTR if a signal came, -EPIPE.
 */
int64_t stream_ask(const struct stream *stream, const void *request, size_t length, void *answer,
                   size_t capacity);

/* Terminal or pipe; asks the server the first time. */
enum stream_kind stream_kind(struct stream *stream);

/* Operations of stream_input.c and stream_terminal.c. */
int64_t stream_read(struct task *self, struct file *file, uint64_t to, uint64_t length);
uint32_t stream_poll(struct file *file);
void stream_watch(struct task *self, struct file *file);
int64_t stream_ioctl(struct task *self, struct file *file, uint64_t request, uint64_t argument);

#endif
