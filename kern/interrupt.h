/* SPDX-License-Identifier: BSD-2-Clause */
/* What interrupts want of this hart. Kernel lock held. */
#pragma once

#include "kern/types.h"

/* Bounded look at pending interrupts (timer, software, external), handled by poll, not by trap. */
void interrupts_poll(void);
/* sip & sie is not zero: somebody wants this hart. */
bool interrupts_pending(void);
