/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a program of the archive, as a console does. */
#ifndef BENCH_START_H
#define BENCH_START_H

#include <anser/abi.h>

/*
 * Has init start programs/NAME with this program's output; its end is told to `exit`, a send handle
 * that is given away (0: to nobody). Returns the process handle, the caller's, or -errno.
 */
anser_handle bench_start(const char *name, anser_handle exit);

#endif
