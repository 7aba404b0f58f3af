/* SPDX-License-Identifier: BSD-2-Clause */
/* A task that selects over words: sends and receives of one word each, and signals. */
#ifndef ANSER_TESTS_SELECTING_H
#define ANSER_TESTS_SELECTING_H

#include "clock.h"
#include "select.h"
#include "task.h"
#include "words.h"

struct selecting {
    unsigned count;
    struct select_case cases[ANSER_SELECT_MAX];
    uint64_t words[ANSER_SELECT_MAX]; /* sent, or received */
    struct channel_in ins[ANSER_SELECT_MAX];
    struct channel_out outs[ANSER_SELECT_MAX];
    uint64_t deadline;
};

/* Adds a case; its index. */
static inline unsigned add_send(struct selecting *all, anser_handle send, uint64_t word)
{
    unsigned i = all->count++;
    all->words[i] = word;
    all->outs[i] = (struct channel_out){.data = &all->words[i], .length = sizeof(word)};
    all->cases[i] = select_send(send, &all->outs[i]);
    return i;
}

static inline unsigned add_receive(struct selecting *all, anser_handle receive)
{
    unsigned i = all->count++;
    all->words[i] = NOTHING;
    all->ins[i] = (struct channel_in){.data = &all->words[i], .capacity = sizeof(uint64_t)};
    all->cases[i] = select_receive(receive, &all->ins[i]);
    return i;
}

static inline unsigned add_signal(struct selecting *all, anser_handle receive)
{
    unsigned i = all->count++;
    all->cases[i] = select_signal(receive);
    return i;
}

static inline int try_all(struct selecting *all)
{
    return select_try(all->cases, all->count);
}

static inline int64_t do_select(void *argument)
{
    struct selecting *all = argument;
    return select_wait(all->cases, all->count, all->deadline);
}

/* A task selects, and waits. */
static inline bool park(struct task *task, struct selecting *all)
{
    if (all->deadline == 0)
        all->deadline = CLOCK_NEVER;
    task_start(task, do_select, all);
    return task_wait_state(task, ANSER_STATE_SELECTING);
}

#endif
