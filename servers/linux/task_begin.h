/* SPDX-License-Identifier: BSD-2-Clause */
/* How a thread of the program begins: for task.c, entry.S and process.c. */
#ifndef ANSER_SERVERS_LINUX_TASK_BEGIN_H
#define ANSER_SERVERS_LINUX_TASK_BEGIN_H

#include "task.h"

#define SIGNAL_STACK_DISABLE 2 /* SS_DISABLE */

/* The number of the call by which a new thread enters its handler, from task_entry only. */
#define TASK_CALL_BEGIN 0x7fffffff

/* What the creator leaves for the new thread; the creator's until status is set. */
struct task_begin {
    struct anser_handler_params handler;
    uint32_t status;     /* 0: not there yet, 1: there, else -errno */
    uint32_t go;         /* 1: all of the below is set */
    uint32_t *slot_word; /* zeroed by the kernel when the thread has gone */
    uint32_t slot;
    uint32_t id; /* 0: the kernel's id of the thread */
    anser_handle thread;
    uint64_t blocked;
    uint64_t clear_child_tid;
    uint64_t tid_at[2]; /* where the id is written, unless 0 */
    uint64_t x[32];
    uint64_t pc;
};

/* Starts the thread that *begin describes (its fields from `id` on). Returns its id or -EAGAIN. */
int64_t task_create(struct task_begin *begin);

/* In the handler of the new thread: its frame gets its registers. */
void task_begin_here(struct anser_frame *frame);

/* The task of this id, or NULL; process_tasks.lock is held. */
struct task *task_find(uint64_t id);

#endif
