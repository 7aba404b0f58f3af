/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes. Every request is queued first, and bytes move only when its answer has arrived: so a
 * request that was called off, whose answer cannot arrive, leaves the pipe as it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "channel.h"
#include "clock.h"
#include "serve.h"
#include "ends.h"

/* Badges: this bit, a serial number, the slot in the table, the end. init's have bits below. */
#define BADGE_END    (1ul << 59)
#define SLOT_SHIFT   1
#define SERIAL_SHIFT 12
#define SERIAL_MASK  (BADGE_END - 1)

_Static_assert(PIPES_MAX << SLOT_SHIFT <= 1 << SERIAL_SHIFT, "a slot fits");

static struct pipe *pipes[PIPES_MAX];

/*
 * No badge comes twice, also not in the next life of the server, where the old handles still are:
 * the numbers are time, in pieces so short that no two pipes are made in one.
 */
static uint64_t next_serial(void)
{
    static uint64_t last;
    uint64_t now = clock_now() >> 4;
    last = now > last ? now : last + 1;
    return (last << SERIAL_SHIFT) & SERIAL_MASK;
}

/* A free slot, or -1; and no client may have all of them. */
static int find_slot(uint64_t maker)
{
    int slot = -1;
    unsigned made = 0;
    for (int i = 0; i < PIPES_MAX; i++) {
        if (!pipes[i])
            slot = i;
        else
            made += pipes[i]->maker == maker;
    }
    return made < PIPE_CLIENT_MAX ? slot : -1;
}

struct pipe *pipe_make(uint64_t maker, int64_t *error)
{
    int slot = find_slot(maker);
    *error = slot < 0 ? -EMFILE : -ENOMEM;
    struct pipe *pipe = slot < 0 ? NULL : calloc(1, sizeof(*pipe));
    if (!pipe)
        return NULL;
    pipe->badge = BADGE_END | next_serial() | (uint64_t)slot << SLOT_SHIFT;
    pipe->maker = maker;
    pipe->queues[READER].last = &pipe->queues[READER].first;
    pipe->queues[WRITER].last = &pipe->queues[WRITER].first;
    pipes[slot] = pipe;
    return pipe;
}

bool pipe_is_end(uint64_t badge)
{
    return badge >> 59 == BADGE_END >> 59;
}

struct pipe *pipe_find(uint64_t badge, enum end *end)
{
    /* The badges of clients are no slots: looking them up would touch pages that nobody uses. */
    struct pipe *pipe = pipe_is_end(badge) ? pipes[badge >> SLOT_SHIFT & (PIPES_MAX - 1)] : NULL;
    *end = badge & 1 ? WRITER : READER;
    return pipe && pipe->badge == (badge & ~1ul) ? pipe : NULL;
}

/* ---- Queues. --------------------------------------------------------------------------------- */

static void append(struct pipe *pipe, enum end end, struct waiting *waiting)
{
    *pipe->queues[end].last = waiting;
    pipe->queues[end].last = &waiting->next;
    pipe->queues[end].count++;
}

static void remove_first(struct pipe *pipe, enum end end)
{
    struct waiting *first = pipe->queues[end].first;
    pipe->queues[end].first = first->next;
    if (!first->next)
        pipe->queues[end].last = &pipe->queues[end].first;
    pipe->queues[end].count--;
    free(first);
}

static void answer_all(struct pipe *pipe, enum end end, int64_t status)
{
    while (pipe->queues[end].first) {
        serve_answer(pipe->queues[end].first->reply, status, NULL, 0);
        remove_first(pipe, end);
    }
}

/* ---- Moving bytes. --------------------------------------------------------------------------- */

static bool reserve(struct byte_ring *ring, size_t more)
{
    size_t capacity = byte_ring_needs(ring, more);
    void *memory = capacity ? malloc(capacity) : NULL;
    if (memory)
        free(byte_ring_move(ring, memory, capacity));
    return !capacity || memory;
}

static void put(struct byte_ring *ring, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t piece;
        uint8_t *space = byte_ring_space(ring, &piece);
        if (piece > length)
            piece = length;
        memcpy(space, bytes, piece);
        byte_ring_put(ring, piece);
        bytes += piece;
        length -= piece;
    }
}

/* The first writer's bytes go in, if they have room. */
static bool serve_writer(struct pipe *pipe)
{
    const struct waiting *writer = pipe->queues[WRITER].first;
    if (!writer || writer->length > PIPE_BYTES - pipe->ring.count)
        return false;
    if (!reserve(&pipe->ring, writer->length))
        serve_answer(writer->reply, -ENOMEM, NULL, 0);
    else if (serve_answer(writer->reply, (int64_t)writer->length, NULL, 0) >= 0)
        put(&pipe->ring, writer->bytes, writer->length);
    remove_first(pipe, WRITER);
    return true;
}

/* The first reader gets the oldest bytes. */
static bool serve_reader(struct pipe *pipe)
{
    const struct waiting *reader = pipe->queues[READER].first;
    size_t length;
    const uint8_t *bytes = byte_ring_data(&pipe->ring, &length);
    if (!reader || length == 0)
        return false;
    if (length > reader->length)
        length = reader->length;
    if (serve_answer(reader->reply, (int64_t)length, bytes, length) >= 0)
        byte_ring_take(&pipe->ring, length);
    remove_first(pipe, READER);
    return true;
}

static void move(struct pipe *pipe)
{
    if (pipe->closed[READER])
        answer_all(pipe, WRITER, -EPIPE);
    while (serve_writer(pipe) || serve_reader(pipe))
        continue;
    if (pipe->closed[WRITER] && pipe->ring.count == 0)
        answer_all(pipe, READER, 0);
}

int64_t pipe_request(struct pipe *pipe, enum end end, anser_handle reply, const void *bytes,
                     size_t length)
{
    if (pipe->queues[end].count >= PIPE_WAITERS_MAX)
        return -EAGAIN;
    struct waiting *waiting = malloc(sizeof(*waiting) + (bytes ? length : 0));
    if (!waiting)
        return -ENOMEM;
    *waiting = (struct waiting){.reply = reply, .length = length};
    if (bytes)
        memcpy(waiting->bytes, bytes, length);
    append(pipe, end, waiting);
    move(pipe);
    return 0;
}

/* ---- The end. -------------------------------------------------------------------------------- */

void pipe_close(struct pipe *pipe, enum end end)
{
    pipe->closed[end] = true;
    /* Who still waits at a closed end waits with a handle that is gone, so nobody does. */
    answer_all(pipe, end, -EPIPE);
    move(pipe);
    if (!pipe->closed[READER] || !pipe->closed[WRITER])
        return;
    pipes[pipe->badge >> SLOT_SHIFT & (PIPES_MAX - 1)] = NULL;
    free(pipe->ring.bytes);
    free(pipe);
}
