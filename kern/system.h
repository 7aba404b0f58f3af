/* SPDX-License-Identifier: BSD-2-Clause */
/* The `system` object, and the machine as the boot found it. */
#pragma once

#include <anser/bootinfo.h>
#include "kern/object.h"

struct thread;

extern struct object system_object;

/* Is the handle in the caller's a0 the system's, with this right? 0, -EBADF, -EPERM. */
status_t system_check(struct thread *self, uint64_t right);
/* What the loader handed over. */
extern struct bootinfo boot_info;
