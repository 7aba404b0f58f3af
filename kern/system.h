/* SPDX-License-Identifier: BSD-2-Clause */
/* The `system` object, and the machine as the boot found it. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/object.h"

extern struct object system_object;

/* Is the handle in the caller's a0 the system's, with this right? 0, -EBADF, -EPERM. */
status_t system_check(struct thread *self, uint64_t right);
/* What the loader handed over. */
extern struct bootinfo boot_info;

/* Ways to leave the machine. None comes back. */

#define POWER_CODE_MAX 0xffff

/* Remembers the finisher, if there is one. */
void power_init(const struct bootinfo *info);
/* Code 0: shutdown through the SBI. Else a failure with this code, up to POWER_CODE_MAX: through
 * the finisher, which gives it to whoever runs the machine, or a shutdown for want of one. */
_Noreturn void power_off(uint64_t code);
