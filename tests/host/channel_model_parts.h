/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model: what its lines and channels do for its operations. */
#ifndef TESTS_CHANNEL_MODEL_PARTS_H
#define TESTS_CHANNEL_MODEL_PARTS_H

#include "channel_model.h"

enum fault { FAULT_NONE, FAULT_SENDER, FAULT_RECEIVER };

/* The handle of this name, if the process has it; else NULL. */
struct model_handle *handle_at(int64_t name, int process);
/* Are all these the process's, to give away? moves: as of when they were named; NULL: now. */
bool carried_there(const int64_t *names, const int *moves, int process);
/* Would these many more pages, or those of them that are others' still, be too many for it? */
bool over_budget(int process, int64_t more);
bool over_budget_with(int process, const int64_t *names);
/* Remembers that. */
void note_moves(const int64_t *names, int *moves);

/* The thread's call ends; it leaves every line, and nobody may answer it any more. index: the case
 * of a select that is concerned, or -1. */
void finish(int thread, int index, int64_t status, int64_t value);
/* Those that wait on this handle of the process learn that it is not there any more. */
void wake_users(int process, int64_t name);
/* A handle is given up: ends, badges and rights to answer end with the last one. */
void release(int64_t name);
/* Joins the line of a channel. */
void join(int channel, bool sending, int thread, int index);
/* Everything that can happen happens. */
void settle(void);
/* What the system under test does with this thread in this step. */
const struct outcome *observed(int thread);

/* What an entry of a line is about: the call, and what it sends. */
const struct operation *model_call_of(struct model_entry entry);
struct model_message model_message_of(struct model_entry entry);
/* Is there a handle of this type that leads there, anywhere? */
bool has_end(int channel, enum handle_type type);

/* An allocation failed in this step, and this thread was told so. */
bool told_no_memory(int thread);

/* A select that waits has its blocks read again, and what they say checked, when a case of it is
 * about to go: before anything else, whoever else is at fault. Has what it needs for that gone? */
bool block_gone(int thread, bool sends, int64_t size);
/* Can this message reach that thread (a receiver at a place in a line, or a caller, index -1)?
 * *error: whose fault it is else, and what it is told. */
enum fault check_delivery(const struct model_message *message, struct model_entry to,
                          int64_t *error);
/* It reaches it; handles move. */
void deliver(const struct model_message *message, struct model_entry to);

#endif
