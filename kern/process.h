/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: an address space, handles, a budget and threads. */
#ifndef KERN_PROCESS_H
#define KERN_PROCESS_H

#include "kern/event.h"
#include "kern/handle.h"
#include "kern/list.h"
#include "kern/object.h"
#include "kern/space.h"

struct process {
    struct object object;

    /* Read by assembly; see kern/layout.h. */
    struct handle_table handles;
    struct space space;

    struct account *account;
    struct list siblings; /* in process_list */
    struct list threads;
    uint32_t thread_count;
    uint32_t priority_max;
    bool dying;
    bool dead; /* everything is returned, the exit event is sent */
    uint64_t parent_id;
    uint64_t cpu_ticks; /* of threads that have ended */
    struct tree words;  /* threads in word_wait, by address */
    struct event exit;
    struct event fault_target; /* bound: threads that fault stop and say so there */
    char name[ANSER_NAME_MAX];
};

extern struct list process_list;
extern uint64_t process_count;
extern struct process *process_init; /* the first one */

/* A process object with one reference and an empty space. -ENOMEM. */
status_t process_make(struct account *parent, const struct anser_process_params *params,
                      struct process **out);

#endif
