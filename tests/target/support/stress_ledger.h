/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger of an episode: what was sent, and what has arrived, message by message. */
#ifndef ANSER_TESTS_STRESS_LEDGER_H
#define ANSER_TESTS_STRESS_LEDGER_H

#include "stress.h"

/* What one thread has sent on one channel. Sequence numbers begin with 1. */
struct stress_account {
    uint32_t acknowledged;
    uint32_t highest; /* that has arrived */
    uint64_t arrived[STRESS_SEQUENCES / 64 + 1];
    uint64_t perhaps[STRESS_SEQUENCES / 64 + 1];
};

struct stress_ledger {
    struct stress_account accounts[STRESS_CHANNELS][STRESS_IDS];
    uint32_t gone[STRESS_CHANNELS][STRESS_WORKERS]; /* notices of a worker's end */
    uint32_t bits_set;
    uint32_t bits_seen;
    uint64_t received;
    uint64_t answered;
    uint64_t expired;
    uint64_t finished; /* bit: worker */
    unsigned wrong;    /* things; each was printed */
};

/* For a new episode. */
void stress_ledger_clear(struct stress_ledger *ledger);
/* Enters one record; what is wrong with it is printed and counted. */
void stress_ledger_enter(struct stress_ledger *ledger, uint64_t record);

/* Who was killed, and what may therefore be missing. */
struct stress_losses {
    uint64_t killed;     /* bit: worker */
    unsigned in_hand;    /* messages and notices that threads may have had when they were killed */
    unsigned in_buffers; /* that lay in buffers when the last receiver went */
    bool notices;        /* any number of notices, for the same reason */
};

/*
 * The end, when everybody has gone and the channels are drained: counts and prints what is missing.
 * Returns whether everything is right.
 */
bool stress_ledger_close(struct stress_ledger *ledger, unsigned channels, unsigned workers,
                         const struct stress_losses *losses);

#endif
