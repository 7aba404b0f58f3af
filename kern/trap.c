/* SPDX-License-Identifier: BSD-2-Clause */
/* What traps mean, once the registers are saved and the kernel lock is held. */
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/sched.h"

/* Privileged specification, "Supervisor Cause Register". */
#define CAUSE_INTERRUPT           (1ul << 63)
#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_USER_CALL           8
#define CAUSE_FETCH_PAGE_FAULT    12
#define CAUSE_LOAD_PAGE_FAULT     13
#define CAUSE_STORE_PAGE_FAULT    15
#define CALLS_MAX                 (-ANSER_CALL_LAST)

typedef status_t call_function(struct thread *self);

static status_t call_unassigned(struct thread *self)
{
    (void)self;
    return -ANSER_ENOSYS;
}

/* The last entry is call 0; kern/trap.S jumps through it as well. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
call_function *const native_calls[CALLS_MAX + 1] = {[0 ... CALLS_MAX] = call_unassigned,
#define CALL_ENTRY(number, name, text) [CALLS_MAX - (number)] = call_##name,
                                                    ANSER_CALLS(CALL_ENTRY)
#undef CALL_ENTRY
};
#pragma GCC diagnostic pop

/* Made here only if the assembly leaf was bypassed. */
status_t call_null(struct thread *self)
{
    (void)self;
    return 0;
}

/* Calls -1 to -31, and foreign ones; kern/trap.S makes the others. IPC calls and thread_resume set
 * all registers themselves; a0 is what they return or a waker's. */
static void system_call(struct thread *self)
{
    int64_t number = (int64_t)self->x[REG_A7];
    self->x[REG_PC] += 4;
    if (number >= 0) {
        reflect_syscall(self);
        return;
    }
    status_t status = native_calls[CALLS_MAX + number](self);
    /* What thread_resume returns is the program's a0, whatever it is. */
    if (status == CALL_RESTART && number != ANSER_CALL_thread_resume)
        self->x[REG_PC] -= 4; /* the same call, with the same arguments */
    else
        self->x[REG_A0] = (uint64_t)status;
}

static void page_fault(struct thread *self, uint64_t cause, uint64_t value)
{
    enum space_access access = cause == CAUSE_FETCH_PAGE_FAULT  ? ACCESS_EXEC
                               : cause == CAUSE_LOAD_PAGE_FAULT ? ACCESS_READ
                                                                : ACCESS_WRITE;
    status_t status = space_fault(&self->process->space, user(value), access);
    if (status < 0)
        reflect_fault(self, status == -ANSER_ENOMEM ? ANSER_FAULT_BUDGET : ANSER_FAULT_ACCESS,
                      cause, value);
}

static void exception(struct thread *self, uint64_t cause, uint64_t value)
{
    switch (cause) {
    case CAUSE_FETCH_PAGE_FAULT:
    case CAUSE_LOAD_PAGE_FAULT:
    case CAUSE_STORE_PAGE_FAULT:
        page_fault(self, cause, value);
        break;
    case CAUSE_ILLEGAL_INSTRUCTION:
        if (float_enable(self))
            break; /* it may have been a floating-point one: let it try again */
        __attribute__((fallthrough));
    default:
        reflect_fault(self, ANSER_FAULT_ILLEGAL, cause, value);
    }
}

struct thread *trap_handle(struct thread *self, uint64_t cause, uint64_t value)
{
    if (cause & CAUSE_INTERRUPT)
        interrupts_poll();
    else if (cause == CAUSE_USER_CALL)
        system_call(self);
    else
        exception(self, cause, value);
    return sched_leave(self);
}

/* Privileged specification, "sstatus": FS, VS, SUM. */
#define SSTATUS_OFF (3ul << 13 | 3ul << 9 | 1ul << 18)

void trap_init_hart(void)
{
    struct hart *hart = hart_self();
    hart->trap_user = (uint64_t)trap_entry;
    hart->trap_kernel = (uint64_t)trap_kernel_entry;
    /* cycle, time, instret for user mode; privileged specification, "Counter-Enable Register" */
    __asm__ volatile("csrw stvec, %0\n\tcsrw scounteren, %1\n\tcsrw sie, %2\n\tcsrc sstatus, %3"
                     :
                     : "r"(hart->trap_kernel), "r"(7ul), "r"(0x222ul), "r"(SSTATUS_OFF));
}
