/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of a test, watched through system_info. */
#include <stdio.h>
#include <stdlib.h>
#include <anser/init.h>
#include "clock.h"
#include "start.h"
#include "syscall.h"
#include "task.h"

#define PATIENCE_MS 5000

static void run(void *argument)
{
    struct task *task = argument;
    __atomic_store_n(&task->handle, thread_handle(), __ATOMIC_RELEASE);
    task->result = task->function(task->argument);
    __atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
    sys_word_wake(&task->done, UINT64_MAX);
}

static void start(struct task *task, const struct thread_options *options,
                  int64_t (*function)(void *), void *argument)
{
    *task = (struct task){.function = function, .argument = argument};
    int status = thread_create(&task->thread, run, task, options);
    if (status < 0) {
        printf("Bail out! cannot start a thread: %d\n", status);
        exit(2);
    }
    while (__atomic_load_n(&task->handle, __ATOMIC_ACQUIRE) == 0)
        clock_sleep(1);
    task->id = object_id(task->handle);
}

void task_start(struct task *task, int64_t (*function)(void *), void *argument)
{
    start(task, NULL, function, argument);
}

void task_start_at(struct task *task, uint64_t priority, int64_t (*function)(void *),
                   void *argument)
{
    struct thread_options options = {.own_priority = true, .priority = priority};
    start(task, &options, function, argument);
}

uint64_t object_id(anser_handle handle)
{
    struct sys_result info = sys_handle_info(handle);
    return info.status < 0 ? 0 : info.value >> 32;
}

bool task_look_up(uint64_t thread_id, struct anser_thread_info *info)
{
    uint64_t index = 0;
    for (;;) {
        struct sys_result result = sys_system_info(start_handle(START_SYSTEM), ANSER_INFO_THREAD,
                                                   index, info, sizeof(*info));
        if (result.status <= 0)
            return false;
        if (info->id == thread_id)
            return true;
        index = result.value;
    }
}

bool task_wait_state(const struct task *task, uint64_t state)
{
    struct anser_thread_info info;
    uint64_t end = clock_after(PATIENCE_MS);
    do {
        if (task_look_up(task->id, &info) && info.state == state)
            return true;
        clock_sleep(1);
    } while (clock_now() < end);
    return false;
}

bool task_done(const struct task *task)
{
    return __atomic_load_n(&task->done, __ATOMIC_ACQUIRE) != 0;
}

int64_t task_join(struct task *task)
{
    thread_join(task->thread);
    return task->result;
}

int64_t task_result(struct task *task)
{
    uint64_t end = clock_after(PATIENCE_MS);
    while (!task_done(task))
        if (sys_word_wait(&task->done, 0, end) == -ANSER_ETIMEDOUT && !task_done(task))
            return INT64_MIN;
    return task_join(task);
}
