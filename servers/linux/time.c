/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The foreign calls on time. Every clock is made from the `time` CSR. The processor's time of a
 * process or thread is not known to it: those clocks count from the start of the process.
 */
#include "time.h"
#include "calls.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "process.h"
#include "realtime.h"
#include "signal.h"
#include "user.h"

#define NANOSECONDS 1000000000ul

int time_read(struct linux_timespec *time, uint64_t address)
{
    if (user_read(time, address, sizeof(*time)) < 0)
        return -LINUX_EFAULT;
    bool sound = time->seconds >= 0 && (uint64_t)time->nanoseconds < NANOSECONDS;
    return sound ? 0 : -LINUX_EINVAL;
}

uint64_t time_to_ticks(const struct linux_timespec *time)
{
    uint64_t hertz = process.ticks_a_second;
    if ((uint64_t)time->seconds >= CLOCK_NEVER / 2 / hertz)
        return CLOCK_NEVER;
    return (uint64_t)time->seconds * hertz +
           ((uint64_t)time->nanoseconds * hertz + NANOSECONDS - 1) / NANOSECONDS;
}

struct linux_timespec time_of_ticks(uint64_t ticks)
{
    uint64_t hertz = process.ticks_a_second;
    return (struct linux_timespec){
        .seconds = (int64_t)(ticks / hertz),
        .nanoseconds = (int64_t)(ticks % hertz * NANOSECONDS / hertz),
    };
}

uint64_t time_deadline(const struct linux_timespec *time, int clock)
{
    uint64_t ticks = time_to_ticks(time);
    uint64_t base = clock == LINUX_CLOCK_REALTIME ? realtime_base() : 0;
    if (ticks == CLOCK_NEVER)
        return ticks;
    return ticks > base ? ticks - base : 0;
}

/* -EINVAL: no such clock. A negative number is a process's or thread's own. */
static int clock_ticks_now(int32_t clock, uint64_t *ticks)
{
    *ticks = clock_now();
    switch (clock) {
    case LINUX_CLOCK_REALTIME:
    case LINUX_CLOCK_REALTIME_COARSE:
        *ticks += realtime_base();
        return 0;
    case LINUX_CLOCK_MONOTONIC:
    case LINUX_CLOCK_MONOTONIC_RAW:
    case LINUX_CLOCK_MONOTONIC_COARSE:
    case LINUX_CLOCK_BOOTTIME:
        return 0;
    case LINUX_CLOCK_PROCESS_CPUTIME_ID:
    case LINUX_CLOCK_THREAD_CPUTIME_ID:
        *ticks -= process.started;
        return 0;
    default:
        *ticks -= process.started;
        return clock < 0 ? 0 : -LINUX_EINVAL;
    }
}

int64_t linux_clock_gettime(struct task *self)
{
    uint64_t ticks;
    int status = clock_ticks_now((int32_t)task_argument(self, 0), &ticks);
    if (status < 0)
        return status;
    struct linux_timespec now = time_of_ticks(ticks);
    return user_write(task_argument(self, 1), &now, sizeof(now));
}

int64_t linux_clock_getres(struct task *self)
{
    uint64_t ticks;
    int status = clock_ticks_now((int32_t)task_argument(self, 0), &ticks);
    struct linux_timespec one = time_of_ticks(1);
    if (status < 0 || task_argument(self, 1) == 0)
        return status;
    return user_write(task_argument(self, 1), &one, sizeof(one));
}

int64_t linux_gettimeofday(struct task *self)
{
    struct linux_timespec now = time_of_ticks(clock_now() + realtime_base());
    struct linux_timeval value = {now.seconds, now.nanoseconds / 1000};
    int32_t zone[2] = {0, 0};
    if (task_argument(self, 0) != 0 &&
        user_write(task_argument(self, 0), &value, sizeof(value)) < 0)
        return -LINUX_EFAULT;
    if (task_argument(self, 1) != 0)
        return user_write(task_argument(self, 1), zone, sizeof(zone));
    return 0;
}

/* ---- Setting. -------------------------------------------------------------------------------- */

/* Only whom the manifest lets control the clock; for all others it is as for a user of Linux. */
int64_t linux_clock_settime(struct task *self)
{
    struct linux_timespec time;
    if (task_argument(self, 0) != LINUX_CLOCK_REALTIME)
        return -LINUX_EINVAL;
    int status = time_read(&time, task_argument(self, 1));
    if (status < 0)
        return status;
    if (time.seconds > INT64_MAX / (int64_t)NANOSECONDS - 1)
        return -LINUX_EINVAL;
    return realtime_change((uint64_t)time.seconds * NANOSECONDS + (uint64_t)time.nanoseconds);
}

/* The zone, which Linux keeps for old file systems, is not kept. */
int64_t linux_settimeofday(struct task *self)
{
    struct linux_timeval value;
    if (task_argument(self, 0) == 0)
        return task_argument(self, 1) ? -LINUX_EPERM : 0;
    if (user_read(&value, task_argument(self, 0), sizeof(value)) < 0)
        return -LINUX_EFAULT;
    if (value.seconds < 0 || value.seconds > INT64_MAX / (int64_t)NANOSECONDS - 1 ||
        (uint64_t)value.microseconds >= NANOSECONDS / 1000)
        return -LINUX_EINVAL;
    return realtime_change((uint64_t)value.seconds * NANOSECONDS +
                           (uint64_t)value.microseconds * 1000);
}

/* ---- Sleeping. ------------------------------------------------------------------------------- */

/* Sleeps; when a signal ends a relative sleep, what is left goes to `left`, unless 0. */
static int64_t sleep_until(struct task *self, uint64_t deadline, uint64_t left)
{
    int status = signal_pending(self) ? -LINUX_EINTR : clock_sleep_until(deadline);
    if (status < 0 && left != 0) {
        uint64_t now = clock_now();
        struct linux_timespec rest = time_of_ticks(deadline > now ? deadline - now : 0);
        if (user_write(left, &rest, sizeof(rest)) < 0)
            return -LINUX_EFAULT;
    }
    return status;
}

int64_t linux_nanosleep(struct task *self)
{
    struct linux_timespec time;
    int status = time_read(&time, task_argument(self, 0));
    if (status < 0)
        return status;
    return sleep_until(self, task_deadline(self, time_to_ticks(&time)), task_argument(self, 1));
}

int64_t linux_clock_nanosleep(struct task *self)
{
    struct linux_timespec time;
    int32_t clock = (int32_t)task_argument(self, 0);
    if (clock != LINUX_CLOCK_REALTIME && clock != LINUX_CLOCK_MONOTONIC &&
        clock != LINUX_CLOCK_BOOTTIME)
        return -LINUX_EINVAL;
    int status = time_read(&time, task_argument(self, 2));
    if (status < 0)
        return status;
    if (task_argument(self, 1) & LINUX_TIMER_ABSTIME)
        return sleep_until(self, time_deadline(&time, clock), 0);
    return sleep_until(self, task_deadline(self, time_to_ticks(&time)), task_argument(self, 3));
}
