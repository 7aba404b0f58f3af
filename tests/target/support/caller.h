/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that makes one call, and a server that takes it. */
#ifndef ANSER_TESTS_CALLER_H
#define ANSER_TESTS_CALLER_H

#include "clock.h"
#include "task.h"
#include "words.h"

struct caller {
    anser_handle send;
    uint64_t word;
    uint64_t deadline; /* milliseconds from now, 0: none */
};

static inline int64_t do_call(void *argument)
{
    struct caller *caller = argument;
    return (int64_t)call_word(caller->send, caller->word,
                              caller->deadline ? clock_after(caller->deadline) : CLOCK_NEVER);
}

static inline void start_caller(struct task *task, struct caller *caller, anser_handle send,
                                uint64_t word)
{
    *caller = (struct caller){.send = send, .word = word};
    task_start(task, do_call, caller);
}

/* Receives one call; its reply handle if wanted, else 0. A negative number is an error. */
static inline anser_handle receive_call(anser_handle receive, int want_reply)
{
    uint64_t word;
    struct channel_in in = {.data = &word, .capacity = sizeof(word)};
    int status = channel_receive(receive, &in, want_reply, clock_after(5000));
    if (status < 0)
        return status;
    return in.flags & ANSER_INFO_CALL ? in.reply : -ANSER_EINVAL;
}

#endif
