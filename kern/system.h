/* SPDX-License-Identifier: BSD-2-Clause */
/* The `system` object, and what system_info needs to know of the boot. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/object.h"

struct thread;

extern struct object system_object;

/* Is the handle in the caller's a0 the system's, with this right? 0, -EBADF, -EPERM. */
status_t system_check(struct thread *self, uint64_t right);
/* Remembers the figures of the boot. */
void system_info_init(const struct bootinfo *info);
