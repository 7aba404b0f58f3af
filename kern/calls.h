/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native system calls' C functions, one for each line of ANSER_CALLS. Arguments are in
 * self->x[REG_A0...]; the result goes to a0, a second one is stored in self->x[REG_A1] by the call.
 * CALL_RESTART makes the thread execute its ecall again. A call that blocks sets self->state and
 * leaves its result to whoever wakes it.
 */
#pragma once

#include <anser/abi.h>
#include "kern/types.h"

#define DECLARE_CALL(number, name, text) status_t call_##name(struct thread *self);
ANSER_CALLS(DECLARE_CALL)
#undef DECLARE_CALL

/* Takes a thread out of the channel or the call that it is blocked in, with this status. */
void calls_cancel(struct thread *thread, status_t status);
