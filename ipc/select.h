/* SPDX-License-Identifier: BSD-2-Clause */
/* select: one of several sends and receives, in ipc/select.c. */
#pragma once

#include "kern/thread.h"

/* Where the choices among ready cases begin; at boot, from the time. */
void select_seed(uint64_t seed);
/* The canceller of threads that select: out of all queues; nobody is to blame. */
void select_cancel(struct thread *thread, status_t status);
/* Frees what an ending thread selected with. */
void select_release(struct thread *thread);
