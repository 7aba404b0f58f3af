/* SPDX-License-Identifier: BSD-2-Clause */
/* How threads and processes end. */
#include "ipc/reply.h"
#include "ipc/select.h"
#include "kern/log.h"
#include "kern/panic.h"
#include "kern/system.h"
#include "kern/process.h"
#include "kern/thread.h"
#include "kern/sched.h"

/* ---- Processes.  */

/* Nobody is left who could start or supervise anything. */
static _Noreturn void without_init(const struct process *process)
{
    log_console(true);
    kprintf("anser: init has ended: status %ld, cause %lu, address %lx, pc %lx\n",
            process->exit_status, process->exit_words[1], process->exit_words[2],
            process->exit_words[3]);
    power_off(1);
}

/* Posts the exit event, once. */
static void announce(struct process *process)
{
    if (process->announced)
        return;
    process->announced = true;
    process->exit.words[1] = (uint64_t)process->exit_status;
    memcpy(&process->exit.words[2], process->exit_words, sizeof(process->exit_words));
    event_post(&process->exit, ANSER_EVENT_EXIT, 0);
    if (process == process_init)
        without_init(process);
}

/* A bounded piece of returning all that it has; true when nothing is left. */
static bool teardown_piece(struct process *process)
{
    if (!handle_table_reclaim(&process->handles) || !space_reclaim(&process->space))
        return false;
    event_unbind(&process->fault_target);
    account_close(process->account);
    process->torn_down = true;
    return true;
}

/* Is there anything behind it on the work list but the ends of others, which would wait for it? */
static bool has_left_work(const struct object *teardown)
{
    const struct object *next = teardown->next_work;
    while (next && next->type == TYPE_TEARDOWN)
        next = next->next_work;
    return next != NULL;
}

bool teardown_reclaim(struct object *object)
{
    struct process *process = container_of(object, struct process, teardown);
    if (!process->torn_down && !teardown_piece(process))
        return false;
    /* What the teardown dropped stands behind it on the work list: that goes first. */
    if (has_left_work(object)) {
        struct thread *self = current_thread();
        self->work = object->next_work;
        self->attention &= ~ATTENTION_WORK;
        work_push(object);
        return false;
    }
    /* Its own last thread is alive still: bury announces it then. */
    if (current_thread()->process != process)
        announce(process);
    object_release(&process->object);
    return true;
}

/* No handle and no thread is left. A process that never ran is taken down here. */
bool process_reclaim(struct object *object)
{
    struct process *process = (struct process *)object;
    process->dying = true;
    if (!process->torn_down && !teardown_piece(process))
        return false;
    event_unbind(&process->exit);
    list_remove(&process->siblings);
    process_count--;
    return true;
}

/* ---- Threads. */

/* The running thread leaves its process; the last one takes the process down. */
static void thread_end(struct thread *self)
{
    struct process *process = self->process;
    kassert(!self->ended);
    self->ended = true;
    space_activate(NULL);
    float_forget(self);
    reply_drop_callers(self);
    event_unbind(&self->fault);
    if (!process->dying)
        reflect_release(self); /* else others of its threads may still run, and look there */
    self->save = NULL;
    select_release(self);
    if (self->progress)
        object_release(self->progress);
    self->progress = NULL;
    self->attention &= ATTENTION_WORK | ATTENTION_KILLED;
    process->cpu_ticks += self->cpu_ticks;
    thread_unlink(self);
    if (process->thread_count == 0)
        process_teardown_begin(process);
}

/* What stands between a running thread and user mode, a bounded piece of it. */
bool exit_attend(struct thread *self)
{
    if ((self->attention & ATTENTION_KILLED) && !self->ended)
        thread_end(self);
    else if (!(self->attention & ATTENTION_WORK) && !self->ended)
        reflect_interrupt(self);
    else
        return work_piece(self);
    return false;
}

/* The thread has left its process and done its work: drops the reference that kept it alive. */
void exit_bury(struct thread *self)
{
    struct process *process = self->process;
    object_reference(&process->object);
    if (--self->object.references == 0) {
        thread_reclaim(&self->object);
        object_free(&self->object);
    }
    if (process->torn_down)
        announce(process);
    object_release(&process->object);
}

/* Another hart killed or interrupted it while it was on its way into the call that blocks now. */
void exit_blocked(struct thread *self)
{
    if (thread_blocked(self) && (self->attention & ATTENTION_KILLED || thread_interrupted(self)))
        thread_cancel_wait(self, -ANSER_EINTR);
    else if (self->state == ANSER_STATE_FAULTED && self->attention & ATTENTION_KILLED)
        sched_ready(self);
}
