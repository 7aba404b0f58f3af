/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interval timers and POSIX timers, on native timers whose expiries come to the service thread.
 * Timers of the processor's time run by the clock on the wall: a profiler gets its samples, also
 * while the program waits.
 */
#include "calls.h"
#include "lib/channel.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "lib/thread.h"
#include "linux_abi.h"
#include "process.h"
#include "service.h"
#include "signal.h"
#include "time.h"
#include "user.h"

#define ITIMERS         3 /* real, virtual, profiling: the first of the table */
#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD_ID 4

struct timer {
    bool used;
    anser_handle native; /* 0: none yet */
    int number;          /* 0: no signal */
    int32_t clock;
    uint32_t task; /* whom to signal; 0: the process */
    uint64_t value;
    uint64_t deadline; /* ticks; 0: stopped */
    uint64_t period;
};

static struct {
    struct mutex lock;
    struct timer timers[SERVICE_TIMERS - 1]; /* the last badge keeps the signal object open */
} table;
#define TIMERS (sizeof(table.timers) / sizeof(table.timers[0]))

/* ---- All timers; the lock is held. ----------------------------------------------------------- */

/* Where the timer is now: what is left, and its period. */
static struct linux_itimerspec read_timer(struct timer *timer)
{
    uint64_t now = clock_now();
    while (timer->deadline != 0 && timer->deadline <= now)
        timer->deadline =
            timer->period == 0
                ? 0
                : timer->deadline + ((now - timer->deadline) / timer->period + 1) * timer->period;
    return (struct linux_itimerspec){
        .interval = time_of_ticks(timer->period),
        .value = time_of_ticks(timer->deadline == 0 ? 0 : timer->deadline - now),
    };
}

static int64_t set_timer(struct timer *timer, uint64_t deadline, uint64_t period)
{
    if (timer->native == 0 && deadline != 0) {
        anser_handle native = service_timer_create((unsigned)(timer - table.timers));
        if (native < 0)
            return -LINUX_EAGAIN;
        timer->native = native;
    }
    timer->deadline = deadline;
    timer->period = period;
    int64_t status = timer->native == 0 ? 0 : sys_timer_set(timer->native, deadline, period);
    return status < 0 ? status : 0;
}

void timer_expired(unsigned index)
{
    if (index >= TIMERS)
        return;
    mutex_lock(&table.lock);
    struct timer timer = table.timers[index];
    mutex_unlock(&table.lock);
    if (!timer.used || timer.number == 0)
        return;
    if (index < ITIMERS)
        signal_send_process(timer.number, LINUX_SI_KERNEL);
    else
        signal_send_timer(timer.task, timer.number, (int)index, timer.value);
}

/* ---- setitimer. ------------------------------------------------------------------------------ */

struct linux_itimerval {
    struct linux_timeval interval;
    struct linux_timeval value;
};

static uint64_t ticks_of(const struct linux_timeval *time)
{
    struct linux_timespec exact = {time->seconds, time->microseconds * 1000};
    return time_to_ticks(&exact);
}

static struct linux_timeval in_microseconds(struct linux_timespec time)
{
    return (struct linux_timeval){time.seconds, time.nanoseconds / 1000};
}

static bool is_sound(const struct linux_timeval *time)
{
    return time->seconds >= 0 && (uint64_t)time->microseconds < 1000000;
}

static int64_t exchange_itimer(uint64_t which, const struct linux_itimerval *new,
                               struct linux_itimerval *old)
{
    static const int numbers[ITIMERS] = {LINUX_SIGALRM, LINUX_SIGVTALRM, LINUX_SIGPROF};
    int64_t status = 0;
    mutex_lock(&table.lock);
    struct timer *timer = &table.timers[which];
    timer->used = true;
    timer->number = numbers[which];
    struct linux_itimerspec now = read_timer(timer);
    *old = (struct linux_itimerval){in_microseconds(now.interval), in_microseconds(now.value)};
    if (new != NULL) {
        uint64_t ticks = ticks_of(&new->value);
        status = set_timer(timer, ticks == 0 ? 0 : clock_now() + ticks, ticks_of(&new->interval));
    }
    mutex_unlock(&table.lock);
    return status;
}

int64_t linux_setitimer(struct task *self)
{
    struct linux_itimerval new = {{0, 0}, {0, 0}}, old;
    uint64_t which = (uint32_t)task_argument(self, 0);
    if (task_argument(self, 1) != 0 && user_read(&new, task_argument(self, 1), sizeof(new)) < 0)
        return -LINUX_EFAULT;
    if (which >= ITIMERS || !is_sound(&new.value) || !is_sound(&new.interval))
        return -LINUX_EINVAL;
    int64_t status = exchange_itimer(which, &new, &old);
    if (status < 0 || task_argument(self, 2) == 0)
        return status;
    return user_write(task_argument(self, 2), &old, sizeof(old));
}

int64_t linux_getitimer(struct task *self)
{
    struct linux_itimerval now;
    uint64_t which = (uint32_t)task_argument(self, 0);
    if (which >= ITIMERS)
        return -LINUX_EINVAL;
    exchange_itimer(which, NULL, &now);
    return user_write(task_argument(self, 1), &now, sizeof(now));
}

/* ---- POSIX timers. --------------------------------------------------------------------------- */

/* struct sigevent, as far as the kernel looks at it; 64 bytes. */
struct linux_sigevent {
    uint64_t value;
    int32_t number;
    int32_t notify;
    int32_t thread;
    int32_t unused[11];
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "sigevent of Linux");

/* The lock is held. NULL: no such timer. */
static struct timer *find(uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (index < ITIMERS || index >= TIMERS || !table.timers[index].used)
        return NULL;
    return &table.timers[index];
}

static int64_t take_timer(const struct timer *as)
{
    int64_t id = -LINUX_EAGAIN;
    mutex_lock(&table.lock);
    for (unsigned i = ITIMERS; i < TIMERS && id < 0; i++) {
        if (table.timers[i].used)
            continue;
        table.timers[i] = *as;
        id = i;
    }
    mutex_unlock(&table.lock);
    return id;
}

int64_t linux_timer_create(struct task *self)
{
    struct linux_sigevent event = {.notify = SIGEV_SIGNAL, .number = LINUX_SIGALRM};
    bool given = task_argument(self, 1) != 0;
    if (given && user_read(&event, task_argument(self, 1), sizeof(event)) < 0)
        return -LINUX_EFAULT;
    int32_t clock = (int32_t)task_argument(self, 0);
    bool to_thread = (event.notify & SIGEV_THREAD_ID) != 0;
    if (clock > LINUX_CLOCK_BOOTTIME || event.notify < 0 || event.notify > 6 ||
        (event.notify != SIGEV_NONE && (event.number < 1 || event.number > SIGNALS)) ||
        (to_thread && signal_send_id((uint32_t)event.thread, 0) < 0))
        return -LINUX_EINVAL;
    struct timer timer = {
        .used = true,
        .number = event.notify == SIGEV_NONE ? 0 : event.number,
        .clock = clock,
        .task = to_thread ? (uint32_t)event.thread : 0,
        .value = event.value,
    };
    int64_t id = take_timer(&timer);
    if (id < 0)
        return id;
    uint32_t out = (uint32_t)id;
    return user_write(task_argument(self, 2), &out, sizeof(out));
}

int64_t linux_timer_settime(struct task *self)
{
    struct linux_itimerspec new, old;
    if (task_argument(self, 2) == 0)
        return -LINUX_EINVAL;
    int status = time_read(&new.interval, task_argument(self, 2));
    if (status == 0)
        status = time_read(&new.value, task_argument(self, 2) + sizeof(new.interval));
    if (status < 0)
        return status;
    uint64_t ticks = time_to_ticks(&new.value);
    mutex_lock(&table.lock);
    struct timer *timer = find(task_argument(self, 0));
    int64_t result = -LINUX_EINVAL;
    if (timer != NULL) {
        bool absolute = (task_argument(self, 1) & LINUX_TIMER_ABSTIME) != 0;
        uint64_t deadline = ticks == 0 ? 0
                            : absolute ? time_deadline(&new.value, timer->clock) | 1
                                       : clock_now() + ticks;
        old = read_timer(timer);
        result = set_timer(timer, deadline, time_to_ticks(&new.interval));
    }
    mutex_unlock(&table.lock);
    if (result < 0 || task_argument(self, 3) == 0)
        return result;
    return user_write(task_argument(self, 3), &old, sizeof(old));
}

int64_t linux_timer_gettime(struct task *self)
{
    struct linux_itimerspec now;
    mutex_lock(&table.lock);
    struct timer *timer = find(task_argument(self, 0));
    if (timer != NULL)
        now = read_timer(timer);
    mutex_unlock(&table.lock);
    return timer == NULL ? -LINUX_EINVAL : user_write(task_argument(self, 1), &now, sizeof(now));
}

/* Expiries that came while the signal was waiting are not counted. */
int64_t linux_timer_getoverrun(struct task *self)
{
    mutex_lock(&table.lock);
    bool found = find(task_argument(self, 0)) != NULL;
    mutex_unlock(&table.lock);
    return found ? 0 : -LINUX_EINVAL;
}

int64_t linux_timer_delete(struct task *self)
{
    mutex_lock(&table.lock);
    struct timer *timer = find(task_argument(self, 0));
    anser_handle native = timer == NULL ? 0 : timer->native;
    if (timer != NULL)
        *timer = (struct timer){.used = false};
    mutex_unlock(&table.lock);
    handle_close(native);
    return timer == NULL ? -LINUX_EINVAL : 0;
}
