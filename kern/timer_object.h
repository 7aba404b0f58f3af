/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer object. */
#pragma once

#include "kern/event.h"
#include "kern/timer.h"

struct timer {
    struct object object;
    struct event event;
    struct deadline deadline;
    uint64_t next;   /* when it expires; 0: it does not */
    uint64_t period; /* 0: once */
};
