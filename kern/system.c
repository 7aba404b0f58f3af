/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The `system` object: one for the machine. A handle on it says by its rights what a process may do
 * to all of it; each call below names the right it wants. All of them return -EBADF for a handle of
 * another type and -EPERM without the right.
 */
#include "kern/system.h"
#include "ipc/select.h"
#include "kern/calls.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "sbi/sbi.h"

#define LOG_CALL_MAX 1024ul /* bytes that one call moves, on the kernel's stack */

/* Never reclaimed: the kernel itself holds the first reference. */
struct object system_object = {.references = 1, .type = ANSER_TYPE_SYSTEM};
struct bootinfo boot_info;

status_t system_check(struct thread *self, uint64_t right)
{
    struct capability capability;
    return handle_argument(self, ANSER_TYPE_SYSTEM, right, &capability);
}

/* log_write(system, text, length): appends at most LOG_CALL_MAX bytes; returns how many. -EFAULT.
 */
status_t call_log_write(struct thread *self)
{
    char text[LOG_CALL_MAX];
    size_t length = self->x[REG_A2] < LOG_CALL_MAX ? self->x[REG_A2] : LOG_CALL_MAX;
    status_t status = system_check(self, ANSER_RIGHT_SYS_LOG);
    if (status >= 0)
        status = copy_from_user(&self->process->space, text, user(self->x[REG_A1]), length);
    if (status < 0)
        return status;
    log_write(text, length);
    return (status_t)length;
}

/*
 * log_read(system, buffer, length, position): at most LOG_CALL_MAX bytes from the absolute
 * position, or from the oldest that is still there. Returns how many, and the position behind them.
 * 0: the end. -EFAULT.
 */
status_t call_log_read(struct thread *self)
{
    char text[LOG_CALL_MAX];
    uint64_t position = self->x[REG_A3];
    size_t length = self->x[REG_A2] < LOG_CALL_MAX ? self->x[REG_A2] : LOG_CALL_MAX;
    status_t status = system_check(self, ANSER_RIGHT_SYS_INFO);
    if (status < 0)
        return status;
    length = log_read(text, length, &position);
    status = copy_to_user(&self->process->space, user(self->x[REG_A1]), text, length);
    if (status < 0)
        return status;
    self->x[REG_A1] = position;
    return (status_t)length;
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

/* Down the stack without end: one frame after the other is written, until the guard page traps. */
static __attribute__((noinline)) uint64_t fill_stack(volatile uint64_t *above)
{
    volatile uint64_t here = (uint64_t)above;
    return above == NULL ? 0 : fill_stack(&here) + here;
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
    case ANSER_DEBUG_STACK:
        return (status_t)fill_stack(self->x);
    case ANSER_DEBUG_SEED:
        select_seed(self->x[REG_A2]);
        return 0;
    default:
        return -ANSER_EINVAL;
    }
}
