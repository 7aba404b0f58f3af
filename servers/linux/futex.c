/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes are the kernel's own words (word_wait, word_wake). What those do not know is made from
 * them: a bit set that is not everything wakes all, and so does a requeue: each waiter looks at its
 * word again, as it must anyway.
 */
#include "access.h"
#include "calls.h"
#include "layout.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "time.h"
#include "user.h"

#define FUTEX_WAIT           0
#define FUTEX_WAKE           1
#define FUTEX_REQUEUE        3
#define FUTEX_CMP_REQUEUE    4
#define FUTEX_WAIT_BITSET    9
#define FUTEX_WAKE_BITSET    10
#define FUTEX_PRIVATE        128
#define FUTEX_CLOCK_REALTIME 256
#define BITSET_ALL           0xffffffffu

static bool is_word(uint64_t address)
{
    return (address & 3) == 0;
}

static int64_t wake(uint64_t address, uint64_t count)
{
    int64_t woken = 0;
    while (count > 0) {
        uint64_t piece = count < ANSER_WAKE_MAX ? count : ANSER_WAKE_MAX;
        int64_t now = sys_word_wake((const uint32_t *)address, piece);
        if (now > 0)
            woken += now;
        if (now < (int64_t)piece)
            break;
        count -= piece;
    }
    return woken;
}

/* WAIT's timeout is relative, WAIT_BITSET's absolute. */
static int64_t read_deadline(struct task *self, bool relative, uint64_t *deadline)
{
    struct linux_timespec time;
    uint64_t address = task_argument(self, 3);
    *deadline = CLOCK_NEVER;
    if (address == 0)
        return 0;
    int64_t status = time_read(&time, address);
    if (status < 0)
        return status;
    bool real = (task_argument(self, 1) & FUTEX_CLOCK_REALTIME) != 0;
    *deadline = relative
                    ? task_deadline(self, time_to_ticks(&time))
                    : time_deadline(&time, real ? LINUX_CLOCK_REALTIME : LINUX_CLOCK_MONOTONIC);
    return 0;
}

static int64_t wait(struct task *self, bool relative)
{
    uint64_t address = task_argument(self, 0), deadline;
    int64_t status = read_deadline(self, relative, &deadline);
    if (status < 0)
        return status;
    if (!is_word(address))
        return -LINUX_EINVAL;
    /* Touched here, so that a page that is yet to come is there for the kernel. */
    if (address >= LINUX_OWN_BEGIN || access_load((const uint32_t *)address) < 0)
        return -LINUX_EFAULT;
    if (deadline == 0)
        return -LINUX_ETIMEDOUT;
    return sys_word_wait((const uint32_t *)address, (uint32_t)task_argument(self, 2),
                         deadline == CLOCK_NEVER ? 0 : deadline);
}

static int64_t requeue(struct task *self, bool compare)
{
    uint64_t address = task_argument(self, 0);
    if (!is_word(address) || !is_word(task_argument(self, 4)))
        return -LINUX_EINVAL;
    int64_t value = address < LINUX_OWN_BEGIN ? access_load((const uint32_t *)address) : -1;
    if (value < 0)
        return -LINUX_EFAULT;
    if (compare && (uint32_t)value != (uint32_t)task_argument(self, 5))
        return -LINUX_EAGAIN;
    return wake(address, INT32_MAX);
}

int64_t linux_futex(struct task *self)
{
    uint32_t operation = (uint32_t)task_argument(self, 1);
    int32_t count = (int32_t)task_argument(self, 2);
    switch (operation & ~(uint32_t)(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME)) {
    case FUTEX_WAIT:
        return wait(self, true);
    case FUTEX_WAIT_BITSET:
        return (uint32_t)task_argument(self, 5) == 0 ? -LINUX_EINVAL : wait(self, false);
    case FUTEX_WAKE:
        /* Linux wakes one for a count that makes no sense. */
        return is_word(task_argument(self, 0))
                   ? wake(task_argument(self, 0), count < 1 ? 1 : (uint64_t)count)
                   : -LINUX_EINVAL;
    case FUTEX_WAKE_BITSET:
        if ((uint32_t)task_argument(self, 5) == 0 || !is_word(task_argument(self, 0)))
            return -LINUX_EINVAL;
        return wake(task_argument(self, 0), (uint32_t)task_argument(self, 5) == BITSET_ALL
                                                ? (uint64_t)(count < 1 ? 1 : count)
                                                : INT32_MAX);
    case FUTEX_REQUEUE:
        return requeue(self, false);
    case FUTEX_CMP_REQUEUE:
        return requeue(self, true);
    default:
        return -LINUX_ENOSYS;
    }
}
