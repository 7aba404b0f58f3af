/* SPDX-License-Identifier: BSD-2-Clause */
/* The first process. */
#pragma once

#include "kern/types.h"

/*
 * Makes the process `init` from the file of that name in the initrd, with all free memory as its
 * budget, and lets its thread run. An error has been explained on the console: -EINVAL (archive or
 * program), -ENOMEM.
 */
status_t init_load(void);
