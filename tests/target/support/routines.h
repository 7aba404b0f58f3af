/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as a Go program uses goroutines: started with a function and its argument, all joined. */
#ifndef ANSER_TESTS_ROUTINES_H
#define ANSER_TESTS_ROUTINES_H

#define ROUTINES_MAX 256

/* Runs function(argument) in a thread of its own; ends the program if there is none. */
void routine_start(void (*function)(void *), void *argument);
/* Waits for all that were started. */
void routines_join(void);

#endif
