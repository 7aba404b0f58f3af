/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and their answers, for the experiments that count round trips. */
#ifndef ANSER_PROGRAMS_LAB_EXCHANGE_H
#define ANSER_PROGRAMS_LAB_EXCHANGE_H

#include "experiment.h"

/*
 * Calls so many times with work->size bytes; up to 64 travel in registers. Checks that the answer
 * is what was sent. Returns 0, -errno, or -EIO for another answer.
 */
int exchange_call(struct lab_work *work, anser_handle send, uint64_t rounds);

/* The same by the stubs that the compiler knows (lib/ipc.h), which move just 8 or 64 bytes. */
int exchange_call_inline(struct lab_work *work, anser_handle send, uint64_t rounds);

/* Answers every call with what it sent, until the channel is closed. Returns 0 or -errno. */
int exchange_serve(struct lab_work *work, anser_handle receive);
int exchange_serve_inline(struct lab_work *work, anser_handle receive);

#endif
