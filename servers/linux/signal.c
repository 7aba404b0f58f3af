/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that wait, and what is to be done with each. A signal is sent once however often it comes
 * before it is taken, also the real-time ones. One lock for all of it; process_tasks.lock is taken
 * inside it.
 */
#include "signal.h"
#include "linux_abi.h"
#include "lib/syscall.h"
#include "process.h"
#include "task_begin.h"
#include "user.h"

#define ALWAYS (1ul << (LINUX_SIGKILL - 1) | 1ul << (LINUX_SIGSTOP - 1)) /* never blocked */

/* Faults first, as Linux does: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
#define SYNCHRONOUS 0x4d8ul

/* What came with a signal. */
struct note {
    int32_t code;
    int32_t pid; /* or a timer's id */
    uint64_t value;
};

static struct {
    struct mutex lock;
    uint64_t pending; /* for the process */
    struct note notes[SIGNALS];
    struct linux_sigaction actions[SIGNALS];
} signals;

/* ---- Sending. -------------------------------------------------------------------------------- */

bool signal_pending(const struct task *self)
{
    uint64_t pending = __atomic_load_n(&self->pending, __ATOMIC_RELAXED) |
                       __atomic_load_n(&signals.pending, __ATOMIC_RELAXED);
    return (pending & ~self->blocked) != 0;
}

/* A default that does nothing: SIGCHLD, SIGCONT, SIGURG, SIGWINCH. Nothing here can stop, so the
 * stopping signals do nothing either. */
static bool ignored_by_default(int number)
{
    static const uint64_t set = 1ul << (LINUX_SIGCHLD - 1) | 1ul << (LINUX_SIGCONT - 1) |
                                1ul << (LINUX_SIGURG - 1) | 1ul << (LINUX_SIGWINCH - 1) |
                                1ul << (LINUX_SIGSTOP - 1) | 1ul << (LINUX_SIGTSTP - 1) |
                                1ul << (LINUX_SIGTTIN - 1) | 1ul << (LINUX_SIGTTOU - 1);
    return (set & signal_bit(number)) != 0;
}

bool signal_ignored(int number, const struct linux_sigaction *action)
{
    return action->handler == LINUX_SIG_IGN ||
           (action->handler == LINUX_SIG_DFL && ignored_by_default(number));
}

static void note_down(int number, int code, int pid, uint64_t value)
{
    signals.notes[number - 1] = (struct note){.code = code, .pid = pid, .value = value};
}

/* The lock is held. A thread that runs in user mode, or waits, must look. */
static void interrupt(const struct task *task, int number)
{
    if (!(task->blocked & signal_bit(number)))
        sys_thread_interrupt(task->thread);
}

static void send_to(struct task *to, int number)
{
    __atomic_fetch_or(&to->pending, signal_bit(number), __ATOMIC_SEQ_CST);
    interrupt(to, number);
}

static void send_anywhere(int number)
{
    __atomic_fetch_or(&signals.pending, signal_bit(number), __ATOMIC_SEQ_CST);
    mutex_lock(&process_tasks.lock);
    struct task *task = process_tasks.first;
    while (task != NULL && task->blocked & signal_bit(number))
        task = task->next;
    if (task != NULL)
        interrupt(task, number);
    mutex_unlock(&process_tasks.lock);
}

void signal_send_own(struct task *self, int number, int code)
{
    mutex_lock(&signals.lock);
    note_down(number, code, (int)process.id, 0);
    __atomic_fetch_or(&self->pending, signal_bit(number), __ATOMIC_SEQ_CST);
    mutex_unlock(&signals.lock);
}

void signal_send_process(int number, int code)
{
    mutex_lock(&signals.lock);
    if (!signal_ignored(number, &signals.actions[number - 1])) {
        note_down(number, code, code == LINUX_SI_USER ? (int)process.id : 0, 0);
        send_anywhere(number);
    }
    mutex_unlock(&signals.lock);
}

void signal_send_timer(uint32_t task_id, int number, int timer, uint64_t value)
{
    mutex_lock(&signals.lock);
    note_down(number, LINUX_SI_TIMER, timer, value);
    if (task_id == 0) {
        send_anywhere(number);
    } else {
        mutex_lock(&process_tasks.lock);
        struct task *task = task_find(task_id);
        if (task != NULL)
            send_to(task, number);
        mutex_unlock(&process_tasks.lock);
    }
    mutex_unlock(&signals.lock);
}

void signal_pass_on(void)
{
    mutex_lock(&signals.lock);
    for (int number = 1; number <= SIGNALS; number++)
        if (signals.pending & signal_bit(number))
            send_anywhere(number);
    mutex_unlock(&signals.lock);
}

/* ---- Taking. --------------------------------------------------------------------------------- */

bool signal_take(struct task *self, uint64_t from, struct linux_siginfo *info)
{
    mutex_lock(&signals.lock);
    uint64_t ready = (self->pending | signals.pending) & from;
    if (ready == 0) {
        mutex_unlock(&signals.lock);
        return false;
    }
    int number = __builtin_ctzl((ready & SYNCHRONOUS) != 0 ? ready & SYNCHRONOUS : ready) + 1;
    uint64_t *set = self->pending & signal_bit(number) ? &self->pending : &signals.pending;
    __atomic_fetch_and(set, ~signal_bit(number), __ATOMIC_SEQ_CST);
    const struct note *note = &signals.notes[number - 1];
    *info = (struct linux_siginfo){
        .number = number,
        .code = note->code,
        .sender = {.pid = note->pid, .value = note->value},
    };
    mutex_unlock(&signals.lock);
    return true;
}

struct linux_sigaction signal_action(int number)
{
    mutex_lock(&signals.lock);
    struct linux_sigaction action = signals.actions[number - 1];
    if (action.flags & LINUX_SA_RESETHAND && action.handler > LINUX_SIG_IGN)
        signals.actions[number - 1].handler = LINUX_SIG_DFL;
    mutex_unlock(&signals.lock);
    return action;
}

/* ---- What the program sets. ------------------------------------------------------------------ */

int64_t signal_exchange_action(int number, const struct linux_sigaction *with,
                               struct linux_sigaction *old)
{
    mutex_lock(&signals.lock);
    *old = signals.actions[number - 1];
    if (with != NULL) {
        signals.actions[number - 1] = *with;
        signals.actions[number - 1].mask &= ~ALWAYS;
        if (signal_ignored(number, with))
            __atomic_fetch_and(&signals.pending, ~signal_bit(number), __ATOMIC_SEQ_CST);
    }
    mutex_unlock(&signals.lock);
    return 0;
}

void signal_set_mask(struct task *self, uint64_t mask)
{
    self->blocked = mask & ~ALWAYS;
}

void signal_mask_temporarily(struct task *self, uint64_t mask)
{
    if (!self->mask_saved)
        self->saved_mask = self->blocked;
    self->mask_saved = true;
    signal_set_mask(self, mask);
}

int signal_read_mask(uint64_t address, uint64_t size, uint64_t *mask)
{
    if (address == 0)
        return 0;
    if (size != LINUX_SIGSET_SIZE)
        return -LINUX_EINVAL;
    int status = user_read(mask, address, sizeof(*mask));
    return status < 0 ? status : 1;
}

uint64_t signal_all_pending(const struct task *self)
{
    return self->pending | signals.pending;
}

int64_t signal_send_id(uint32_t id, int number)
{
    mutex_lock(&signals.lock);
    mutex_lock(&process_tasks.lock);
    struct task *task = task_find(id);
    if (task != NULL && number != 0) {
        note_down(number, LINUX_SI_TKILL, (int)process.id, 0);
        send_to(task, number);
    }
    mutex_unlock(&process_tasks.lock);
    mutex_unlock(&signals.lock);
    return task != NULL ? 0 : -LINUX_ESRCH;
}
