/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock type that picolibc leaves to the system (sys/lock.h). */
#ifndef ANSER_LIB_LIBC_LOCK_H
#define ANSER_LIB_LIBC_LOCK_H

#include "thread.h"

/* Valid when zeroed. */
struct __lock {
    struct mutex mutex;
    uintptr_t owner; /* TLS block of the holder, for the recursive form */
    uint32_t depth;
};

#endif
