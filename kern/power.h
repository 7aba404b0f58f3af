/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways to leave the machine. None comes back. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/types.h"

#define POWER_CODE_MAX 0xffff

/* Remembers the finisher, if there is one. */
void power_init(const struct bootinfo *info);
/* Code 0: shutdown through the SBI. Else a failure with this code, up to POWER_CODE_MAX: through
 * the finisher, which gives it to whoever runs the machine, or a shutdown for want of one. */
_Noreturn void power_off(uint64_t code);
