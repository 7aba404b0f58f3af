/* SPDX-License-Identifier: BSD-2-Clause */
/* The keeper's side: episodes, one after the other, of channels, workers, kills and ends. */
#ifndef ANSER_TESTS_STRESS_KEEPER_H
#define ANSER_TESTS_STRESS_KEEPER_H

#include "channel.h"
#include "child.h"
#include "stress_ledger.h"

struct stress_cell {
    unsigned number;
    unsigned episode_ms; /* an episode's length, at most */
    uint64_t random;
    struct stress_ledger *ledger;
    struct stress_plan plan;
    struct channel channels[STRESS_CHANNELS];
    struct channel reports;
    struct channel signal;
    struct child workers[STRESS_WORKERS];
    unsigned receivers[STRESS_WORKERS]; /* threads that may have something in their hands */
    uint64_t alive;                     /* bit: worker */
    struct stress_losses losses;
    uint64_t heard; /* when the last report came, ticks */
    bool good;
    /* Of all its episodes. */
    uint64_t episodes, messages, answers, expiries, started, killed;
};

/* One episode: its seed comes from cell->random. Returns whether all was right; if not, what was
 * wrong is on the console. */
bool stress_episode(struct stress_cell *cell);

#endif
