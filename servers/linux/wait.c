/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting in the handler. A signal for this task is an interruption that the kernel holds back; it
 * ends the wait, and every later one, until the handler has left.
 */
#include "linux_abi.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "signal.h"
#include "socket_lead.h"
#include "wait.h"

int wait_for(struct task *self, struct wait_queue *queue, struct mutex *mutex, uint64_t deadline)
{
    if (signal_pending(self))
        return -LINUX_EINTR;
    if (deadline <= clock_now())
        return -LINUX_ETIMEDOUT;
    __atomic_fetch_add(&queue->waiters, 1, __ATOMIC_SEQ_CST);
    uint32_t sequence = __atomic_load_n(&queue->sequence, __ATOMIC_SEQ_CST);
    mutex_unlock(mutex);
    int64_t status =
        sys_word_wait(&queue->sequence, sequence, deadline == CLOCK_NEVER ? 0 : deadline);
    __atomic_fetch_sub(&queue->waiters, 1, __ATOMIC_SEQ_CST);
    mutex_lock(mutex);
    return status == -LINUX_ETIMEDOUT || status == -LINUX_EINTR ? (int)status : 0;
}

void wait_wake(struct wait_queue *queue)
{
    __atomic_fetch_add(&queue->sequence, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&queue->leads, __ATOMIC_SEQ_CST))
        socket_wake_leader();
    if (__atomic_load_n(&queue->waiters, __ATOMIC_SEQ_CST) == 0)
        return;
    while (sys_word_wake(&queue->sequence, ANSER_WAKE_MAX) == ANSER_WAKE_MAX)
        continue;
}

uint64_t task_deadline(struct task *self, uint64_t ticks)
{
    if (self->deadline == 0) {
        uint64_t now = clock_now();
        self->deadline = ticks > CLOCK_NEVER - 1 - now ? CLOCK_NEVER : now + ticks;
    }
    return self->deadline;
}
