/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that make the calls of a script (tests/host/channel_operation.h), each one operation at a
 * time, when it is told to.
 */
#ifndef ANSER_TESTS_REPLAY_H
#define ANSER_TESTS_REPLAY_H

#include "channel_operation.h"
#include "ipc.h"
#include "task.h"

#define REPLAY_THREADS 5

struct replay_thread {
    struct task task;
    struct operation operation;
    uint32_t told; /* operations so far; changes when there is a new one */
    uint32_t done; /* of them, so many have ended */
    bool leaving;  /* the next one is its end */

    /* What came of it. */
    int64_t status;
    uint64_t value;
    int64_t length;
    anser_handle handles[CARRIED_MAX];
    anser_handle reply;
    const uint8_t *data;

    /* Its arguments. */
    struct ipc_registers registers;
    struct anser_message blocks[CASES_MAX];
    struct anser_case cases[CASES_MAX];
    uint8_t sent[CASES_MAX][ANSER_ELEMENT_MAX];
    uint8_t received[CASES_MAX][ANSER_ELEMENT_MAX];
};

/* Handles by their names: what they are now, and the object that they lead to. 0: not there yet. */
extern anser_handle replay_handles[NAMES_MAX];
extern uint64_t replay_objects[NAMES_MAX];

void replay_start(struct replay_thread *thread);
/* Makes it do the operation; it may block there. */
void replay_tell(struct replay_thread *thread, const struct operation *operation);
/* Has it done all that it was told? */
bool replay_done(struct replay_thread *thread);
/* Waits until a thread has done something, at most a moment. */
void replay_pause(void);
/* An idle thread ends. */
void replay_leave(struct replay_thread *thread);

#endif
