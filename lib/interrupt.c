/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that waits for the signals of whoever started the program. */
#include "interrupt.h"

#include <errno.h>
#include <anser/init.h>
#include "channel.h"
#include "start.h"
#include "thread.h"

static void (*tell)(int number);

/* Ends when nobody is left who could send one. */
static void wait_for_signals(void *unused)
{
    uint64_t word;
    (void)unused;
    while (channel_wait(start_handle(START_SIGNALS), &word, CLOCK_NEVER) == 0)
        if (word != 0)
            tell(__builtin_ctzll(word) + 1);
}

int interrupt_watch(void (*told)(int number))
{
    const struct thread_options options = {.detached = true};
    if (start_handle(START_SIGNALS) == 0)
        return -ESRCH;
    tell = told;
    return thread_create(NULL, wait_for_signals, NULL, &options);
}
