/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that are started and joined in a bunch. */
#include <stdio.h>
#include <stdlib.h>
#include "routines.h"
#include "thread.h"

static struct thread *started[ROUTINES_MAX];
static unsigned count;

void routine_start(void (*function)(void *), void *argument)
{
    struct thread_options options = {.stack_size = 16 * 1024};
    int status = -1;
    if (count < ROUTINES_MAX)
        status = thread_create(&started[count], function, argument, &options);
    if (status < 0) {
        printf("Bail out! cannot start thread %u: %d\n", count, status);
        exit(2);
    }
    count++;
}

void routines_join(void)
{
    while (count > 0)
        thread_join(started[--count]);
}
