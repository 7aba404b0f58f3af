/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/interrupt.h. Alone, as here, nobody gave it signals. `told deaf` at the prompt says what it
 * was told, and goes on; so it has to be killed (tests/test_programs.py).
 */
/* smp: 1 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "clock.h"
#include "interrupt.h"
#include "tap.h"

INTERRUPT_HEEDED;

static void told(int number)
{
    printf("told %d\n", number);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int status = interrupt_watch(told);
    if (argc > 1 && strcmp(argv[1], "deaf") == 0) {
        puts("deaf");
        fflush(stdout);
        clock_sleep_until(CLOCK_NEVER);
    }
    TEST(status == -ESRCH, "nobody can tell it anything (%d)", status);
    return tap_done();
}
