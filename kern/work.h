/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work lists: objects without references, waiting to be taken apart by the thread that dropped the
 * last one. The thread does that before it sees user mode again, a bounded piece at a time, and may
 * be preempted between pieces.
 */
#pragma once

#include "kern/object.h"

struct thread;

/* Queues an object on the running thread's list. */
void work_push(struct object *object);
/* Does one piece of the running thread's work; true if there is more. */
bool work_piece(struct thread *self);
/* Frees a reclaimed object's own memory. */
void object_free(struct object *object);
/* Hands a thread's remaining work to another one. */
void work_give(struct thread *to, struct thread *from);

/* The thread that this hart runs, or its idle thread: tp in the kernel. */
static inline struct thread *current_thread(void)
{
    struct thread *self;
    __asm__ volatile("mv %0, tp" : "=r"(self));
    return self;
}
