/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two sides of the stress test share: the keeper, who makes channels and workers, kills
 * and closes, and keeps the ledger; and the workers, processes that send and receive at random and
 * report what they did. Every message says by itself which one it is, so a receiver can judge it
 * alone, and the ledger can say of each whether it was lost, doubled or late.
 */
#ifndef ANSER_TESTS_STRESS_H
#define ANSER_TESTS_STRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>

#define STRESS_CHANNELS  2  /* of one episode, at most */
#define STRESS_WORKERS   32 /* processes of one episode, those that were killed included */
#define STRESS_THREADS   4  /* of a worker, at most */
#define STRESS_IDS       (STRESS_WORKERS * STRESS_THREADS)
#define STRESS_KEEPER    255   /* the keeper's badge; a worker's is its number and 1 */
#define STRESS_SEQUENCES 16384 /* messages of one thread on one channel, at most */

/* What a worker is told when it starts; it is part of the keeper's data that it begins with. */
struct stress_plan {
    uint64_t seed;
    uint64_t until; /* ticks: nothing new is sent afterwards */
    unsigned worker;
    unsigned channels;
    unsigned threads;
    unsigned batch;    /* records in a report; 1 where somebody gets killed */
    unsigned priority; /* of its threads, at most */
    bool closers;      /* may it close channels? */
    unsigned element_size[STRESS_CHANNELS];
    unsigned capacity[STRESS_CHANNELS];
};
extern struct stress_plan stress_plan;

/* The handles that a worker is given, in this order; then a send and a receive end a channel. */
enum { STRESS_REPORTS, STRESS_SIGNAL_SEND, STRESS_SIGNAL_RECEIVE, STRESS_FIRST_CHANNEL };

/* Records: kind << 56 | channel << 48 | id << 32 | value. The id is a thread's, worker *
 * STRESS_THREADS + its number, or a worker's. */
enum stress_kind {
    STRESS_RECEIVED = 1, /* value: the sequence number that came from thread id */
    STRESS_ACKNOWLEDGED, /* value: all up to this one were sent by thread id */
    STRESS_PERHAPS,      /* value: sent by a call that failed; received or not */
    STRESS_GONE,         /* the last handle of worker id has gone, says the channel */
    STRESS_EXPIRED,      /* value: expiries of the timer of worker id */
    STRESS_SIGNALLED,    /* worker id has set its bit */
    STRESS_BITS,         /* value: what was found in the signal's word */
    STRESS_ANSWERED,     /* thread id has got a right answer */
    STRESS_FINISHED,     /* worker id: its last record */
    STRESS_WRONG,        /* value: enum stress_wrong, and 8 bits more about it */
};

/* What a worker may find wrong. */
enum stress_wrong {
    STRESS_BAD_STATUS = 1, /* a call returned an error that it must not; more: the error */
    STRESS_BAD_STAMP,      /* no message of this episode */
    STRESS_BAD_LENGTH,
    STRESS_BAD_DATA,
    STRESS_BAD_BADGE,
    STRESS_BAD_ORDER, /* not after the last one of the same sender */
    STRESS_BAD_AFTER_GONE,
    STRESS_BAD_HANDLES, /* not as many as were sent, or not what was sent */
    STRESS_BAD_ANSWER,
};

static inline uint64_t stress_record(enum stress_kind kind, unsigned channel, unsigned id,
                                     uint64_t value)
{
    return (uint64_t)kind << 56 | (uint64_t)channel << 48 | (uint64_t)id << 32 | (uint32_t)value;
}

/* A worker's main function, for child_start. */
int64_t stress_work(uint64_t unused);
/* How many threads of the worker in stress_plan receive: each may have something in its hands when
 * it is killed. */
unsigned stress_receivers(void);

/* ---- Random numbers: Marsaglia's xorshift64*; the state must not be 0. */

static inline uint64_t stress_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

static inline unsigned stress_below(uint64_t *state, unsigned limit)
{
    return (unsigned)((stress_random(state) >> 33) % limit);
}

static inline bool stress_one_in(uint64_t *state, unsigned times)
{
    return stress_below(state, times) == 0;
}

/* A number that nobody has by accident, from another. */
static inline uint64_t stress_mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

/* ---- Messages. The first word says which one it is: what it carries (2 bits), channel (2), id
 * (8), sequence number (20), and 32 bits that only this episode's messages have. */

enum stress_cargo { STRESS_NO_CARGO, STRESS_PAGES, STRESS_END, STRESS_TWO };

static inline uint64_t stress_stamp(uint64_t seed, enum stress_cargo cargo, unsigned channel,
                                    unsigned id, uint32_t sequence)
{
    uint64_t name = (uint64_t)cargo << 30 | channel << 28 | id << 20 | sequence;
    return name << 32 | (uint32_t)stress_mix(name ^ seed);
}

static inline bool stress_stamp_good(uint64_t seed, uint64_t stamp)
{
    return (uint32_t)stamp == (uint32_t)stress_mix(stamp >> 32 ^ seed);
}

static inline enum stress_cargo stress_cargo_of(uint64_t stamp)
{
    return (enum stress_cargo)(stamp >> 62);
}
static inline unsigned stress_channel_of(uint64_t stamp)
{
    return stamp >> 60 & 3;
}
static inline unsigned stress_id_of(uint64_t stamp)
{
    return stamp >> 52 & 255;
}
static inline uint32_t stress_sequence_of(uint64_t stamp)
{
    return stamp >> 32 & 0xfffff;
}

/* The length of the message with this stamp, 8 to the element size: short ones most often. */
unsigned stress_length(uint64_t stamp, unsigned element_size);
/* Writes the message, or compares it with what it must be. */
void stress_fill(void *data, uint64_t stamp, unsigned length);
bool stress_same(const void *data, uint64_t stamp, unsigned length);

#endif
