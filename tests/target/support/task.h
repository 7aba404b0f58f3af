/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of a test that make a blocking call: start one, wait until the kernel says that it is
 * blocked, look at what came back.
 */
#ifndef ANSER_TESTS_TASK_H
#define ANSER_TESTS_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <anser/abi.h>
#include "thread.h"

struct task {
    struct thread *thread;
    anser_handle handle; /* the kernel's handle of the thread */
    uint64_t id;         /* of the thread, as system_info has it */
    int64_t (*function)(void *);
    void *argument;
    int64_t result;
    uint32_t done;
};

/* Starts function(argument) at the starter's priority. Ends the program if that fails: the tests
 * that follow would wait for ever. */
void task_start(struct task *task, int64_t (*function)(void *), void *argument);
void task_start_at(struct task *task, uint64_t priority, int64_t (*function)(void *),
                   void *argument);

/* Waits until the thread is in this ANSER_STATE_*, at most 5 seconds; false if it did not come. */
bool task_wait_state(const struct task *task, uint64_t state);

bool task_done(const struct task *task);

/* Waits for the end of the function and returns its result; frees the thread. */
int64_t task_join(struct task *task);

/* As task_join, but gives up after 5 seconds: INT64_MIN, and the thread is left alone. */
int64_t task_result(struct task *task);

/* What system_info says of a thread of any process; false: no such thread. */
bool task_look_up(uint64_t thread_id, struct anser_thread_info *info);

/* The id that system_info shows for the object behind a handle. */
uint64_t object_id(anser_handle handle);

#endif
