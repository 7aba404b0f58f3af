/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutex, condition and semaphore on word_wait and word_wake. Uncontended, none of them enters the
 * kernel. A waiter marks itself before it waits, and the word it waits on changes before
 * it is woken, so no wake-up is lost.
 */
#include <errno.h>
#include "clock.h"
#include "syscall.h"
#include "thread.h"

enum { FREE, TAKEN, CONTENDED };

/* The kernel's 0 is "no deadline"; ours is "already expired". */
static int word_wait_until(const uint32_t *word, uint32_t expected, uint64_t deadline)
{
    if (deadline == 0)
        return -ETIMEDOUT;
    return (int)sys_word_wait(word, expected, deadline == CLOCK_NEVER ? 0 : deadline);
}

bool mutex_try_lock(struct mutex *mutex)
{
    uint32_t expected = FREE;
    return __atomic_compare_exchange_n(&mutex->state, &expected, TAKEN, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static void lock_contended(struct mutex *mutex)
{
    while (__atomic_exchange_n(&mutex->state, CONTENDED, __ATOMIC_ACQUIRE) != FREE)
        if (sys_word_wait(&mutex->state, CONTENDED, 0) == -EINTR)
            sys_thread_yield(); /* in a handler no wait blocks now: let the owner go on */
}

void mutex_lock(struct mutex *mutex)
{
    if (!mutex_try_lock(mutex))
        lock_contended(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
    if (__atomic_exchange_n(&mutex->state, FREE, __ATOMIC_RELEASE) == CONTENDED)
        sys_word_wake(&mutex->state, 1);
}

int condition_wait(struct condition *condition, struct mutex *mutex, uint64_t deadline)
{
    __atomic_fetch_add(&condition->waiters, 1, __ATOMIC_SEQ_CST);
    uint32_t sequence = __atomic_load_n(&condition->sequence, __ATOMIC_SEQ_CST);
    mutex_unlock(mutex);
    int status = word_wait_until(&condition->sequence, sequence, deadline);
    __atomic_fetch_sub(&condition->waiters, 1, __ATOMIC_SEQ_CST);
    /* Others may have been woken with us, so whoever unlocks next must look for waiters. */
    lock_contended(mutex);
    return status == -ETIMEDOUT ? status : 0;
}

static void condition_wake(struct condition *condition, uint64_t count)
{
    __atomic_fetch_add(&condition->sequence, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&condition->waiters, __ATOMIC_SEQ_CST) == 0)
        return;
    /* The kernel wakes so many a call, to keep calls short. */
    for (; count > ANSER_WAKE_MAX; count -= ANSER_WAKE_MAX)
        if (sys_word_wake(&condition->sequence, ANSER_WAKE_MAX) < ANSER_WAKE_MAX)
            return;
    sys_word_wake(&condition->sequence, count);
}

void condition_wake_one(struct condition *condition)
{
    condition_wake(condition, 1);
}

void condition_wake_all(struct condition *condition)
{
    condition_wake(condition, UINT32_MAX);
}

void semaphore_init(struct semaphore *semaphore, uint32_t count)
{
    *semaphore = (struct semaphore){.count = count};
}

void semaphore_post(struct semaphore *semaphore)
{
    __atomic_fetch_add(&semaphore->count, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST) > 0)
        sys_word_wake(&semaphore->count, 1);
}

static bool semaphore_take(struct semaphore *semaphore)
{
    uint32_t count = __atomic_load_n(&semaphore->count, __ATOMIC_SEQ_CST);
    while (count > 0) {
        if (__atomic_compare_exchange_n(&semaphore->count, &count, count - 1, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return true;
    }
    return false;
}

int semaphore_wait(struct semaphore *semaphore, uint64_t deadline)
{
    if (semaphore_take(semaphore))
        return 0;
    int status = 0;
    __atomic_fetch_add(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    while (!semaphore_take(semaphore)) {
        status = word_wait_until(&semaphore->count, 0, deadline);
        if (status == -ETIMEDOUT) {
            /* A post may have come between the deadline and now. */
            if (semaphore_take(semaphore))
                status = 0;
            break;
        }
        status = 0;
    }
    __atomic_fetch_sub(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
    return status;
}
