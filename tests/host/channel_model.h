/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What channels are to do, written from the Programming Language Specification of Go
 * (https://go.dev/ref/spec: "Channel types", "Send statements", "Receive operator", "Select
 * statements", "Close", "Length and capacity", "Making slices, maps and channels") and what
 * docs/design.md adds to it. It knows nothing of how the kernel does that. An operation that
 * communicates joins a line; then whatever can happen at a channel, happens, one thing after the
 * other, until nothing can; then an operation that may not wait leaves its line again. Names stand
 * for handles, the number of an operation for its message's bytes.
 *
 * Where more than one outcome is allowed (which of the ready cases of a select; which of several
 * faults of one call is told), the model follows the one that was observed, if it is among them.
 */
#ifndef TESTS_CHANNEL_MODEL_H
#define TESTS_CHANNEL_MODEL_H

#include "channel_operation.h"

#define MODEL_PROCESSES 3
#define MODEL_THREADS   8
#define MODEL_CHANNELS  160
#define MODEL_BUFFER    8
#define MODEL_LINE      (MODEL_THREADS * CASES_MAX)
#define MODEL_NOTICES   64

enum handle_type { HANDLE_NONE, HANDLE_SEND, HANDLE_RECEIVE, HANDLE_REPLY, HANDLE_PAGES };

#define PLACE_BUFFER  (-1) /* waits in a channel, with its element */
#define PLACE_NOWHERE (-2) /* is just being closed */

struct model_handle {
    enum handle_type type;
    int object; /* channel; of a right to answer: the thread that is to be answered, or -1; of
                   pages: how many */
    int payer;  /* of pages: the process whose budget they are in */
    int badge;  /* name that was minted, of this handle and its duplicates; -1: none */
    int place;  /* process, or PLACE_BUFFER */
    int moves;  /* so often has it been given away: what led to it before, does not any more */
};

struct model_message {
    int64_t from;
    int64_t length;
    int64_t badge;
    int sender; /* thread; -1: nobody waits for its arrival (any more) */
    bool call;
    int64_t carried[CARRIED_MAX];
    int moves[CARRIED_MAX]; /* of those handles, when the sender named them */
};

/* A place in a line: a thread, and of a select the case. */
struct model_entry {
    int thread;
    int index;
};

struct model_line {
    unsigned count;
    struct model_entry entries[MODEL_LINE];
};

/* The last handle with a badge has gone: told behind what was sent before. */
struct model_notice {
    int64_t badge;
    uint64_t after; /* so many elements have left the buffer */
    uint64_t step;  /* those of one step have no order among them */
};

struct model_channel {
    bool signal;
    bool closed;
    int64_t element_size;
    int64_t capacity;
    unsigned count;
    struct model_message buffer[MODEL_BUFFER];
    uint64_t put, taken;
    struct model_line senders, receivers;
    unsigned notice_count;
    struct model_notice notices[MODEL_NOTICES];
    uint64_t bits; /* of a signal */
};

enum model_wait { WAIT_NOTHING, WAIT_LINE, WAIT_ANSWER };

struct model_thread {
    int process;
    bool alive;
    bool dying; /* nobody will see what becomes of its call */
    enum model_wait wait;
    struct operation call; /* that it is in, while it waits */
    bool reply_failed;     /* exchange: the first half of it */
    unsigned lost;         /* LOST_*: what of its memory has gone since */
    int owes;              /* thread whose call it received and has not answered; -1: none */
    int64_t badge;         /* of the handle it sends on; of a select: by case */
    int64_t case_badges[CASES_MAX];
    int moves[CASES_MAX][CARRIED_MAX]; /* of what it carries; of a plain call: the first */
};

struct model {
    struct model_thread threads[MODEL_THREADS];
    struct model_handle handles[NAMES_MAX];
    int64_t badges[NAMES_MAX]; /* value of the badge minted under this name */
    struct model_channel channels[MODEL_CHANNELS];
    int channel_count;
    int64_t budget[MODEL_PROCESSES]; /* pages that it may have */
    int64_t room[MODEL_PROCESSES];   /* handles that fit into its table, all that it has included */
    bool dead[MODEL_PROCESSES];
    int64_t names; /* all that are in use are smaller */
    int64_t now;
    uint64_t step;
    int64_t caller; /* who makes the call of this step */
    bool struck;    /* an allocation failed in it: somebody was told so, if anybody needed it */
    const struct outcome *observed;
    struct outcome outcomes[MODEL_THREADS];
};

extern struct model model;

/* A world of threads, thread i in process processes[i] (-1: no such thread), and no handles.
 * budget: of each process, in pages. */
void model_begin(const int *processes, const int64_t *room, int64_t budget);
/* What happens: model.outcomes says whose calls ended. observed: one for each thread, what the
 * system under test did; struck: an allocation failed there. */
void model_step(const struct operation *operation, const struct outcome *observed, bool struck);

/* Handles that a process has. */
int64_t model_handle_count(int process);
/* Which cases of a select could go on at once; a set of bits. */
unsigned model_ready_cases(const struct operation *operation);

#endif
