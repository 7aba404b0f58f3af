/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: who sends them, and when a call has to end for one. They are delivered when the handler
 * leaves for the program (signal_deliver.c), never in between.
 */
#ifndef ANSER_SERVERS_LINUX_SIGNAL_H
#define ANSER_SERVERS_LINUX_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "task.h"

/* What a handler with SA_SIGINFO sees (siginfo_t), 128 bytes. */
struct linux_siginfo {
    int32_t number;
    int32_t error;
    int32_t code; /* LINUX_SI_*, or of a fault */
    int32_t padding;
    union {
        uint64_t address; /* of a fault */
        struct {
            int32_t pid; /* of a sender; a POSIX timer has its id here, and an overrun count */
            uint32_t user;
            uint64_t value;
        } sender;
        uint8_t bytes[112];
    };
};

#define LINUX_SI_USER   0
#define LINUX_SI_KERNEL 0x80
#define LINUX_SI_TIMER  (-2)
#define LINUX_SI_TKILL  (-6)

static inline uint64_t signal_bit(int number)
{
    return 1ul << (number - 1);
}

/* Is there a signal for this task that it does not block? Then a call that waits must end. */
bool signal_pending(const struct task *self);

/* Sends a signal (1..64) to the calling task, which takes it when the call ends. `code` is si_code,
 * LINUX_SI_*. */
void signal_send_own(struct task *self, int number, int code);

static inline void signal_send_self(struct task *self, int number)
{
    signal_send_own(self, number, LINUX_SI_USER);
}

/* Sends to the process: to some task that does not block it. */
void signal_send_process(int number, int code);

/* A timer's signal, with its id and value; to the task with this id, or (0) to the process. */
void signal_send_timer(uint32_t task, int number, int timer, uint64_t value);

/*
 * Puts another mask in place until the call that is being served has ended, its signals delivered
 * (ppoll, pselect6, epoll_pwait, rt_sigsuspend).
 */
void signal_mask_temporarily(struct task *self, uint64_t mask);

/* Reads a program's mask argument: address (0: none, returns 0) and size. Returns 1 with the set in
 * *mask, or -EINVAL, -EFAULT. */
int signal_read_mask(uint64_t address, uint64_t size, uint64_t *mask);

/* A fault of the program: its signal, or the end of the process. */
void signal_fault(struct task *self);

/* Before the handler leaves: delivers what is pending, or begins the call again. `result` is what
 * the call returned; there was no call if `in_call` is false. `first` is its first argument. */
void signal_leave(struct task *self, bool in_call, int64_t result, uint64_t first);

/* A thread that was to take signals of the process may have ended: others are told of them. */
void signal_pass_on(void);

/* Ends the process as by this signal, with a line that says so. */
_Noreturn void signal_die(const struct task *self, const struct linux_siginfo *info);

/* ---- Between the rooms of signals. ----------------------------------------------------------- */

struct linux_sigaction {
    uint64_t handler; /* LINUX_SIG_DFL, LINUX_SIG_IGN, or an address */
    uint64_t flags;
    uint64_t mask;
};

#define LINUX_SIG_DFL 0
#define LINUX_SIG_IGN 1

#define LINUX_SA_ONSTACK   0x08000000
#define LINUX_SA_RESTART   0x10000000
#define LINUX_SA_NODEFER   0x40000000
#define LINUX_SA_RESETHAND 0x80000000u

/* Sends to the task of this id; number 0: asks whether there is one. -ESRCH. */
int64_t signal_send_id(uint32_t id, int number);

/* Sets an action (NULL: only asks). */
int64_t signal_exchange_action(int number, const struct linux_sigaction *with,
                               struct linux_sigaction *old);

/* Sets the task's own mask; what cannot be blocked is not. */
void signal_set_mask(struct task *self, uint64_t mask);

/* What waits for the task, blocked or not. */
uint64_t signal_all_pending(const struct task *self);

/* Takes the next signal in `from` that is pending for the task. False: none. */
bool signal_take(struct task *self, uint64_t from, struct linux_siginfo *info);

/* The action of a signal; RESETHAND is done by this. */
struct linux_sigaction signal_action(int number);

/* Is it ignored, by choice or by default? */
bool signal_ignored(int number, const struct linux_sigaction *action);

/* Builds the frame of a handler on the program's stack and sends the task there. -EFAULT. */
int signal_frame_push(struct task *self, const struct linux_sigaction *action,
                      const struct linux_siginfo *info, uint64_t mask);

#endif
