/* SPDX-License-Identifier: BSD-2-Clause */
/* The locks of picolibc (malloc, stdio, atexit) on our mutex: <sys/lock.h>. */
#include <stdlib.h>
#include <sys/lock.h>
#include "libc_lock.h"

struct __lock __lock___libc_recursive_mutex;

/* What tells threads apart without a kernel call: each has its own TLS block. */
static uintptr_t thread_identity(void)
{
    uintptr_t identity;
    __asm__("mv %0, tp" : "=r"(identity));
    return identity;
}

void __retarget_lock_init(_LOCK_T *lock)
{
    *lock = calloc(1, sizeof(struct __lock));
    if (*lock == NULL)
        abort();
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
    __retarget_lock_init(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    free(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    mutex_lock(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return mutex_try_lock(&lock->mutex);
}

void __retarget_lock_release(_LOCK_T lock)
{
    mutex_unlock(&lock->mutex);
}

/* Only the holder can find its own identity in `owner`, so the unlocked look is enough. */
static bool holds(_LOCK_T lock)
{
    return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == thread_identity();
}

static void now_held(_LOCK_T lock)
{
    __atomic_store_n(&lock->owner, thread_identity(), __ATOMIC_RELAXED);
    lock->depth = 1;
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    if (holds(lock)) {
        lock->depth++;
        return;
    }
    mutex_lock(&lock->mutex);
    now_held(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    if (holds(lock)) {
        lock->depth++;
        return 1;
    }
    if (!mutex_try_lock(&lock->mutex))
        return 0;
    now_held(lock);
    return 1;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    if (--lock->depth > 0)
        return;
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
    mutex_unlock(&lock->mutex);
}
