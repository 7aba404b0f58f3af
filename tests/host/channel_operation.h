/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on channels as data: what the model test generates, runs, shrinks, prints and reads
 * again, and what the programs of the same name replay on Anser. A script is a line an operation,
 * the kind and then key=value, and after it a line for each thread whose call ended by it:
 *
 *     send t=2 id=9 h=4 len=8 flags=1024 carry=6
 *     > t=2 status=0
 *     > t=3 status=136 badge=5 from=9 len=8 carry=6
 *
 * Handles have names, which they keep wherever they go: operation `id` makes the names 2*id and
 * 2*id+1. So a script stays meaningful when operations are left out of it. A name that is nowhere
 * stands for a handle that is not there.
 */
#ifndef TESTS_CHANNEL_OPERATION_H
#define TESTS_CHANNEL_OPERATION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <anser/abi.h>

#define OPERATIONS_MAX 1000 /* of a sequence; ids are smaller than this */
#define NAMES_MAX      (2 * OPERATIONS_MAX)
#define CASES_MAX      5
#define CARRIED_MAX    2
#define NO_NAME        (-1)

/* X(enumerator, word in a script). */
#define OPERATION_KINDS(X)                                                                         \
    X(MAKE, make)              /* len: element size, room: capacity; names: send, receive */       \
    X(MAKE_SIGNAL, signal)     /* names: send, receive */                                          \
    X(PAGES, pages)            /* len: how many; name */                                           \
    X(MINT, mint)              /* h: receive end, len: badge; name: send end */                    \
    X(DUPLICATE, dup)          /* h; name: the second */                                           \
    X(CLOSE_HANDLE, drop)      /* h */                                                             \
    X(GIVE, give)              /* h, target: process */                                            \
    X(CLOSE, close)            /* h */                                                             \
    X(LENGTH, length)          /* h */                                                             \
    X(SEND, send)              /* h, len, carry, flags, until */                                   \
    X(RECEIVE, recv)           /* h, room, flags, until; name: the reply right, if asked for */    \
    X(CALL, call)              /* h, len, carry, room, flags, until; name: see RECEIVE */          \
    X(REPLY, reply)            /* reply: name, with EXPLICIT_REPLY; len, carry, flags */           \
    X(REPLY_RECEIVE, exchange) /* h, reply, len, carry, room, flags, until */                      \
    X(SELECT, select)          /* cases, flags, until, seed */                                     \
    X(POST, post)              /* h, len: bits */                                                  \
    X(WAIT, wait)              /* h, flags, until */                                               \
    X(TIME, time)              /* until: what the clock shows now; no thread */                    \
    X(INTERRUPT, interrupt)    /* target: thread */                                                \
    X(LOSE, lose)              /* target: thread; flags: LOST_*, its memory that is unmapped */    \
    X(KILL_THREAD, kill)       /* target */                                                        \
    X(KILL_PROCESS, end)       /* target */                                                        \
    X(SEQUENCE, sequence)      /* a new world: target: its shape, until: seed of its choices */

enum operation_kind {
#define OPERATION_ENUM(name, word) OP_##name,
    OPERATION_KINDS(OPERATION_ENUM)
#undef OPERATION_ENUM
        OPERATION_KIND_COUNT
};

#define LOST_SENT     1 /* the data that a blocked call would send */
#define LOST_RECEIVED 2 /* where an element would go */
#define LOST_BLOCK    4 /* its struct anser_message */

struct operation_case {
    int64_t handle; /* NO_NAME: no channel at all, as Go's nil */
    int64_t send;   /* or receive */
    int64_t length; /* of what is sent, or the room for what is received */
    int64_t carried;
};

struct operation {
    int64_t kind;
    int64_t thread; /* who makes the call; the driver's own operations have none */
    int64_t id;     /* also what the message's bytes are made of */
    int64_t handle;
    int64_t length;
    int64_t room;
    int64_t flags; /* ANSER_INFO_MEM, NB, DEADLINE, ... */
    int64_t until; /* deadline, in the model's time */
    int64_t reply;
    int64_t target;
    int64_t fail;                 /* the allocation during the call that fails; 0: none */
    int64_t seed;                 /* of the kernel's choice among the cases that are ready */
    int64_t carried[CARRIED_MAX]; /* NO_NAME: not so many */
    int64_t case_count;
    struct operation_case cases[CASES_MAX];
};

/* How a call ended: what its thread sees. */
struct outcome {
    int64_t ended;  /* 0: it waits still, and nothing below counts */
    int64_t status; /* a0 */
    int64_t value;  /* a1: badge, signal word, capacity, index of a failed case */
    int64_t from;   /* the operation whose message came; -1: none did */
    int64_t length; /* of that message */
    int64_t carried[CARRIED_MAX];
    int64_t reply; /* name of the right to answer that came along */
};

extern const struct operation operation_empty;
extern const struct outcome outcome_empty;

static inline unsigned carried_count(const int64_t *names)
{
    unsigned count = 0;
    while (count < CARRIED_MAX && names[count] != NO_NAME)
        count++;
    return count;
}

/* Byte `index` of the message that operation `id` sends. */
static inline uint8_t operation_byte(int64_t id, uint64_t index)
{
    return (uint8_t)((uint64_t)id * 37 + index * 5 + (index >> 8) * 11 + 1);
}

void operation_write(FILE *to, const struct operation *operation);
void outcome_write(FILE *to, int64_t thread, const struct outcome *outcome);

/* A line of a script: an operation, or (ended) an outcome of the last one before it. */
struct script_line {
    struct operation operation;
    struct outcome outcome;
    int64_t thread; /* whose outcome */
};

/* Reads the line at *at and moves *at behind it; empty lines and comments are skipped. 1: read; 0:
 * the text has ended; -1: *at is a line that is not understood. */
int script_read(const char **at, struct script_line *line);

#endif
