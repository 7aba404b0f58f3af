/* SPDX-License-Identifier: BSD-2-Clause */
/* The foreign calls on signals. */
#include "calls.h"
#include "lib/clock.h"
#include "lib/syscall.h"
#include "linux_abi.h"
#include "process.h"
#include "signal.h"
#include "task_begin.h"
#include "time.h"
#include "user.h"

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SS_ONSTACK    1
#define MINIMAL_STACK 2048 /* MINSIGSTKSZ */

static bool is_signal(uint64_t number)
{
    return number >= 1 && number <= SIGNALS;
}

int64_t linux_rt_sigaction(struct task *self)
{
    uint64_t number = task_argument(self, 0);
    struct linux_sigaction action, old;
    if (!is_signal(number) || task_argument(self, 3) != LINUX_SIGSET_SIZE)
        return -LINUX_EINVAL;
    bool set = task_argument(self, 1) != 0;
    if (set && user_read(&action, task_argument(self, 1), sizeof(action)) < 0)
        return -LINUX_EFAULT;
    if (set && (number == LINUX_SIGKILL || number == LINUX_SIGSTOP))
        return -LINUX_EINVAL;
    signal_exchange_action((int)number, set ? &action : NULL, &old);
    if (task_argument(self, 2) == 0)
        return 0;
    return user_write(task_argument(self, 2), &old, sizeof(old));
}

int64_t linux_rt_sigprocmask(struct task *self)
{
    uint64_t old = self->blocked, set = 0;
    if (task_argument(self, 3) != LINUX_SIGSET_SIZE)
        return -LINUX_EINVAL;
    int given = signal_read_mask(task_argument(self, 1), LINUX_SIGSET_SIZE, &set);
    if (given < 0)
        return given;
    int32_t how = (int32_t)task_argument(self, 0);
    if (given > 0 && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK)
        return -LINUX_EINVAL;
    if (given > 0)
        signal_set_mask(self, how == SIG_BLOCK ? old | set : how == SIG_UNBLOCK ? old & ~set : set);
    if (task_argument(self, 2) == 0)
        return 0;
    return user_write(task_argument(self, 2), &old, sizeof(old));
}

int64_t linux_rt_sigpending(struct task *self)
{
    uint64_t size = task_argument(self, 1), set = signal_all_pending(self) & self->blocked;
    if (size > sizeof(set))
        return -LINUX_EINVAL;
    return user_write(task_argument(self, 0), &set, size);
}

/* ---- The alternate stack. -------------------------------------------------------------------- */

/* stack_t of the generic ABI. */
struct linux_stack {
    uint64_t base;
    int32_t flags;
    int32_t padding;
    uint64_t size;
};

int64_t linux_sigaltstack(struct task *self)
{
    struct signal_stack *own = &self->alternate;
    struct linux_stack new,
        old = {.base = own->base, .flags = (int32_t)own->flags, .size = own->size};
    uint64_t sp = self->frame->x[2];
    bool on_it = !(own->flags & SIGNAL_STACK_DISABLE) && sp - own->base <= own->size;
    if (on_it)
        old.flags |= SS_ONSTACK;
    if (task_argument(self, 0) != 0) {
        if (user_read(&new, task_argument(self, 0), sizeof(new)) < 0)
            return -LINUX_EFAULT;
        if (on_it)
            return -LINUX_EPERM;
        if ((new.flags & ~(SS_ONSTACK | SIGNAL_STACK_DISABLE)) != 0)
            return -LINUX_EINVAL;
        if (new.flags & SIGNAL_STACK_DISABLE)
            *own = (struct signal_stack){.flags = SIGNAL_STACK_DISABLE};
        else if (new.size < MINIMAL_STACK)
            return -LINUX_ENOMEM;
        else
            *own = (struct signal_stack){.base = new.base, .size = new.size};
    }
    if (task_argument(self, 1) == 0)
        return 0;
    return user_write(task_argument(self, 1), &old, sizeof(old));
}

/* ---- Sending. -------------------------------------------------------------------------------- */

/* To the task of this id; number 0 only asks whether it is there. */
static int64_t send_to_id(struct task *self, int32_t id, uint64_t number)
{
    if (id <= 0 || (number != 0 && !is_signal(number)))
        return -LINUX_EINVAL;
    if ((uint32_t)id == self->id) {
        if (number != 0)
            signal_send_own(self, (int)number, LINUX_SI_TKILL);
        return 0;
    }
    return signal_send_id((uint32_t)id, (int)number);
}

int64_t linux_tgkill(struct task *self)
{
    if ((int32_t)task_argument(self, 0) <= 0)
        return -LINUX_EINVAL;
    if (task_argument(self, 0) != process.id)
        return -LINUX_ESRCH;
    return send_to_id(self, (int32_t)task_argument(self, 1), task_argument(self, 2));
}

int64_t linux_tkill(struct task *self)
{
    return send_to_id(self, (int32_t)task_argument(self, 0), task_argument(self, 1));
}

/* A process reaches itself alone: it is its own group, too. */
int64_t linux_kill(struct task *self)
{
    int32_t to = (int32_t)task_argument(self, 0);
    uint64_t number = task_argument(self, 1);
    if (number != 0 && !is_signal(number))
        return -LINUX_EINVAL;
    if (to != 0 && to != -1 && (uint32_t)(to < 0 ? -to : to) != process.id)
        return -LINUX_ESRCH;
    /* The caller takes it if it can, before the call returns: POSIX, kill(). */
    if (number != 0 && !(self->blocked & signal_bit((int)number)))
        signal_send_own(self, (int)number, LINUX_SI_USER);
    else if (number != 0)
        signal_send_process((int)number, LINUX_SI_USER);
    return 0;
}

/* ---- Waiting. -------------------------------------------------------------------------------- */

int64_t linux_rt_sigsuspend(struct task *self)
{
    uint64_t mask;
    int given = signal_read_mask(task_argument(self, 0), task_argument(self, 1), &mask);
    if (given <= 0)
        return given < 0 ? given : -LINUX_EFAULT;
    signal_mask_temporarily(self, mask);
    static const uint32_t nobody = 0;
    while (!signal_pending(self) && sys_word_wait(&nobody, 0, 0) != -LINUX_EINTR)
        continue;
    return -LINUX_EINTR;
}

/* Reads a relative timeout; address 0: CLOCK_NEVER. */
static int64_t read_timeout(struct task *self, uint64_t address, uint64_t *deadline)
{
    struct linux_timespec time;
    *deadline = CLOCK_NEVER;
    if (address == 0)
        return 0;
    int status = time_read(&time, address);
    if (status < 0)
        return status;
    *deadline = task_deadline(self, time_to_ticks(&time));
    return 0;
}

int64_t linux_rt_sigtimedwait(struct task *self)
{
    uint64_t set, deadline;
    struct linux_siginfo info;
    int given = signal_read_mask(task_argument(self, 0), task_argument(self, 3), &set);
    if (given <= 0)
        return given < 0 ? given : -LINUX_EFAULT;
    int64_t status = read_timeout(self, task_argument(self, 2), &deadline);
    if (status < 0)
        return status;
    static const uint32_t nobody = 0;
    /* Who sends must think that they are not blocked here, to interrupt the wait. */
    uint64_t blocked = self->blocked;
    self->blocked &= ~set;
    bool taken;
    while (!(taken = signal_take(self, set, &info)) && !signal_pending(self)) {
        status = sys_word_wait(&nobody, 0, deadline == CLOCK_NEVER ? 0 : deadline);
        if (status == -LINUX_EINTR || status == -LINUX_ETIMEDOUT)
            break;
    }
    taken = taken || signal_take(self, set, &info);
    self->blocked = blocked;
    if (!taken)
        return status == -LINUX_ETIMEDOUT ? -LINUX_EAGAIN : -LINUX_EINTR;
    if (task_argument(self, 1) != 0 && user_write(task_argument(self, 1), &info, sizeof(info)) < 0)
        return -LINUX_EFAULT;
    return info.number;
}
