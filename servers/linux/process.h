/* SPDX-License-Identifier: BSD-2-Clause */
/* The process as a whole: what it was started with, its tasks, its end. */
#ifndef ANSER_SERVERS_LINUX_PROCESS_H
#define ANSER_SERVERS_LINUX_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <anser/abi.h>
#include "lib/thread.h"
#include "task.h"

struct process_auxiliary {
    uint64_t type;
    uint64_t value;
};

/* Copies, made at the start: the program may have changed its own since. Set once. */
struct process {
    uint32_t id;
    uint32_t parent;
    uint32_t harts;
    uint64_t ticks_a_second;
    uint64_t started;   /* ticks */
    uint64_t priority;  /* of its threads */
    uint64_t image_end; /* first page behind the program's segments */
    const char *name;   /* last part of executable */
    const char *executable;
    const char *arguments; /* NUL-terminated strings, one after the other */
    size_t arguments_length;
    const char *environment; /* likewise */
    size_t environment_length;
    const struct process_auxiliary *auxiliary; /* AT_NULL included */
    size_t auxiliary_length;                   /* bytes */
};

extern struct process process;

/* The tasks, newest first, and their number; under the lock. */
struct process_tasks {
    struct mutex lock;
    struct task *first;
    uint32_t count;
};

extern struct process_tasks process_tasks;

/* The start handle of this name, or 0. */
anser_handle process_handle(const char *name);

/* The value of an entry of the auxiliary vector, or `otherwise`. */
uint64_t process_auxiliary(uint64_t type, uint64_t otherwise);

/* The value of an environment variable at the start, or NULL. */
const char *process_environment(const char *name);

/* Ends the process with this status, and one line (without '\n') about it on its stderr, or in the
 * system's log without one. */
_Noreturn void process_end(const char *text, uint64_t status);

/* Ends the process: a page that it was promised is not to be had, as Linux's OOM killer would. */
_Noreturn void process_out_of_memory(void);

/* Ends the process: a fault in the personality itself, beside the program's memory. */
_Noreturn void process_broken(const struct anser_frame *frame);

/* One line for the system's log alone. */
void process_log(const char *text);

#endif
