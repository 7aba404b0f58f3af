/* SPDX-License-Identifier: BSD-2-Clause */
/* Foreign calls shown as strace does, on the start handle "trace". */
#ifndef ANSER_SERVERS_LINUX_TRACE_H
#define ANSER_SERVERS_LINUX_TRACE_H

#include "task.h"

extern anser_handle trace_stream; /* 0: nothing is shown */

/* Makes the call, and shows it with its result. Returns the result. */
int64_t trace_call(struct task *self, linux_call *call);

/* Is called once, when the start handles are known. */
void trace_init(void);

#endif
