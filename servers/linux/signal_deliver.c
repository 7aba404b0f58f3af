/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens to signals when the handler leaves, and faults that become signals. */
#include "access.h"
#include "descriptor_abi.h"
#include "layout.h"
#include "linux_abi.h"
#include "lib/syscall.h"
#include "loader/line.h"
#include "process.h"
#include "signal.h"
#include "task_begin.h"

enum { X_A0 = 10, X_A7 = 17 };

/* scause of the exceptions that user mode can meet. */
enum {
    FETCH_MISALIGNED = 0,
    FETCH_ACCESS = 1,
    ILLEGAL = 2,
    BREAKPOINT = 3,
    LOAD_MISALIGNED = 4,
    STORE_MISALIGNED = 6,
    FETCH_PAGE = 12,
    STORE_PAGE = 15
};

#define ILL_ILLOPC  1
#define TRAP_BRKPT  1
#define BUS_ADRALN  1
#define SEGV_MAPERR 1
#define SEGV_ACCERR 2

/* ---- Ends. ----------------------------------------------------------------------------------- */

static const char *name_of(int number)
{
    static const char *const names[] = {
        [LINUX_SIGHUP] = "SIGHUP",   [LINUX_SIGINT] = "SIGINT",   [LINUX_SIGQUIT] = "SIGQUIT",
        [LINUX_SIGILL] = "SIGILL",   [LINUX_SIGTRAP] = "SIGTRAP", [LINUX_SIGABRT] = "SIGABRT",
        [LINUX_SIGBUS] = "SIGBUS",   [LINUX_SIGFPE] = "SIGFPE",   [LINUX_SIGKILL] = "SIGKILL",
        [LINUX_SIGUSR1] = "SIGUSR1", [LINUX_SIGSEGV] = "SIGSEGV", [LINUX_SIGUSR2] = "SIGUSR2",
        [LINUX_SIGPIPE] = "SIGPIPE", [LINUX_SIGALRM] = "SIGALRM", [LINUX_SIGTERM] = "SIGTERM",
    };
    return number < (int)(sizeof(names) / sizeof(names[0])) ? names[number] : NULL;
}

/* Those that somebody else, or the end of a pipe, asks for need no line. */
static bool is_quiet(int number)
{
    return number == LINUX_SIGHUP || number == LINUX_SIGINT || number == LINUX_SIGPIPE ||
           number == LINUX_SIGTERM || number == LINUX_SIGKILL || number == LINUX_SIGALRM;
}

_Noreturn void signal_die(const struct task *self, const struct linux_siginfo *info)
{
    char text[160];
    if (!is_quiet(info->number)) {
        struct line line = line_begin(text, sizeof(text));
        const char *name = name_of(info->number);
        line_add(&line, "ended by signal ");
        line_add_decimal(&line, (uint64_t)info->number);
        line_add(&line, name != NULL ? " " : "");
        line_add(&line, name != NULL ? name : "");
        line_add(&line, ", pc ");
        line_add_hex(&line, self->frame->pc);
        if (self->frame->kind == ANSER_HANDLE_FAULT) {
            line_add(&line, ", address ");
            line_add_hex(&line, self->frame->value);
        }
        process_end(text, 128 + (uint64_t)info->number);
    }
    sys_process_exit(128 + (uint64_t)info->number);
}

/* ---- Faults. --------------------------------------------------------------------------------- */

/* Memory that can be read but not written or executed, else there is none. */
static int access_code(uint64_t cause, uint64_t address)
{
    bool other = cause == STORE_PAGE || cause == FETCH_PAGE;
    return other && access_touch((const void *)address, 0) == 0 ? SEGV_ACCERR : SEGV_MAPERR;
}

static struct linux_siginfo judge_fault(const struct anser_frame *frame)
{
    struct linux_siginfo info = {.number = LINUX_SIGSEGV, .address = frame->value};
    switch (frame->cause) {
    case ILLEGAL:
        info.number = LINUX_SIGILL;
        info.code = ILL_ILLOPC;
        info.address = frame->pc;
        break;
    case BREAKPOINT:
        info.number = LINUX_SIGTRAP;
        info.code = TRAP_BRKPT;
        info.address = frame->pc;
        break;
    case FETCH_MISALIGNED:
    case LOAD_MISALIGNED:
    case STORE_MISALIGNED:
        info.number = LINUX_SIGBUS;
        info.code = BUS_ADRALN;
        break;
    default:
        info.code = access_code(frame->cause, frame->value);
    }
    return info;
}

/* Calls the program's handler. False: there is no room for its frame. */
static bool call_handler(struct task *self, const struct linux_sigaction *action,
                         const struct linux_siginfo *info)
{
    uint64_t mask = self->mask_saved ? self->saved_mask : self->blocked;
    if (signal_frame_push(self, action, info, mask) < 0)
        return false;
    uint64_t own = action->flags & LINUX_SA_NODEFER ? 0 : signal_bit(info->number);
    signal_set_mask(self, self->blocked | action->mask | own);
    self->mask_saved = false;
    return true;
}

void signal_fault(struct task *self)
{
    if (self->frame->reason == ANSER_FAULT_BUDGET)
        process_out_of_memory();
    struct linux_siginfo info = judge_fault(self->frame);
    struct linux_sigaction action = signal_action(info.number);
    bool can_be_handled =
        action.handler > LINUX_SIG_IGN && !(self->blocked & signal_bit(info.number));
    if (!can_be_handled || !call_handler(self, &action, &info))
        signal_die(self, &info);
}

/* ---- Leaving. -------------------------------------------------------------------------------- */

/* Calls that end with EINTR when a handler has run, whatever SA_RESTART says: signal(7). So do
 * those on sockets that have a time limit. */
static bool never_begun_again(const struct task *self)
{
    enum { EPOLL_PWAIT = 22, PSELECT6 = 72, PPOLL = 73, FUTEX = 98, NANOSLEEP = 101 };
    enum { CLOCK_NANOSLEEP = 115, RT_SIGSUSPEND = 133, RT_SIGTIMEDWAIT = 137, EPOLL_PWAIT2 = 441 };
    switch (self->frame->x[X_A7]) {
    case FUTEX:
        return self->frame->x[13] != 0; /* with a timeout */
    case EPOLL_PWAIT:
    case PSELECT6:
    case PPOLL:
    case NANOSLEEP:
    case CLOCK_NANOSLEEP:
    case RT_SIGSUSPEND:
    case RT_SIGTIMEDWAIT:
    case EPOLL_PWAIT2:
        return true;
    default:
        return self->deadline != 0;
    }
}

static void begin_again(struct task *self, uint64_t first)
{
    self->frame->pc -= 4;
    self->frame->x[X_A0] = first;
}

void signal_leave(struct task *self, bool in_call, int64_t result, uint64_t first)
{
    struct linux_siginfo info;
    bool always = in_call && result == -LINUX_ERESTARTNOINTR;
    bool interrupted = always || (in_call && result == -LINUX_EINTR);
    for (;;) {
        while (signal_take(self, ~self->blocked, &info)) {
            struct linux_sigaction action = signal_action(info.number);
            if (signal_ignored(info.number, &action))
                continue;
            if (action.handler == LINUX_SIG_DFL)
                signal_die(self, &info);
            bool again = action.flags & LINUX_SA_RESTART && !never_begun_again(self);
            if (interrupted && (always || again))
                begin_again(self, first);
            interrupted = false;
            self->deadline = 0;
            if (!call_handler(self, &action, &info))
                signal_die(self, &(struct linux_siginfo){.number = LINUX_SIGSEGV});
        }
        if (!self->mask_saved)
            break;
        /* The program's own mask may let more through. */
        self->mask_saved = false;
        self->blocked = self->saved_mask;
    }
    /* Something else woke it, or a signal that is ignored. */
    if (interrupted)
        begin_again(self, first);
    else
        self->deadline = 0;
}
