/* SPDX-License-Identifier: BSD-2-Clause */
/* What others need of the IPC system calls. */
#pragma once

#include "kern/types.h"

struct thread;

/* Takes a thread out of the channel or the call that it is blocked in, with this status. */
void calls_cancel(struct thread *thread, status_t status);
