/* SPDX-License-Identifier: BSD-2-Clause */
/* timerfd_create(2). Timers that run stand in one list, the first to expire at its head, under
 * poll_lock; poll_deadline.h tells who looks at it. */
#include <sys/queue.h>
#include "calls.h"
#include "descriptor.h"
#include "descriptor_abi.h"
#include "heap.h"
#include "poll_deadline.h"
#include "realtime.h"
#include "user.h"

struct timerfd {
    struct file file;
    uint32_t clock;
    bool armed;        /* in the list */
    uint64_t next;     /* expiry in ticks, while armed */
    uint64_t interval; /* ticks; 0: once */
    uint64_t expired;  /* times that no read has told of */
    struct wait_queue queue;
    LIST_ENTRY(timerfd) link;
};

static LIST_HEAD(timers, timerfd) armed;

static void arm(struct timerfd *timer)
{
    struct timerfd *after = NULL, *other;
    LIST_FOREACH(other, &armed, link)
    {
        if (other->next > timer->next)
            break;
        after = other;
    }
    if (after)
        LIST_INSERT_AFTER(after, timer, link);
    else
        LIST_INSERT_HEAD(&armed, timer, link);
    timer->armed = true;
}

static void disarm(struct timerfd *timer)
{
    if (timer->armed)
        LIST_REMOVE(timer, link);
    timer->armed = false;
}

uint64_t timerfd_next(void)
{
    const struct timerfd *first = LIST_FIRST(&armed);
    return first ? first->next : CLOCK_NEVER;
}

/* Counts the expiries up to now, and goes on if there is an interval. */
static void expire(struct timerfd *timer, uint64_t now)
{
    disarm(timer);
    timer->expired++;
    if (timer->interval) {
        uint64_t missed = (now - timer->next) / timer->interval;
        timer->expired += missed;
        timer->next += (missed + 1) * timer->interval;
        arm(timer);
    }
    wait_wake(&timer->queue);
    watch_changed(&timer->file);
}

void timerfd_expire(void)
{
    struct timerfd *first = LIST_FIRST(&armed);
    if (!first)
        return;
    for (uint64_t now = clock_now(); first && first->next <= now; first = LIST_FIRST(&armed))
        expire(first, now);
}

static int64_t timerfd_read(struct task *self, struct file *file, uint64_t to, uint64_t length)
{
    struct timerfd *timer = (struct timerfd *)file;
    int64_t status = 0;
    if (length < sizeof(timer->expired))
        return -LINUX_EINVAL;
    mutex_lock(&poll_lock);
    timerfd_expire();
    while (timer->expired == 0 && status == 0) {
        if (__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & LINUX_O_NONBLOCK)
            status = -LINUX_EAGAIN;
        else
            status = poll_wait(self, &timer->queue, CLOCK_NEVER);
    }
    uint64_t expired = timer->expired;
    timer->expired = 0;
    mutex_unlock(&poll_lock);
    if (!expired)
        return status;
    return user_write(to, &expired, sizeof(expired)) < 0 ? -LINUX_EFAULT : (int64_t)sizeof(expired);
}

static uint32_t timerfd_poll(struct file *file)
{
    return ((struct timerfd *)file)->expired ? LINUX_POLLIN : 0;
}

static int64_t timerfd_stat(struct task *self, struct file *file, struct linux_stat *stat)
{
    (void)self;
    (void)file;
    *stat = (struct linux_stat){.mode = 0600, .links = 1, .block_size = 4096};
    return 0;
}

static void timerfd_release(struct file *file)
{
    mutex_lock(&poll_lock);
    disarm((struct timerfd *)file);
    mutex_unlock(&poll_lock);
    heap_free(file);
}

static const struct file_operations operations = {
    .kind = "anon_inode:[timerfd]",
    .read = timerfd_read,
    .poll = timerfd_poll,
    .stat = timerfd_stat,
    .release = timerfd_release,
};

int64_t linux_timerfd_create(struct task *self)
{
    uint32_t clock = (uint32_t)task_argument(self, 0), flags = (uint32_t)task_argument(self, 1);
    if (clock != LINUX_CLOCK_REALTIME && clock != LINUX_CLOCK_MONOTONIC &&
        clock != LINUX_CLOCK_BOOTTIME)
        return -LINUX_EINVAL;
    if (flags & ~(uint32_t)(LINUX_O_NONBLOCK | LINUX_O_CLOEXEC))
        return -LINUX_EINVAL;
    struct timerfd *timer = heap_alloc(sizeof(*timer));
    if (!timer)
        return -LINUX_ENOMEM;
    file_init(&timer->file, &operations, LINUX_O_RDWR | (flags & LINUX_O_NONBLOCK));
    timer->clock = clock;
    int64_t descriptor = descriptor_install(&timer->file, 0, flags);
    if (descriptor < 0)
        file_drop(&timer->file);
    return descriptor;
}

/* The timer of a descriptor with a reference; NULL with -errno. */
static struct timerfd *timer_get(uint64_t descriptor, int64_t *error)
{
    struct file *file = descriptor_get(descriptor);
    *error = file ? -LINUX_EINVAL : -LINUX_EBADF;
    if (!file || file->operations == &operations)
        return (struct timerfd *)file;
    file_drop(file);
    return NULL;
}

/* What is left, and the interval. poll_lock is held. */
static struct linux_itimerspec remaining(const struct timerfd *timer)
{
    struct linux_itimerspec left = {.interval = poll_timespec(timer->interval)};
    uint64_t now = clock_now();
    if (timer->armed)
        left.value = poll_timespec(timer->next > now ? timer->next - now : 1);
    return left;
}

/* When a timer that is set to `ticks` (> 0) expires. */
static uint64_t expiry(const struct timerfd *timer, uint64_t ticks, bool absolute)
{
    uint64_t now = clock_now();
    if (absolute && timer->clock == LINUX_CLOCK_REALTIME) {
        uint64_t base = realtime_base();
        return ticks > base ? ticks - base : 1;
    }
    if (absolute)
        return ticks;
    return ticks < CLOCK_NEVER - now ? now + ticks : CLOCK_NEVER;
}

static void set(struct timerfd *timer, uint64_t value, uint64_t interval, bool absolute)
{
    disarm(timer);
    timer->expired = 0;
    timer->interval = interval;
    if (value > 0) {
        timer->next = expiry(timer, value, absolute);
        arm(timer);
        timerfd_expire();
    }
    /* Who waits has to look at the new expiry. */
    wait_wake(&timer->queue);
    watch_changed(&timer->file);
}

int64_t linux_timerfd_settime(struct task *self)
{
    uint64_t flags = task_argument(self, 1), old = task_argument(self, 3);
    struct linux_itimerspec wanted, before;
    uint64_t value, interval;
    int64_t status;
    if (user_read(&wanted, task_argument(self, 2), sizeof(wanted)) < 0)
        return -LINUX_EFAULT;
    if (flags & ~(uint64_t)(LINUX_TFD_TIMER_ABSTIME | LINUX_TFD_TIMER_CANCEL_ON_SET) ||
        poll_ticks(&wanted.value, &value) < 0 || poll_ticks(&wanted.interval, &interval) < 0)
        return -LINUX_EINVAL;
    struct timerfd *timer = timer_get(task_argument(self, 0), &status);
    if (!timer)
        return status;
    mutex_lock(&poll_lock);
    timerfd_expire();
    before = remaining(timer);
    set(timer, value, interval, flags & LINUX_TFD_TIMER_ABSTIME);
    mutex_unlock(&poll_lock);
    file_drop(&timer->file);
    return old && user_write(old, &before, sizeof(before)) < 0 ? -LINUX_EFAULT : 0;
}

int64_t linux_timerfd_gettime(struct task *self)
{
    int64_t status;
    struct timerfd *timer = timer_get(task_argument(self, 0), &status);
    if (!timer)
        return status;
    mutex_lock(&poll_lock);
    timerfd_expire();
    struct linux_itimerspec left = remaining(timer);
    mutex_unlock(&poll_lock);
    file_drop(&timer->file);
    return user_write(task_argument(self, 1), &left, sizeof(left)) < 0 ? -LINUX_EFAULT : 0;
}
