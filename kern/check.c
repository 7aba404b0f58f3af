/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When what is checked. The linker's --wrap puts these functions where the assembly entries, the
 * table of system calls and the way out lead, so each way into C and out of it passes here:
 *   on each way in and out    the harts' queues, the thread itself, what it waits for, and the
 *                             channel or signal behind the handle in its a0
 *   every CHECK_ALL_EVERY     all threads, queues, handle tables, references, budgets, spaces
 *   every CHECK_FRAMES_EVERY  the frame allocator as well
 * The paths that stay in assembly are not slowed down: what they leave behind is checked on the
 * next way into C, before anything else, and then the report says "before" the call that came next.
 */
#include "kern/check.h"
#include "kern/calls.h"
#include "kern/hart.h"
#include "kern/panic.h"
#include "kern/process.h"
#include "kern/sched.h"

#define CALLS_MAX (-ANSER_CALL_LAST)

/* Not even, so that they fall on each kind of way in and out. */
#define CHECK_ALL_EVERY    61
#define CHECK_FRAMES_EVERY 7

typedef status_t call_function(struct thread *self);
extern call_function *const __real_native_calls[CALLS_MAX + 1];
struct thread *__real_trap_handle(struct thread *self, uint64_t cause, uint64_t value);
struct thread *__wrap_trap_handle(struct thread *self, uint64_t cause, uint64_t value);
struct thread *__real_sched_leave(struct thread *self);
struct thread *__wrap_sched_leave(struct thread *self);
struct thread *__real_block_send(struct thread *self, const struct handle_slot *slot);
struct thread *__wrap_block_send(struct thread *self, const struct handle_slot *slot);
struct thread *__real_block_recv(struct thread *self, const struct handle_slot *slot);
struct thread *__wrap_block_recv(struct thread *self, const struct handle_slot *slot);

static uint64_t points; /* ways in and out, so far */

/* ---- The report. */

static struct {
    const char *when;
    int64_t number;
    uint64_t thread;
} noted;

void check_note(const struct thread *self, const char *when)
{
    noted.when = when;
    noted.number = (int64_t)self->x[REG_A7];
    noted.thread = self->object.id;
}

static const char *name_of(const struct object *object)
{
    static const char *const names[] = {
        [ANSER_TYPE_PROCESS] = "process", [ANSER_TYPE_THREAD] = "thread",
        [ANSER_TYPE_CHANNEL] = "channel", [ANSER_TYPE_SIGNAL] = "signal",
        [ANSER_TYPE_REPLY] = "reply",     [ANSER_TYPE_PAGES] = "pages",
        [ANSER_TYPE_IRQ] = "irq",         [ANSER_TYPE_DEVICE] = "device",
        [ANSER_TYPE_TIMER] = "timer",     [ANSER_TYPE_SYSTEM] = "system",
        [TYPE_BADGE] = "badge",           [TYPE_PARCEL] = "parcel",
    };
    bool known = object && object->type < array_length(names) && names[object->type];
    return known ? names[object->type] : "object";
}

/* A panic's own report walks lists, too: it fails once. */
static void begin_report(void)
{
    static bool begun;
    if (begun)
        panic("check: again, within the report");
    begun = true;
}

_Noreturn void check_failed(const char *invariant, const struct object *object)
{
    begin_report();
    panic("check: not so: %s (%s %lu; %s, a7 %ld, thread %lu)", invariant, name_of(object),
          object ? object->id : 0, noted.when, noted.number, noted.thread);
}

_Noreturn void check_differs(const char *invariant, const struct object *object, uint64_t kept,
                             uint64_t counted)
{
    begin_report();
    panic("check: not so: %s: %lu, counted %lu (%s %lu; %s, a7 %ld, thread %lu)", invariant, kept,
          counted, name_of(object), object ? object->id : 0, noted.when, noted.number,
          noted.thread);
}

/* ---- What is checked. */

static void check_everything(void)
{
    check_threads();
    check_queues();
    check_all_handles();
    check_references();
    check_accounts();
    if (points % (CHECK_ALL_EVERY * CHECK_FRAMES_EVERY) == 0)
        check_frames();
}

/* What this thread has just had to do with. */
static void check_near(const struct thread *self)
{
    const struct object *waits = thread_wait_object(self);
    check_harts();
    check_thread(self);
    if (waits)
        check_ipc_object(waits);
    if (self->ended || !self->process->handles.slots)
        return;
    const struct handle_record *record =
        handle_find(&self->process->handles, (anser_handle)self->x[REG_A0]);
    if (record)
        check_ipc_object(record->object);
}

static void check_here(const struct thread *self, const char *when)
{
    check_note(self, when);
    points++;
    if (self != self->hart->idle)
        check_near(self);
    if (points % CHECK_ALL_EVERY == 0)
        check_everything();
}

/* ---- The ways in and out. */

static status_t plant(struct thread *self)
{
    check_plant(self, self->x[REG_A1] - CHECK_PLANT, (anser_handle)self->x[REG_A2]);
    return 0;
}

/* a0 may be the answer already: the handle that it was is looked at, too. */
static status_t checked_call(struct thread *self)
{
    int64_t number = (int64_t)self->x[REG_A7];
    anser_handle handle = (anser_handle)self->x[REG_A0];
    check_here(self, "before the call");
    if (check_plant && number == ANSER_CALL_system_debug && self->x[REG_A1] >= CHECK_PLANT)
        return plant(self);
    status_t status = __real_native_calls[CALLS_MAX + number](self);
    check_here(self, "after the call");
    const struct handle_record *record =
        self->process->handles.slots ? handle_find(&self->process->handles, handle) : NULL;
    if (record)
        check_ipc_object(record->object);
    return status;
}

extern call_function *const __wrap_native_calls[CALLS_MAX + 1];
call_function *const __wrap_native_calls[CALLS_MAX + 1] = {[0 ... CALLS_MAX] = checked_call};

struct thread *__wrap_trap_handle(struct thread *self, uint64_t cause, uint64_t value)
{
    check_here(self, "before the trap");
    return __real_trap_handle(self, cause, value);
}

struct thread *__wrap_sched_leave(struct thread *self)
{
    check_here(self, "after the call or trap");
    struct thread *next = __real_sched_leave(self);
    check_here(next, "before user mode");
    CHECK(next->state == ANSER_STATE_RUNNING && next->info == 0 && !next->ended, &next->object,
          "who goes to user mode runs, with info 0, and has not ended");
    CHECK(next->attention == 0 && !next->work, &next->object,
          "who goes to user mode has done what its attention asks");
    return next;
}

struct thread *__wrap_block_send(struct thread *self, const struct handle_slot *slot)
{
    check_here(self, "before the send");
    struct thread *next = __real_block_send(self, slot);
    check_here(next ? next : self, "after the send");
    return next;
}

struct thread *__wrap_block_recv(struct thread *self, const struct handle_slot *slot)
{
    check_here(self, "before the receive");
    struct thread *next = __real_block_recv(self, slot);
    check_here(next ? next : self, "after the receive");
    return next;
}
