/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines of calls that wait for readiness. */
#include "poll_deadline.h"
#include "socket_lead.h"
#include "user.h"

#define SECOND 1000000000

int poll_wait(struct task *self, struct wait_queue *queue, uint64_t deadline)
{
    uint64_t timer = timerfd_next();
    int status = socket_wait_for(self, queue, &poll_lock, timer < deadline ? timer : deadline);
    timerfd_expire();
    /* It was a timer's deadline that passed, not the caller's. */
    return status == -LINUX_ETIMEDOUT && clock_now() < deadline ? 0 : status;
}

int64_t poll_ticks(const struct linux_timespec *time, uint64_t *ticks)
{
    if (time->seconds < 0 || time->nanoseconds < 0 || time->nanoseconds >= SECOND)
        return -LINUX_EINVAL;
    if (time->seconds > INT64_MAX / SECOND - 1) {
        *ticks = CLOCK_NEVER;
        return 0;
    }
    uint64_t nanoseconds = (uint64_t)time->seconds * SECOND + (uint64_t)time->nanoseconds;
    *ticks = clock_ticks(nanoseconds);
    /* Never early: a fraction of a tick counts as one. */
    if (clock_nanoseconds(*ticks) < nanoseconds)
        ++*ticks;
    return 0;
}

struct linux_timespec poll_timespec(uint64_t ticks)
{
    uint64_t nanoseconds = clock_nanoseconds(ticks);
    return (struct linux_timespec){.seconds = (int64_t)(nanoseconds / SECOND),
                                   .nanoseconds = (int64_t)(nanoseconds % SECOND)};
}

int poll_timeout(struct task *self, uint64_t address, uint64_t *deadline)
{
    struct linux_timespec time;
    uint64_t ticks;
    *deadline = CLOCK_NEVER;
    if (address == 0)
        return 0;
    if (user_read(&time, address, sizeof(time)) < 0)
        return -LINUX_EFAULT;
    int64_t status = poll_ticks(&time, &ticks);
    if (status < 0)
        return (int)status;
    if (ticks == 0)
        *deadline = 0;
    else if (ticks != CLOCK_NEVER)
        *deadline = task_deadline(self, ticks);
    return 0;
}
