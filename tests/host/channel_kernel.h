/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's channels as the system under test: makes the operations' calls as threads make them,
 * and holds what comes of them against the model.
 */
#ifndef TESTS_CHANNEL_KERNEL_H
#define TESTS_CHANNEL_KERNEL_H

#include "channel_model.h"

/* What differs, for people; empty: nothing. */
extern char kernel_error[200];

/* Once. */
void kernel_boot(void);
/* Processes and threads as model_begin has them. free_slots: room in each one's handle table that
 * is not filled with handles that no operation knows; room: what the model is to be told. budget:
 * of pages. */
void kernel_begin(const int *processes, int64_t free_slots, int64_t budget, int64_t *room);
/* Makes the call. seen: what each thread sees of it. True: an allocation failed, as it says. */
bool kernel_step(const struct operation *operation, struct outcome *seen);
/* After the model's step: is everything as the model has it? */
bool kernel_agrees(const struct operation *operation, const struct outcome *seen);
/* All processes end. Is everything back? */
bool kernel_end(void);

#endif
