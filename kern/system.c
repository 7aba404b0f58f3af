/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The `system` object: one for the machine. A handle on it says by its rights what a process may do
 * to all of it; each call below names the right it wants. All of them return -EBADF for a handle of
 * another type and -EPERM without the right.
 */
#include "kern/system.h"
#include "kern/calls.h"
#include "kern/frame.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/power.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/usercopy.h"
#include "sbi/sbi.h"

#define LOG_PIECE    256ul  /* of a log call, on the kernel's stack */
#define LOG_CALL_MAX 1024ul /* of text that one log call moves */

/* Never reclaimed: the kernel itself holds the first reference. */
struct object system_object = {.references = 1, .type = ANSER_TYPE_SYSTEM};

status_t system_check(struct thread *self, uint64_t right)
{
    struct capability capability;
    return handle_lookup(self->process, (anser_handle)self->x[REG_A0], ANSER_TYPE_SYSTEM, right,
                         &capability);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * log_write(system, text, length): appends at most LOG_CALL_MAX bytes; returns how many. -EFAULT:
 * what was readable is in the log.
 */
status_t call_log_write(struct thread *self)
{
    char piece[LOG_PIECE];
    status_t status = system_check(self, ANSER_RIGHT_SYS_LOG);
    if (status < 0)
        return status;
    uint64_t length = smaller(self->x[REG_A2], LOG_CALL_MAX);
    for (uint64_t done = 0; done < length;) {
        uint64_t size = smaller(length - done, LOG_PIECE);
        status = copy_from_user(&self->process->space, piece, user(self->x[REG_A1] + done), size);
        if (status < 0)
            return status;
        log_write(piece, size);
        done += size;
    }
    return (status_t)length;
}

/*
 * log_read(system, buffer, length, position): at most LOG_CALL_MAX bytes from the absolute
 * position, or from the oldest that is still there. Returns how many, and the position behind them.
 * 0: the end. -EFAULT.
 */
status_t call_log_read(struct thread *self)
{
    char piece[LOG_PIECE];
    uint64_t position = self->x[REG_A3];
    status_t status = system_check(self, ANSER_RIGHT_SYS_INFO);
    if (status < 0)
        return status;
    uint64_t length = smaller(self->x[REG_A2], LOG_CALL_MAX);
    uint64_t done = 0;
    while (done < length) {
        size_t size = log_read(piece, smaller(length - done, LOG_PIECE), &position);
        if (size == 0)
            break;
        status = copy_to_user(&self->process->space, user(self->x[REG_A1] + done), piece, size);
        if (status < 0)
            return status;
        done += size;
    }
    self->x[REG_A1] = position;
    return (status_t)done;
}

/* log_console(system, 1 or 0): whether the kernel's own lines go to the SBI console. -EINVAL. */
status_t call_log_console(struct thread *self)
{
    status_t status = system_check(self, ANSER_RIGHT_SYS_DEVICE);
    if (status < 0)
        return status;
    if (self->x[REG_A1] > 1)
        return -ANSER_EINVAL;
    log_console(self->x[REG_A1] != 0);
    return 0;
}

/* system_power(system, action, code). Does not return, but for -EINVAL (action, code). */
status_t call_system_power(struct thread *self)
{
    status_t status = system_check(self, ANSER_RIGHT_SYS_POWER);
    if (status < 0)
        return status;
    uint64_t code = self->x[REG_A2];
    if (code > POWER_CODE_MAX)
        return -ANSER_EINVAL;
    if (self->x[REG_A1] == ANSER_POWER_OFF)
        power_off(code);
    if (self->x[REG_A1] == ANSER_POWER_REBOOT)
        sbi_reboot();
    return -ANSER_EINVAL;
}

/* system_debug(system, operation, value): ANSER_DEBUG_*. -EINVAL (no such operation). */
status_t call_system_debug(struct thread *self)
{
    status_t status = system_check(self, ANSER_RIGHT_SYS_DEBUG);
    if (status < 0)
        return status;
    switch (self->x[REG_A1]) {
    case ANSER_DEBUG_FAIL_ALLOC:
        alloc_fail_after(self->x[REG_A2]);
        return 0;
    case ANSER_DEBUG_DUMP:
        dump_threads();
        return 0;
    case ANSER_DEBUG_PANIC:
        panic("asked for by %s", self->process->name);
    default:
        return -ANSER_EINVAL;
    }
}

/* process_find(system, id): a handle with MANAGE. -ESRCH (no such process, or it is ending),
 * -EPERM (init, which nobody may end), -EMFILE, -ENOMEM. */
status_t call_process_find(struct thread *self)
{
    status_t status = system_check(self, ANSER_RIGHT_SYS_KILL);
    if (status < 0)
        return status;
    for (struct list *at = process_list.next; at != &process_list; at = at->next) {
        struct process *process = container_of(at, struct process, siblings);
        if (process->object.id != self->x[REG_A1])
            continue;
        if (process->dying || process->object.references == 0)
            break;
        if (process == process_init)
            return -ANSER_EPERM;
        object_reference(&process->object);
        return handle_publish(self->process, &process->object, ANSER_RIGHT_MANAGE);
    }
    return -ANSER_ESRCH;
}
