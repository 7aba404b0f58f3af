/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of kern/ that ask which thread runs: on the host, no register says it. */
#include "channel_host.h"

#define current_thread() host_current

#include "kern/object.c"
#include "kern/exit.c"
