/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: channels of one 64-bit word, whose sends never block and are OR-ed together. */
#pragma once

#include "ipc/waiter.h"

struct signal {
    struct object object;
    uint64_t bits;
    struct list waiters;
    uint32_t send_ends;
    uint32_t receive_ends;
    bool closed;
    struct object shutdown;
};

/* ORs bits in; wakes the thread that has waited longest, which gets the whole word. */
void signal_post(struct signal *signal, uint64_t bits);
void signal_cancel(struct thread *thread, status_t status);
void signal_end_changed(struct signal *signal, uint64_t rights, int change);
