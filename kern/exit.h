/* SPDX-License-Identifier: BSD-2-Clause */
/* How threads and processes end; called by the scheduler through its hooks. */
#pragma once

#include "kern/types.h"

struct thread;

/* A bounded piece of what a thread's attention asks: its end, reclaiming, an interruption. True:
 * there is more work of the same kind. */
bool exit_attend(struct thread *self);
/* It has just blocked, but another hart had killed or interrupted it on the way there. */
void exit_blocked(struct thread *self);
/* An ended thread has left its hart: drops its own reference, tells of its process's end. */
void exit_bury(struct thread *self);
