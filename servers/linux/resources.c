/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts, limits, and what was used. */
#include <string.h>
#include "calls.h"
#include "descriptor.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "process.h"
#include "time.h"
#include "user.h"

/* ---- Harts. ---------------------------------------------------------------------------------- */

static bool is_here(uint64_t id)
{
    if ((uint32_t)id == 0 || (uint32_t)id == process.id)
        return true;
    bool found = false;
    mutex_lock(&process_tasks.lock);
    for (const struct task *task = process_tasks.first; task != NULL && !found; task = task->next)
        found = task->id == (uint32_t)id;
    mutex_unlock(&process_tasks.lock);
    return found;
}

int64_t linux_sched_getaffinity(struct task *self)
{
    uint64_t length = task_argument(self, 1);
    uint64_t mask = process.harts >= 64 ? UINT64_MAX : (1ul << process.harts) - 1;
    if (length < sizeof(mask) || length % sizeof(mask) != 0)
        return -LINUX_EINVAL;
    if (!is_here(task_argument(self, 0)))
        return -LINUX_ESRCH;
    return user_write(task_argument(self, 2), &mask, sizeof(mask)) < 0 ? -LINUX_EFAULT
                                                                       : (int64_t)sizeof(mask);
}

/* A thread runs where the kernel sees fit: a mask with any hart that there is will do. */
int64_t linux_sched_setaffinity(struct task *self)
{
    uint64_t mask = 0, length = task_argument(self, 1);
    if (user_read(&mask, task_argument(self, 2), length < 8 ? length : 8) < 0)
        return -LINUX_EFAULT;
    if (!is_here(task_argument(self, 0)))
        return -LINUX_ESRCH;
    return (mask & ((1ul << process.harts) - 1)) != 0 ? 0 : -LINUX_EINVAL;
}

int64_t linux_sched_yield(struct task *self)
{
    (void)self;
    return sys_thread_yield();
}

/* Always the same policy, SCHED_OTHER. */
int64_t linux_sched_getscheduler(struct task *self)
{
    return is_here(task_argument(self, 0)) ? 0 : -LINUX_ESRCH;
}

int64_t linux_sched_getparam(struct task *self)
{
    int32_t priority = 0;
    if (!is_here(task_argument(self, 0)))
        return -LINUX_ESRCH;
    return user_write(task_argument(self, 1), &priority, sizeof(priority));
}

int64_t linux_getcpu(struct task *self)
{
    uint32_t zero = 0;
    for (unsigned i = 0; i < 2; i++)
        if (task_argument(self, i) != 0 &&
            user_write(task_argument(self, i), &zero, sizeof(zero)) < 0)
            return -LINUX_EFAULT;
    return 0;
}

/* Nothing is reordered across the kernel's lock, which every call takes on each hart; a thread that
 * runs on another hart is not stopped, so only the query is answered. */
int64_t linux_membarrier(struct task *self)
{
    return (uint32_t)task_argument(self, 0) == 0 ? 0 : -LINUX_EINVAL;
}

int64_t linux_rseq(struct task *self)
{
    (void)self;
    return -LINUX_ENOSYS;
}

/* ---- Extensions of the harts. ---------------------------------------------------------------- */

struct hwprobe_pair {
    int64_t key;
    uint64_t value;
};

/* What every hart has: IMA, F, D, C. No vectors: they would have to survive a signal. */
static void probe(struct hwprobe_pair *pair)
{
    enum { MVENDORID, MARCHID, MIMPID, BASE_BEHAVIOR, IMA_EXT_0, CPUPERF_0 };
    switch (pair->key) {
    case MVENDORID:
    case MARCHID:
    case MIMPID:
    case CPUPERF_0:
        pair->value = 0;
        break;
    case BASE_BEHAVIOR:
        pair->value = 1; /* IMA */
        break;
    case IMA_EXT_0:
        pair->value = 3; /* FD, C */
        break;
    default:
        pair->key = -1;
        pair->value = 0;
    }
}

int64_t linux_riscv_hwprobe(struct task *self)
{
    uint64_t at = task_argument(self, 0), count = task_argument(self, 1);
    struct hwprobe_pair pair;
    if (task_argument(self, 4) != 0)
        return -LINUX_EINVAL;
    for (; count > 0; count--, at += sizeof(pair)) {
        if (user_read(&pair, at, sizeof(pair)) < 0)
            return -LINUX_EFAULT;
        probe(&pair);
        if (user_write(at, &pair, sizeof(pair)) < 0)
            return -LINUX_EFAULT;
    }
    return 0;
}

/* All harts, whatever the range: the kernel fences them all when code was mapped. */
int64_t linux_riscv_flush_icache(struct task *self)
{
    (void)self;
    __asm__ volatile("fence.i" ::: "memory");
    return 0;
}

/* ---- Limits. --------------------------------------------------------------------------------- */

#define RLIMITS   16
#define UNLIMITED UINT64_MAX

struct linux_rlimit {
    uint64_t soft;
    uint64_t hard;
};

/* Limits are told and kept, not enforced: the budget of the process is. */
static struct linux_rlimit limits[RLIMITS] = {
    [0] = {UNLIMITED, UNLIMITED},              /* CPU */
    [1] = {UNLIMITED, UNLIMITED},              /* FSIZE */
    [2] = {UNLIMITED, UNLIMITED},              /* DATA */
    [3] = {8ul << 20, UNLIMITED},              /* STACK */
    [5] = {UNLIMITED, UNLIMITED},              /* RSS */
    [6] = {1024, 1024},                        /* NPROC: threads */
    [7] = {DESCRIPTORS_SOFT, DESCRIPTORS_MAX}, /* NOFILE */
    [8] = {UNLIMITED, UNLIMITED},              /* MEMLOCK */
    [9] = {UNLIMITED, UNLIMITED},              /* AS */
    [10] = {UNLIMITED, UNLIMITED},             /* LOCKS */
    [11] = {1024, 1024},                       /* SIGPENDING */
};

static int64_t exchange_limit(uint64_t resource, uint64_t new_at, uint64_t old_at)
{
    struct linux_rlimit new, old;
    if (resource >= RLIMITS)
        return -LINUX_EINVAL;
    old = limits[resource];
    if (new_at != 0) {
        if (user_read(&new, new_at, sizeof(new)) < 0)
            return -LINUX_EFAULT;
        if (new.soft > new.hard)
            return -LINUX_EINVAL;
        if (new.hard > old.hard)
            return -LINUX_EPERM;
        limits[resource] = new;
    }
    return old_at == 0 ? 0 : user_write(old_at, &old, sizeof(old));
}

int64_t linux_prlimit64(struct task *self)
{
    if (!is_here(task_argument(self, 0)))
        return -LINUX_ESRCH;
    return exchange_limit((uint32_t)task_argument(self, 1), task_argument(self, 2),
                          task_argument(self, 3));
}

int64_t linux_getrlimit(struct task *self)
{
    return exchange_limit((uint32_t)task_argument(self, 0), 0, task_argument(self, 1));
}

int64_t linux_setrlimit(struct task *self)
{
    if (task_argument(self, 1) == 0)
        return -LINUX_EFAULT;
    return exchange_limit((uint32_t)task_argument(self, 0), task_argument(self, 1), 0);
}

/* ---- Use. ------------------------------------------------------------------------------------ */

/* The processor's time is not known to the process: the time since its start stands for it. */
int64_t linux_getrusage(struct task *self)
{
    struct {
        struct linux_timeval user, system;
        uint64_t rest[14];
    } usage;
    int32_t who = (int32_t)task_argument(self, 0);
    if (who < -1 || who > 1)
        return -LINUX_EINVAL;
    memset(&usage, 0, sizeof(usage));
    struct linux_timespec used = time_of_ticks(clock_now() - process.started);
    if (who >= 0)
        usage.user = (struct linux_timeval){used.seconds, used.nanoseconds / 1000};
    return user_write(task_argument(self, 1), &usage, sizeof(usage));
}

/* In clock ticks of Linux, 100 a second. */
int64_t linux_times(struct task *self)
{
    uint64_t hertz = process.ticks_a_second / 100, now = clock_now();
    uint64_t times[4] = {(now - process.started) / hertz, 0, 0, 0};
    if (task_argument(self, 0) != 0 && user_write(task_argument(self, 0), times, sizeof(times)) < 0)
        return -LINUX_EFAULT;
    return (int64_t)(now / hertz);
}

struct linux_sysinfo {
    int64_t uptime;
    uint64_t loads[3];
    uint64_t total, free, shared, buffer, total_swap, free_swap;
    uint16_t processes, padding;
    uint64_t total_high, free_high;
    uint32_t unit;
};

/* Memory is told only to who may ask the machine: a start handle "system" with that right. */
int64_t linux_sysinfo(struct task *self)
{
    struct linux_sysinfo info = {
        .uptime = time_of_ticks(clock_now()).seconds, .processes = 1, .unit = ANSER_PAGE_SIZE};
    struct anser_system_info system;
    anser_handle handle = process_handle("system");
    if (handle != 0 &&
        sys_system_info(handle, ANSER_INFO_SYSTEM, 0, &system, sizeof(system)).status >= 0) {
        info.total = system.frames_total;
        info.free = system.frames_free;
        info.processes = (uint16_t)system.processes;
    }
    return user_write(task_argument(self, 0), &info, sizeof(info));
}
