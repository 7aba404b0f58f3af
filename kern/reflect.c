/* SPDX-License-Identifier: BSD-2-Clause */
/* Handlers of foreign calls, faults and interruptions. */
#include "kern/thread.h"
#include "ipc/channel.h"
#include "kern/calls.h"
#include "kern/lock.h"
#include "kern/process.h"
#include "kern/sched.h"

#define STACK_PAGES_MAX 16
#define LEVELS          2 /* the program, and the handler itself */

/* Saves the registers in the frame of the current level and goes to the handler's entry. */
static void enter_handler(struct thread *self, uint64_t kind, uint64_t reason, uint64_t cause,
                          uint64_t value)
{
    unsigned level = self->handler_level++;
    struct anser_frame *frame = &self->save->frames[level];
    uint64_t address = self->handler.address + level * sizeof(struct anser_frame);

    memcpy(frame->x, self->x, sizeof(frame->x));
    frame->pc = self->x[REG_PC];
    frame->kind = kind;
    frame->cause = cause;
    frame->value = value;
    frame->reason = reason;
    /* The handler makes calls of its own; one that is resumed begins again. */
    self->progress_count = 0;
    self->x[REG_A0] = address;
    if (level == 0) {
        self->x[REG_SP] = self->handler_stack;
        self->x[REG_PC] = self->handler.entry;
    } else {
        self->x[REG_PC] = self->handler.nested; /* goes on, on the handler's stack */
    }
}

static void end_process(struct thread *self, uint64_t reason, uint64_t cause, uint64_t value)
{
    struct process *process = self->process;
    if (process->dying)
        return;
    process->exit_words[1] = cause;
    process->exit_words[2] = value;
    process->exit_words[3] = self->x[REG_PC];
    process_end(process, (int64_t)reason, ANSER_EXIT_FAULT, self->priority);
}

/* The thread stops, and the supervisor is told; thread_continue lets it try again. */
static void stop_and_tell(struct thread *self, uint64_t reason, uint64_t cause, uint64_t value)
{
    struct event *event = &self->fault;
    if (!event->target.object) {
        event->target = self->process->fault_target.target;
        event->badge = self->process->fault_target.badge;
        capability_reference(&event->target);
    }
    event->words[1] = self->object.id;
    event->words[2] = reason;
    event->words[3] = cause;
    event->words[4] = value;
    event->words[5] = self->x[REG_PC];
    thread_block(self, ANSER_STATE_FAULTED, UINT64_MAX);
    event_post(event, ANSER_EVENT_FAULT, 0);
}

static bool somebody_supervises(const struct process *process)
{
    const struct object *target = process->fault_target.target.object;
    return target && (target->type != ANSER_TYPE_CHANNEL ||
                      ((const struct channel *)target)->receive_ends > 0);
}

void reflect_fault(struct thread *self, uint64_t reason, uint64_t cause, uint64_t value)
{
    /* Its process is ending on another hart: what it missed may have gone with another thread. */
    if (self->process->dying)
        thread_kill(self, self->priority);
    else if (self->save && self->handler_level < LEVELS)
        enter_handler(self, ANSER_HANDLE_FAULT, reason, cause, value);
    else if (somebody_supervises(self->process))
        stop_and_tell(self, reason, cause, value);
    else
        end_process(self, reason, cause, value);
}

void reflect_syscall(struct thread *self)
{
    if (self->save)
        end_process(self, ANSER_FAULT_ILLEGAL, 8 /* the environment call */, self->x[REG_A7]);
    else
        self->x[REG_A0] = (uint64_t)-ANSER_ENOSYS;
}

void reflect_interrupt(struct thread *self)
{
    self->attention &= ~ATTENTION_INTERRUPT;
    if (!self->save)
        return;
    if (self->handler_level == 0) {
        enter_handler(self, ANSER_HANDLE_INTERRUPT, 0, 0, 0);
    } else {
        self->interrupt_deferred = true;
        self->gate = &closed_gate; /* the fast path would not see it, and block */
    }
}

void reflect_release(struct thread *self)
{
    if (!self->save)
        return;
    space_unmap_pinned(&self->process->space, self->handler.address, 1 + self->handler.stack_pages);
    self->save = NULL;
}

/* ---- System calls. */

status_t call_thread_handler(struct thread *self)
{
    struct anser_handler_params params;
    status_t status =
        copy_from_user(&self->process->space, &params, user(self->x[REG_A0]), sizeof(params));
    if (status < 0)
        return status;
    if (params.stack_pages < 1 || params.stack_pages > STACK_PAGES_MAX)
        return -ANSER_EINVAL;
    if (self->save)
        return -ANSER_EBUSY;
    void *save;
    status = space_map_pinned(&self->process->space, params.address, 1 + params.stack_pages, &save);
    if (status < 0)
        return status;
    self->handler = params;
    self->handler_stack = params.address + (1 + params.stack_pages) * PAGE_SIZE;
    self->save = save;
    self->x[REG_A1] = params.address;
    return 0;
}

/* The frame is the program's own: a bad pc or sp in it faults in user mode, as any other. */
status_t call_thread_resume(struct thread *self)
{
    if (self->handler_level == 0)
        return -ANSER_EINVAL;
    const struct anser_frame *frame = &self->save->frames[--self->handler_level];
    memcpy(self->x, frame->x, sizeof(self->x));
    self->x[REG_PC] = frame->pc & ~1ul; /* privileged specification, sepc: bit 0 is zero */
    if (self->handler_level == 0 && self->interrupt_deferred) {
        self->interrupt_deferred = false;
        self->gate = &kernel_gate;
        self->attention |= ATTENTION_INTERRUPT;
    }
    return (status_t)self->x[REG_A0];
}
