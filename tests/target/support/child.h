/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Children of a test: processes that begin as a copy-on-write copy of the test's own text and data
 * and run one of its functions. A child has no console and no heap; it tells what it found by its
 * exit status, or on a channel that it was given.
 */
#ifndef ANSER_TESTS_CHILD_H
#define ANSER_TESTS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>

#define CHILD_HANDLES    8
#define CHILD_STACK      0x3000000000ul /* its stack ends here */
#define CHILD_STACK_SIZE 0x10000ul

struct child {
    anser_handle process;
    anser_handle exit;   /* receive handle, for child_wait */
    anser_handle thread; /* its first */
};

struct child_options {
    uint64_t budget_pages; /* 0: CHILD_BUDGET */
    bool own_priority;     /* use `priority`, also as its ceiling; else the test's own ceiling */
    uint64_t priority;
    anser_handle fault;    /* send handle for ANSER_EVENT_FAULT, or 0; stays the test's */
    unsigned handle_count; /* of handles that move into the child */
    anser_handle handles[CHILD_HANDLES];
};

#define CHILD_BUDGET 300

/* How a child ended. */
struct child_end {
    int64_t status;
    uint64_t reason; /* ANSER_EXIT_* */
    uint64_t cause;
    uint64_t value;
    uint64_t pc;
};

/* In a child: the handles that it was given, in order. */
extern anser_handle child_handles[CHILD_HANDLES];

/*
 * Starts function(argument) in a child; options may be NULL. If the function returns, that is the
 * exit status. Returns 0 or -errno; after an error nothing is left but the handles, which may be
 * gone. Not to be called by two threads at a time.
 */
int child_start(struct child *child, int64_t (*function)(uint64_t), uint64_t argument,
                const struct child_options *options);

/* Waits for the end of a child, at most 20 seconds, and closes what belongs to it. A reason of
 * UINT64_MAX: it has not ended (and is killed). */
struct child_end child_wait(struct child *child);

/* Start and wait. An error of the start is the status, with a reason of UINT64_MAX. */
struct child_end child_run(int64_t (*function)(uint64_t), uint64_t argument,
                           const struct child_options *options);

/*
 * Starts a further thread of the calling process, without thread-local data of its own, on a stack
 * that ends at `stack`; it ends when the function returns. Returns its handle, or -errno.
 */
int64_t child_thread(void (*function)(void), uint64_t stack);

#define CHILD_NOT_ENDED UINT64_MAX

/* The test's own ceiling of priorities. */
uint64_t child_priority_max(void);

#endif
